"""The catalogue of release lines."""

from __future__ import annotations

import pytest

from orchestrator.releases.catalogue import Catalogue, CatalogueError
from orchestrator.releases.requirements import Requirement
from workflows.model.errors import UsageError

HEAD = "serial = 1\n"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


def need(*any_of: str) -> Requirement:
    return Requirement(any_of=any_of, source="test")


def test_every_line_is_known_in_order(catalogue: Catalogue) -> None:
    assert " ".join(catalogue.lines) == (
        "19.04 19.10 20.04 20.10 21.04 21.10 22.04 22.10 23.04 23.10 24.04 24.10 25.04 25.11 26.05"
    )
    assert catalogue.serial >= 1


def test_every_requirement_names_its_source_and_what_is_not_known_is_said_as_unknown(catalogue: Catalogue) -> None:
    for line in catalogue.lines:
        requirements = catalogue.requirements(line)
        assert all(r.source.startswith(("guide ", "facts ")) for r in requirements.known().values())
        assert not set(requirements.known()) & set(requirements.unknown())
    assert "java" in catalogue.requirements("22.04").unknown()
    assert catalogue.requirements("20.10").unknown() == ("node",)


def test_the_rules_of_20_04_are_those_that_real_starts_showed(catalogue: Catalogue) -> None:
    rules = catalogue.rules("20.04")
    assert rules.migrates == ("config-values", "company-values", "layout", "reports", "startup-jobs")
    assert "system.url" in rules.config_keys
    assert not {"birt.url.intern", "mailout.ini.maildir"} & set(rules.config_keys)
    assert len([key for key in rules.config_keys if key.startswith("mailaddress.")]) == 9
    assert [(b.version, b.errno, b.object) for b in rules.benign] == [("19.07.420", 1061, "wfrot$datecustrea$idx")]
    assert rules.exceptions == ("19.07.420",)
    assert rules.has_release_log is False
    assert not rules.backend_at_start


def test_what_is_not_known_of_a_line_makes_no_rule(catalogue: Catalogue) -> None:
    rules = catalogue.rules("19.04")
    assert (rules.migrates, rules.config_keys, rules.benign, rules.exceptions, rules.has_release_log) == ((), (), (), (), None)


def test_21_07_209_is_not_passed_over_but_the_database_is_mended_before_it(catalogue: Catalogue) -> None:
    assert catalogue.rules("21.10").benign == ()
    (repair,) = catalogue.rules("21.10").repairs
    assert (repair.version, repair.table, repair.column) == ("21.07.209", "admin_permission_tbl", "security_token")
    assert [line for line in catalogue.lines if catalogue.rules(line).repairs] == ["21.10"]


def test_a_repair_that_names_no_column_is_refused() -> None:
    repair = '[[line.repairs]]\nversion = "21.07.209"\ndrop_foreign_keys_of = "{}"\nwhy = "x"\nsource = "facts 22.1"\n'
    line = HEAD + '[[line]]\nname = "21.10"\n'
    assert Catalogue.parse(line + repair.format("a_tbl.b")).rules("21.10").repairs[0].column == "b"
    with pytest.raises(CatalogueError):
        Catalogue.parse(line + repair.format("a_tbl"))


def test_sendmail_must_be_left_before_23_10(catalogue: Catalogue) -> None:
    before, after = catalogue.requirements("23.04").mta, catalogue.requirements("23.10").mta
    assert before is not None
    assert after is not None
    assert before.met_by("sendmail 8.15.2") is True
    assert after.met_by("sendmail 8.15.2") is False
    assert after.stops


@pytest.mark.parametrize(("line", "found", "fits"), [("21.04", "9.0.43", True), ("21.10", "9.0.43", False),
                                                    ("21.10", "10.1.1", True), ("26.05", "10.1.1", False)])  # fmt: skip
def test_each_line_has_its_tomcat(catalogue: Catalogue, line: str, found: str, *, fits: bool) -> None:
    tomcat = catalogue.requirements(line).tomcat
    assert tomcat is not None
    assert tomcat.stops
    assert tomcat.met_by(found) is fits


def test_release_log_is_written_from_20_10_on(catalogue: Catalogue) -> None:
    assert [line for line in catalogue.lines if catalogue.rules(line).has_release_log] == list(catalogue.lines[3:])


def test_a_line_that_is_not_in_the_catalogue_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(UsageError) as caught:
        catalogue.rules("20.07")
    assert caught.value.error_key == "version-unknown-line"


@pytest.mark.parametrize(
    ("needs", "found", "answer"),
    [
        (["8", "11"], "11.0.2", True),
        (["8", "11"], "1.8.0", True),
        (["8", "11"], "17.0.1", False),
        (["11"], "1.8.0", False),
        ([">=3.8"], "3.11.2", True),
        ([">=3.8"], "3.6", False),
        (["MariaDB 10.1", "MariaDB 10.2"], "mariadb 10.11.4", False),
        (["MariaDB 10.1", "MariaDB 10.2"], "MariaDB 10.2.44", True),
        (["MariaDB >=10.6.10"], "MariaDB 10.11.4", True),
        (["MySQL 5.7"], "MariaDB 5.7", False),
        (["Postfix >=2.6", "Sendmail >=8.10"], "postfix", None),
        (["Postfix"], "postfix", True),
        (["Postfix"], "3.5", None),
        (["RHEL 7", "SLES 15"], "SLES 15.3", True),
        (["RHEL 7", "SLES 15"], "debian 12", False),
    ],
)
def test_a_requirement_is_met_by_any_one_and_undecided_when_too_little_is_known(
    needs: list[str], found: str, *, answer: bool | None
) -> None:
    assert need(*needs).met_by(found) is answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "serial = 0\n[[line]]\nname = '20.04'",
        HEAD,
        HEAD + "[[line]]\nname = '20.10'\n[[line]]\nname = '20.04'",
        HEAD + "[[line]]\nname = '20.4'",
        HEAD + "[[line]]\nname = '20.04.000.200'",
        HEAD + "[[line]]\nname = '20.04'\njava = { any_of = ['8'] }",
        HEAD + "[[line]]\nname = '20.04'\njava = { any_of = [], source = 'x' }",
        HEAD + "[[line]]\nname = '20.04'\ncolour = 'red'",
        HEAD + "[[line]\n",
    ],
)
def test_a_catalogue_that_says_too_little_or_too_much_is_refused(text: str) -> None:
    with pytest.raises(CatalogueError):
        Catalogue.parse(text)
