"""What of a site's property files is its own, what moves, and what has no value anywhere (facts 17.3, 24.2)."""

from __future__ import annotations

import pytest

from orchestrator.releases.catalogue import Catalogue
from workflows.model.plans import LineRules
from workflows.model.values import PropertyFiles, SiteValues
from workflows.rules.site_values import Unset, command, judge, kept_by, moved, together, unset

RULES = Catalogue.load().rules("20.04")
HOME = "/home/openemm"
ADDRESS = "openemm@example.com"
SHIPPED = {
    "ApplicationVersion": "19.10.000.170",
    "system.url": "http://[to be defined]",
    "birt.url": "http://[to be defined]/birt",
    "birt.drilldownurl": "http://[to be defined]",
    "wkhtmltopdf": "/usr/bin/wkhtmltopdf",
    **{key: ADDRESS for key in RULES.moves.keys if key.startswith("mailaddress.")},  # type: ignore[union-attr]
    "mailaddress.sender.name": "OpenEMM",
    "mailaddress.replyto.name": "OpenEMM",
    "mailgun.ini.mailer": "Agnitas OpenEMM 19.10",
    "mailgun.ini.metadir": "/home/openemm/var/spool/META",
    "undo.limit": "15",
}
OWN = {
    "system.url": "https://mail.site.org",
    "birt.url": "https://mail.site.org/birt",
    "birt.drilldownurl": "https://mail.site.org",
    "mailaddress.sender": "news@site.org",
}


def files(**changed: str) -> PropertyFiles:
    """A site's files: as shipped but for OWN and these, whose __ stands for a dot."""
    emm = {**SHIPPED, **OWN, **{key.replace("__", "."): value for key, value in changed.items()}}
    return PropertyFiles("19.10.000.170", emm, {"wsdlLocationUri": "https://mail.site.org/2.0/"}, (HOME,))


def site(shipped: bool = True, **changed: str) -> SiteValues:
    return judge(files(**changed), PropertyFiles("19.10.000.170", SHIPPED) if shipped else None, RULES)


def test_exactly_nine_addresses_and_fifteen_settings_of_the_mail_generator_move() -> None:
    assert RULES.moves is not None
    moved = list(RULES.moves.keys)
    assert len([key for key in moved if key.startswith("mailaddress.")]) == 9
    assert len([key for key in moved if key.startswith("mailgun.ini.")]) == 15
    assert len(moved) == 32
    assert not {"mailaddress.sender.name", "mailaddress.replyto.name"} & set(moved)
    assert set(RULES.moves.needed) <= set(RULES.config_keys)


def test_what_the_site_set_is_carried_and_what_is_as_shipped_is_not() -> None:
    values = site(mailgun__ini__domain="site.org", mailgun__ini__xmlback=f"{HOME}/own/xmlback")
    assert values.config == {
        **OWN,
        "system.wkhtmltopdf": "/usr/bin/wkhtmltopdf",  # its name is another: 20.04 does not ship it under the new one
        "mailout.ini.domain": "site.org",
        "mailout.ini.xmlback": "${home}/own/xmlback",
        "webservices.url": "https://mail.site.org/2.0/",
    }
    assert values.emm["mailgun.ini.xmlback"] == f"{HOME}/own/xmlback"
    assert "mailout.ini.mailer" in values.as_shipped
    assert values.lost == ()


@pytest.mark.parametrize(
    ("shipped", "lost"), [(True, ("mailaddress.sender.name", "undo.limit")), (False, ("mailaddress.sender.name",))]
)
def test_what_moves_nowhere_is_told(shipped: bool, lost: tuple[str, ...]) -> None:
    """Without the shipped file every setting might be the site's: then only keys of the two families are told."""
    assert site(shipped, mailaddress__sender__name="Site", undo__limit="99").lost == lost


def test_a_name_that_the_line_itself_no_longer_reads_is_left_in_its_own_file() -> None:
    values = judge(PropertyFiles("20.04.000.200", {**SHIPPED, **OWN}), None, RULES)
    assert "system.wkhtmltopdf" not in values.config


def test_a_value_that_the_database_holds_is_not_lost() -> None:
    rows = {"mailaddress.sender.name": [(None, "Site")], "mailaddress.replyto.name": [(None, "")]}
    assert kept_by(["mailaddress.replyto.name", "mailaddress.sender.name"], rows) == ["mailaddress.sender.name"]


