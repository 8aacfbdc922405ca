"""What the releases on the way need of a host, and whether the one that is left has done its work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.hosts.system.system import RealSystem
from tests.remedies.follow import seen
from workflows.checks.upgrade import requirements, source_migrated
from workflows.checks.upgrade.journey import Journey
from workflows.host.database import StartupJob
from workflows.model.finding import Finding, Severity
from workflows.model.plans import Hop, LineRules, Need, Release, UpgradePlan
from workflows.rules.needs import meets
from workflows.rules.proof import LAYOUT_ITEMS

JAVA = Need("java", ("11", "17"), False, "facts 17.1")
TOMCAT = Need("tomcat", ("9",), True, "facts 1.3")


def plan(*needs: Need, unknown: tuple[str, ...] = (), source: LineRules | None = None) -> UpgradePlan:
    rules = LineRules("20.04", needs=needs, needs_unknown=unknown)
    hop = Hop(1, "19.10.000.170", Release("20.04.000.200", ()), rules, final=True)
    return UpgradePlan(hop.source, hop.target.version, (hop,), source_rules=source)


def host(database: str = "10.11.14-MariaDB", **facts: str) -> Any:
    return SimpleNamespace(system=SimpleNamespace(facts=lambda: facts), database=SimpleNamespace(ping=lambda: database))


def found(host: Any, plan: UpgradePlan) -> list[Finding]:
    return list(requirements.check(Journey(host, plan)))


def test_a_need_that_is_not_met_warns_and_one_without_which_it_cannot_be_reached_inhibits() -> None:
    java, tomcat = found(host(java="1.8.0_392", tomcat="8.5.1"), plan(JAVA, TOMCAT))
    assert (java.severity, java.measured) == (Severity.WARNING, "20.04 needs java 11 or 17 (facts 17.1); here is 1.8.0_392")
    assert tomcat.severity is Severity.INHIBITOR
    assert tomcat.fix


def test_a_tomcat_that_is_linked_as_it_is_said_meets_the_need(tmp_path: Path) -> None:
    machine = RealSystem(tmp_path)
    for name in ("apache-tomcat-8.5.1", "apache-tomcat-9.0.43"):
        (tmp_path / "opt" / name).mkdir(parents=True)
    (tmp_path / "opt/tomcat").symlink_to("apache-tomcat-8.5.1")
    (told,) = found(host(tomcat=machine.facts()["tomcat"]), plan(TOMCAT))
    link = told.fix.removeprefix("let ").partition(" ")[0]
    seen(told.fix)
    (tmp_path / link).unlink()
    (tmp_path / link).symlink_to("apache-tomcat-9.0.43")
    assert [one.severity for one in found(host(tomcat=machine.facts()["tomcat"]), plan(TOMCAT))] == [Severity.PASSED]


def test_what_cannot_be_measured_or_is_not_known_is_said_as_unknown() -> None:
    unknown, passed = found(host(tomcat="9.0.43"), plan(JAVA, TOMCAT, unknown=("node", "python")))
    assert unknown.severity is Severity.UNKNOWN
    assert "java" in unknown.measured
    assert "node, python" in unknown.measured
    assert passed.severity is Severity.PASSED


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("Red Hat Enterprise Linux 8.10 (Ootpa)", Severity.PASSED),
        ("Red Hat Enterprise Linux Server 7.9 (Maipo)", Severity.PASSED),
        ("CentOS Linux 7 (Core)", Severity.PASSED),
        ("SUSE Linux Enterprise Server 15 SP4", Severity.PASSED),
        ("Red Hat Enterprise Linux 9.4 (Plow)", Severity.WARNING),
        ("Debian GNU/Linux 12 (bookworm)", Severity.WARNING),
    ],
)
def test_systems_are_known_by_the_names_they_give_themselves(name: str, severity: Severity) -> None:
    need = Need("os", ("RHEL 7", "CentOS 7", "RHEL 8", "SLES 15"), False, "guide 3.1")
    (finding,) = found(host(os=name), plan(need))
    assert finding.severity is severity


@pytest.mark.parametrize(
    ("server", "severity"),
    [("10.3.39-MariaDB", Severity.PASSED), ("10.11.14-MariaDB-0+deb12u2", Severity.WARNING), ("5.7.44", Severity.PASSED)],
)
def test_the_database_server_is_known_by_its_version(server: str, severity: Severity) -> None:
    need = Need("dbms", ("MariaDB 10.1", "MariaDB 10.3", "MySQL 5.7"), False, "guide 3.1")
    assert [finding.severity for finding in found(host(server), plan(need))] == [severity]


MIGRATED = LineRules("20.04", migrates=("company-values", "layout", "startup-jobs"))


def database(companies: list[int], items: tuple[str, ...], state: int) -> Any:
    return SimpleNamespace(
        database=SimpleNamespace(
            companies_not_migrated=lambda: companies,
            layout_items=lambda: dict.fromkeys(items, True),
            startup_jobs=lambda: [StartupJob(1, "Job", 1, enabled=True, state=state)],
        )
    )


@pytest.mark.parametrize(
    ("companies", "items", "state", "severity"),
    [
        ([], LAYOUT_ITEMS, 2, Severity.PASSED),
        ([3], LAYOUT_ITEMS, 2, Severity.INHIBITOR),
        ([], (), 2, Severity.INHIBITOR),
        ([], LAYOUT_ITEMS[1:], 2, Severity.INHIBITOR),
        ([], LAYOUT_ITEMS, 1, Severity.INHIBITOR),
    ],
)
def test_a_release_that_has_not_migrated_is_not_left(
    companies: list[int], items: tuple[str, ...], state: int, severity: Severity
) -> None:
    (finding,) = source_migrated.check(Journey(database(companies, items, state), plan(source=MIGRATED)))
    assert finding.severity is severity


def test_a_release_that_migrates_nothing_is_left_at_once() -> None:
    assert not list(source_migrated.check(Journey(database([1], (), 0), plan(source=LineRules("19.10")))))
    assert not list(source_migrated.check(Journey(database([1], (), 0), plan(source=None))))


@pytest.mark.parametrize(("final", "severity"), [(True, Severity.INHIBITOR), (False, Severity.WARNING)])
def test_a_python_that_does_not_fit_stops_only_a_hop_that_starts_its_backend(final: bool, severity: Severity) -> None:
    python = Need("python", ("3.8", "3.9"), True, "facts 24.1")
    (hop,) = plan(python).hops
    (finding,) = found(host(python="3.11.2"), UpgradePlan("19.10", "20.04", (replace(hop, final=final),)))
    assert finding.severity is severity
    assert [one.severity for one in found(host(python="3.9.21"), plan(python))] == [Severity.PASSED]


@pytest.mark.parametrize(
    ("there", "fits"), [("3.7.9", False), ("3.8.0", True), ("3.11.9", True), ("3.12.0", False), ("3.13.1", False)]
)
def test_a_need_may_have_an_end(there: str, fits: bool) -> None:
    assert meets((">=3.8 <3.12",), there) is fits
