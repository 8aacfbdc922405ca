"""What is looked at before an upgrade: each check's finding with its severity and its fix, and the host that passes it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from workflows.checks.check import Check, run_all
from workflows.checks.upgrade import (
    application_answers,
    database_complete,
    disk_room,
    dispatch_idle,
    duplicate_config_keys,
    long_table_names,
    restore_possible,
)
from workflows.checks.upgrade.journey import Journey
from workflows.host.application import HttpAnswer
from workflows.host.database import Dispatch
from workflows.host.home import SqlFile, SqlKind
from workflows.model.errors import RefusedError
from workflows.model.finding import Finding, Severity
from workflows.model.plans import Component, Hop, LineRules, PackageKind, PackageRef, Release, UpgradePlan
from workflows.rules.window import HORIZON

LINKED = "20.04.000.200"
GIB = 1024**3
PASSED = Severity.PASSED


def only(findings: Any) -> Finding:
    (finding,) = findings
    return finding


def host(**parts: Any) -> Any:
    """A host with these parts; what a check asks beyond them is an error."""
    return SimpleNamespace(**{name: SimpleNamespace(**part) if isinstance(part, dict) else part for name, part in parts.items()})


# --- application-answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "severity", "measured"),
    [
        (200, f"{LINKED}\n", PASSED, f"answers {LINKED}"),
        (200, "20.04.0.200", PASSED, f"answers {LINKED}"),
        (0, "connection refused", Severity.WARNING, f"{LINKED} is linked, nothing answers"),
        (200, "19.10.000.170", Severity.INHIBITOR, f"{LINKED} is linked, the application answers 200 '19.10.000.170'"),
        (404, "<html>not found", Severity.INHIBITOR, f"{LINKED} is linked, the application answers 404 '<html>not found'"),
    ],
)
def test_the_version_that_answers_is_held_against_the_links(status: int, body: str, severity: Severity, measured: str) -> None:
    home = {"active": lambda: {Component.FRONTEND: LINKED}}
    finding = only(
        application_answers.check(Journey(host(home=home, application={"version": lambda: HttpAnswer(status, body)}), None))
    )
    assert (finding.key, finding.severity, finding.measured) == ("application-answers", severity, measured)
    assert finding.fix == ("" if severity is PASSED else "orchestrate restart")
    assert bool(finding.why) is (severity is not PASSED)


def test_a_frontend_that_is_not_linked_inhibits_and_is_not_asked() -> None:
    finding = only(application_answers.check(Journey(host(home={"active": lambda: {Component.BACKEND: "20.10.000.126"}}), None)))
    assert (finding.key, finding.severity, finding.fix) == ("application-answers", Severity.INHIBITOR, "orchestrate status")
    assert finding.measured == "no frontend is linked in webapps/emm"


# --- database-complete ------------------------------------------------------------------------------------------------


def complete(there: set[str], mandatory: set[str], files: tuple[str, ...] = (), folder: str | None = "release/emm/x") -> Any:
    home = {
        "active_folder": {PackageKind.GUI: folder}.get,
        "mandatory_versions": lambda _: frozenset(mandatory),
        "sql_files": lambda _: [SqlFile(f"{v}.sql", SqlKind.UPDATE, v, f"release/emm/x/{v}.sql", "00") for v in files],
    }
    return list(
        database_complete.check(Journey(host(home=home, database={"versions": lambda: frozenset(there)}, home_path="/h"), None))
    )


@pytest.mark.parametrize(
    ("there", "mandatory"),
    [({"20.01.368", "20.07.492"}, {"20.01.368"}), ({"20.01.368"}, {"20.01.368", "19.07.420"})],
    ids=["more than the release needs", "the one that is known to leave no row"],
)
def test_a_database_with_every_update_of_its_release_passes(there: set[str], mandatory: set[str]) -> None:
    finding = only(complete(there, mandatory))
    assert (finding.key, finding.severity, finding.measured) == ("database-complete", PASSED, f"{len(there)} updates")


def test_updates_that_are_missing_inhibit_and_the_first_file_is_named() -> None:
    missing = [f"20.01.{number}" for number in range(100, 108)]
    finding = only(complete({"20.07.492"}, {*missing, "19.07.420"}, files=("20.01.102", "20.01.101")))
    assert (finding.key, finding.severity) == ("database-complete", Severity.INHIBITOR)
    assert finding.measured == f"8 updates are missing: {', '.join(missing[:6])}"
    assert finding.fix.startswith("mariadb openemm < /h/release/emm/x/20.01.101.sql ")


def test_an_update_that_not_even_the_release_has_sends_to_the_packages() -> None:
    finding = only(complete(set(), {"20.01.368"}))
    assert finding.severity is Severity.INHIBITOR
    assert finding.fix.startswith("orchestrate packages verify ")


def test_without_a_linked_release_there_is_nothing_to_be_complete_for() -> None:
    assert complete(set(), {"20.01.368"}, folder=None) == []


# --- dispatch-idle ----------------------------------------------------------------------------------------------------

SENDING = Dispatch("sending", "mailing 4711 is being sent", 4711)
BLOCKS = Dispatch("blocks", "12 blocks of mailing 7 wait to be sent")


@pytest.mark.parametrize(
    ("database", "disk", "severity", "measured"),
    [
        ([], [], PASSED, "idle"),
        ([SENDING], [], Severity.WARNING, SENDING.what),
        ([], [BLOCKS], Severity.WARNING, BLOCKS.what),
        ([SENDING] * 5, [BLOCKS], Severity.WARNING, "; ".join([SENDING.what] * 4)),
    ],
)
def test_mail_that_is_being_sent_warns(database: list[Dispatch], disk: list[Dispatch], severity: Severity, measured: str) -> None:
    asked: list[float] = []

    def dispatches(horizon: float) -> list[Dispatch]:
        asked.append(horizon)
        return database

    finding = only(
        dispatch_idle.check(Journey(host(database={"dispatches": dispatches}, application={"pending_mail": lambda: disk}), None))
    )
    assert (finding.key, finding.severity, finding.measured) == ("dispatch-idle", severity, measured)
    assert ("--window" in finding.fix) is (severity is Severity.WARNING)
    assert asked == [HORIZON]


# --- duplicate-config-keys and long-table-names -----------------------------------------------------------------------


def test_a_key_that_stands_twice_inhibits_while_its_update_is_to_come() -> None:
    keys = [f"system.key{number}" for number in range(7)]
    database = {"versions": lambda: frozenset({"19.10.002"}), "duplicate_config_keys": lambda: ["system.url on mail1", *keys]}
    finding = only(duplicate_config_keys.check(Journey(host(database=database), None)))
    assert (finding.key, finding.severity) == ("duplicate-config-keys", Severity.INHIBITOR)
    assert finding.measured == f"twice: system.url on mail1, {', '.join(keys[:5])}"
    assert "update 20.01.407" in finding.why
    assert "= 'system.url'\"" in finding.fix


def test_a_long_table_name_inhibits_while_its_update_is_to_come() -> None:
    tables = [f"table_number_{number}_with_a_very_long_name" for number in range(5)]
    database = {"versions": lambda: frozenset({"20.01.407"}), "long_table_names": lambda: tables}
    finding = only(long_table_names.check(Journey(host(database=database), None)))
    assert (finding.key, finding.severity) == ("long-table-names", Severity.INHIBITOR)
    assert finding.measured == f"over 32 characters: {', '.join(tables[:4])}"
    assert "update 20.04.394" in finding.why
    assert f"ALTER TABLE `{tables[0]}` CONVERT" in finding.fix


@pytest.mark.parametrize(
    ("module", "looks", "measured"),
    [
        (duplicate_config_keys, "duplicate_config_keys", "each key once"),
        (long_table_names, "long_table_names", "none over 32 characters"),
    ],
)
def test_without_such_rows_the_update_may_come_and_behind_it_nobody_looks(module: Any, looks: str, measured: str) -> None:
    before = {"versions": lambda: frozenset({"19.10.002"}), looks: list}
    finding = only(module.check(Journey(host(database=before), None)))
    assert (finding.key, finding.severity, finding.measured) == (module.SUBJECT.key, PASSED, measured)
    assert list(module.check(Journey(host(database={"versions": lambda: frozenset({module.UPDATE})}), None))) == []


# --- restore-possible and what cannot look ----------------------------------------------------------------------------


def test_a_host_that_can_restore_passes() -> None:
    asked: list[bool] = []
    finding = only(restore_possible.check(Journey(host(backups={"can_restore": lambda: asked.append(True)}), None)))
    assert (finding.key, finding.severity, asked) == ("restore-possible", PASSED, [True])


def test_a_check_that_cannot_look_inhibits_once_with_the_key_of_what_keeps_it() -> None:
    def refuse() -> None:
        raise RefusedError("cannot create databases", key="database-admin-missing", next=["set ORCHESTRATE_DATABASE_ADMIN"])

    checks = [Check(module.SUBJECT, module.check) for module in (restore_possible, disk_room)]
    paths = {"home_path": "/h", "backups_path": "/b", "scratch_path": "/s"}
    backups = {"can_restore": refuse, "room_needed": refuse}
    found = run_all(
        checks, Journey(host(backups=backups, system={"space": lambda path: SimpleNamespace(free=50 * GIB)}, **paths))
    )
    (finding,) = [finding for finding in found if finding.severity is not PASSED]
    assert (finding.key, finding.severity) == ("database-admin-missing", Severity.INHIBITOR)
    assert (finding.title, finding.measured) == (restore_possible.SUBJECT.title, "cannot create databases")
    assert finding.fix == "set ORCHESTRATE_DATABASE_ADMIN"


# --- disk-room --------------------------------------------------------------------------------------------------------

DUMP = 3 * GIB


def plan(*sizes: int | None) -> UpgradePlan:
    """A hop for each of these packages."""
    hops = []
    for number, size in enumerate(sizes, 1):
        ref = PackageRef("gui.tar.gz", PackageKind.GUI, LINKED, "/p", size=size)
        hops.append(Hop(number, "19.10", Release(LINKED, (ref,)), LineRules("20.04"), final=number == len(sizes)))
    return UpgradePlan("19.10", LINKED, tuple(hops))


def room(plan: UpgradePlan | None, **free: int) -> dict[str, Finding]:
    """The findings of the three folders; one that is not named has room for all."""
    paths = {"home_path": "/home", "backups_path": "/backups", "scratch_path": "/scratch"}
    measured = {path: free.get(path[1:], 1000 * GIB) for path in paths.values()}

    def space(path: str) -> Any:
        return SimpleNamespace(free=measured[path])

    found = disk_room.check(Journey(host(system={"space": space}, backups={"room_needed": lambda: DUMP}, **paths), plan))
    return {finding.measured.partition(":")[0]: finding for finding in found}


@pytest.mark.parametrize(
    ("asked", "needed"),
    [
        (None, {"home": disk_room.LOG_FLOOD, "backups": DUMP, "scratch": DUMP}),
        (plan(GIB), {"home": 4 * GIB + disk_room.LOG_FLOOD, "backups": DUMP, "scratch": DUMP}),
        (plan(GIB, None, GIB), {"home": 8 * GIB + disk_room.LOG_FLOOD, "backups": 3 * DUMP, "scratch": DUMP}),
    ],
    ids=["no plan", "one hop", "three hops, of which one has a package of unknown size"],
)
def test_there_must_be_room_for_the_releases_and_dumps_of_every_hop(asked: UpgradePlan | None, needed: dict[str, int]) -> None:
    enough = room(asked, **needed)
    assert {(f.key, f.severity) for f in enough.values()} == {("disk-room", PASSED)}
    assert len(enough) == 3
    for name, size in needed.items():
        found = room(asked, **{**needed, name: size - 1})
        assert [path for path, f in found.items() if f.severity is Severity.INHIBITOR] == [f"/{name}"]
        finding = found[f"/{name}"]
        assert (finding.key, finding.fix) == ("disk-room", f"df -h /{name}    make room there")
        assert f"{size / GIB:.2f} GiB needed" in finding.measured