def test_without_the_shipped_file_what_is_known_to_be_shipped_is_left() -> None:
    values = site(shipped=False)
    assert not values.compared
    assert not {"mailout.ini.mailer", "mailaddress.error"} & values.config.keys()
    assert values.config["mailout.ini.metadir"] == "${home}/var/spool/META"


def test_a_line_that_moves_nothing_takes_all_that_is_the_sites_into_its_own_file() -> None:
    values = judge(files(undo__limit="99"), PropertyFiles("19.10.000.170", SHIPPED), LineRules("19.10"))
    assert values.emm == {**OWN, "undo.limit": "99"}
    assert values.config == {}


@pytest.mark.parametrize(
    ("key", "written", "rows", "found"),
    [
        ("birt.drilldownurl", "http://[to be defined]", [], ["emm.properties"]),
        ("birt.drilldownurl", "http://[to be defined]", [(None, "https://mail.site.org")], []),
        ("birt.drilldownurl", "https://mail.site.org", [(None, "[to be defined]")], []),  # mended with the site's own
        ("birt.drilldownurl", "https://mail.site.org", [("mail1", "[to be defined]")], ["config_tbl"]),
        ("mailaddress.error", "", [], ["emm.properties"]),
        ("mailaddress.error", ADDRESS, [], []),  # as shipped: no value is lost by it
        ("mailaddress.error", ADDRESS, [(None, "")], ["config_tbl"]),
        ("system.mail.host", "", [], []),  # the release has a value of its own
        ("system.mail.host", "localhost", [(None, "[to be defined]")], []),
        ("birt.url.intern", "", [(None, "")], []),
        ("birt.url.intern", "", [(None, "http://[to be defined]:8080/birt")], ["config_tbl"]),
        ("mailgun.ini.domain", "", [(None, "[to be defined]")], []),  # overwritten in place
    ],
)
def test_a_setting_without_a_value_anywhere_is_found(
    key: str, written: str, rows: list[tuple[str | None, str | None]], found: list[str]
) -> None:
    there = {key.replace("mailgun", "mailout"): rows} if rows else {}
    assert [one.where for one in unset(site(**{key.replace(".", "__"): written}), there, RULES)] == found


def test_the_command_says_the_value_that_the_others_tell() -> None:
    values = site()
    told = {
        key: command(Unset(key, "config_tbl", ""), values, {})
        for key in ("birt.url", "birt.drilldownurl", "mailaddress.error", "system.url", "system.mail.host")
    }
    assert told["birt.url"].startswith("orchestrate config set birt.url https://mail.site.org/birt    ")
    assert told["birt.drilldownurl"].startswith("orchestrate config set birt.drilldownurl https://mail.site.org    ")
    assert told["mailaddress.error"].startswith("orchestrate config set mailaddress.error news@site.org    ")
    assert told["system.mail.host"].startswith("orchestrate config set system.mail.host VALUE    ")
    trick = command(Unset("mailaddress.error", "config_tbl", ""), SiteValues(config={"mailaddress.sender": "a@b.org\x1b[2J"}), {})
    assert " VALUE    " in trick
    host = command(Unset("system.url", "config_tbl", "", "mail1"), values, {})
    assert "VALUE --host mail1    " in host


def test_of_two_releases_the_files_that_are_started_win_where_they_could_be_compared() -> None:
    older = SiteValues(config={"a": "old", "b": "old"}, emm={"a": "old", "b": "old"})
    started = SiteValues(config={"a": "new"}, emm={"a": "new"}, no_value={"b": "", "c": ""}, as_shipped=("b", "d"))
    both = together(started, older)
    assert both.config == {"a": "new", "b": "old"}
    assert (dict(both.no_value), both.as_shipped) == ({"c": ""}, ("d",))
    unsure = SiteValues(config={"a": "new"}, emm={"a": "new"}, compared=False)
    assert together(unsure, older).config == {"a": "old", "b": "old"}


def test_what_a_run_of_0_1_0_waits_for_is_only_what_its_line_moves() -> None:
    moving = {
        "system.url": "https://mail.site.org",
        "mailout.ini.domain": "site.org",
        "webservices.url": "https://mail.site.org/2.0/",
    }
    lost = {"mailaddress.sender.name": "News", "mailaddress.replyto.name": "News", "mailout.ini.retries": "3"}
    assert moved({**moving, **lost}, RULES) == moving
    assert moved(lost, LineRules("20.04", migrates=("config-values",))) == lost
