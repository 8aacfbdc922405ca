"""A hop or a move is proven by all that is judged together: whatever does not hold keeps it from being proven, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from proof_kit import HOP, NEW, NOON, OLD, STARTED, TREES, Site

from workflows.host.application import HttpAnswer
from workflows.host.database import OtherDatabase, Report, StartupJob
from workflows.model.errors import WorkflowError
from workflows.model.moves import MovePlan, RestorePoint, RollbackPlan
from workflows.model.plans import Component, Moves
from workflows.steps.application import migrate
from workflows.steps.application.migrate import ProveMigrations, missing_of
from workflows.steps.application.start import StartBackend, StartFrontend
from workflows.steps.application.verify import VerifyHop, VerifyMove
from workflows.steps.release.record import RecordVersions

Change = Callable[[Any], object]
URL = {"birt.privatekey": [(None, "key")]}

CHANGES: list[tuple[str, Change]] = [
    ("log-started", lambda site: setattr(site, "log", "INFO deploying\n")),
    ("log-context", lambda site: setattr(site, "log", f"SEVERE Context [] startup failed\n{STARTED}")),
    ("log-migration", lambda site: setattr(site, "log", f"ERROR Cannot check installation validity\n{STARTED}")),
    ("http-version", lambda site: setattr(site, "answer", HttpAnswer(200, OLD))),
    ("http-version", lambda site: setattr(site, "answer", HttpAnswer(500, NEW))),
    ("http-version", lambda site: setattr(site, "answer", HttpAnswer(200, "<html>"))),
    ("database-versions", lambda site: site.versions.discard("20.01.368")),
    ("database-versions", lambda site: site.versions.add("20.10.123")),
    ("startup-jobs", lambda site: setattr(site, "jobs", [StartupJob(1, "Job", 1, enabled=True, state=0)])),
    ("company-values", lambda site: site.companies.append(2)),
    ("layout", lambda site: site.layout.pop("logo.svg")),
    ("config:system.url", lambda site: setattr(site, "config", URL)),
    ("config:system.url", lambda site: setattr(site, "config", URL | {"system.url": [(None, "https://other.example.com")]})),
    ("config:birt.privatekey", lambda site: site.config.pop("birt.privatekey")),
    ("reports", lambda site: setattr(site, "reports", [Report(1, (), "x", "y", None, "a@example.com", due=True)])),
    ("dbcfg", lambda site: setattr(site, "other", OtherDatabase("jdbc-connect names another", "jdbc:x"))),
    ("release-log", lambda site: setattr(site, "rows", [])),
    ("release-log", lambda site: setattr(site, "rows", [(OLD, NOON), (NEW, NOON)])),
    ("http-database", lambda site: setattr(site, "page", HttpAnswer(500, ""))),
    ("http-database", lambda site: setattr(site, "page", HttpAnswer(0, ""))),
]
JUDGED = {key.partition(":")[0] for key, _ in CHANGES}
SAID = {
    "log-started": "no line 'Server startup in'", "log-context": "the log says", "log-migration": "the log says",
    "http-version": f"not {NEW}", "database-versions": "1 database updates are", "startup-jobs": "job 1 is in state 0",
    "company-values": "companies without migrated values: 2", "layout": "lacks logo.svg", "config": " is ",
    "reports": "not migrated: 1", "dbcfg": "names another", "release-log": f"no row of this start of {NEW}",
    "http-database": "the logon page",
}  # fmt: skip
IDS = [f"{key}-{number}" for number, (key, _) in enumerate(CHANGES)]

verify = VerifyHop(HOP, 1.0)
move = MovePlan(source=OLD, target=NEW, hop=HOP, trees=TREES, before={"frontend": OLD})


def refused(step: Any, site: Any) -> WorkflowError:
    with pytest.raises(WorkflowError) as caught:
        step.do(site)
    return caught.value


def test_a_sound_host_proves_its_hop_by_every_condition() -> None:
    site: Any = Site()
    done = verify.do(site)
    assert set(done.facts["proof"]) == JUDGED
    assert done.summary == f"{len(JUDGED)} conditions hold"
    (note,) = done.ledger
    assert (note.kind, note.from_version, note.to_version) == ("hop-proven", OLD, NEW)
    assert note.evidence == done.facts["proof"]
    assert site.did == []


def test_a_value_that_its_line_never_stores_is_not_waited_for_by_a_run_of_0_1_0() -> None:
    site: Any = Site()
    site.intents["hop1.carry"]["values"]["mailaddress.sender.name"] = "News"
    keys = [condition.key for condition in missing_of(site, HOP)]
    assert keys == ["config:mailaddress.sender.name"]
    moving = replace(HOP, rules=replace(HOP.rules, moves=Moves({"system.url": "system.url"})))
    assert missing_of(site, moving) == []


@pytest.mark.parametrize(("key", "change"), CHANGES, ids=IDS)
@pytest.mark.parametrize(("step", "error_key"), [(verify, "hop-not-proven"), (VerifyMove(HOP, 1.0, move), "move-not-proven")])
def test_whatever_does_not_hold_keeps_it_from_being_proven(key: str, change: Change, step: Any, error_key: str) -> None:
    site: Any = Site()
    change(site)
    error = refused(step, site)
    assert error.error_key == error_key
    assert error.message.startswith(f"cannot prove {NEW}: ")
    named = dict(line.partition(": ")[::2] for line in error.detail if ": " in line)
    assert key in named
    assert SAID[key.partition(":")[0]] in named[key]
    assert error.next


@pytest.mark.parametrize("step", [verify, VerifyMove(HOP, 1.0, move)])
def test_all_that_is_missing_is_named_together_the_first_in_the_message(step: Any) -> None:
    site: Any = Site()
    for key in ("company-values", "release-log", "http-database"):
        dict(CHANGES)[key](site)
    error = refused(step, site)
    assert error.message == f"cannot prove {NEW}: companies without migrated values: 2"
    assert [line.partition(": ")[0] for line in error.detail] == ["company-values", "release-log", "http-database"]


@pytest.mark.parametrize(("key", "change"), CHANGES, ids=IDS)
def test_what_is_missing_is_waited_for_before_the_page_is_asked(key: str, change: Change) -> None:
    site: Any = Site()
    assert missing_of(site, HOP) == []
    assert site.asked == 1
    site = Site()
    change(site)
    assert key in {condition.key for condition in missing_of(site, HOP)}
    assert site.asked == (key == "http-database")


def test_a_hop_that_this_run_never_started_is_not_proven() -> None:
    site: Any = Site()
    del site.intents["hop1.start"]
    assert refused(verify, site).error_key == "start-unknown"


@pytest.mark.parametrize("step", [verify, VerifyMove(HOP, 1.0, move)])
def test_an_application_that_ended_since_is_started_again_before_it_is_judged(step: Any) -> None:
    site: Any = Site()
    site.frontend, site.step = False, "hop1.verify"
    step.do(site)
    assert site.did == ["start frontend"]


# --- a rollback's database, and the record ----------------------------------------------------------------------------


def back(*versions: str) -> RollbackPlan:
    point = RestorePoint(NOON, versions, {}, backup="7K3Q-hop1")
    return RollbackPlan(source=OLD, target=NEW, hop=HOP, trees=TREES, before={"frontend": OLD}, point=point)


def verify_move(plan: RollbackPlan) -> VerifyMove:
    return VerifyMove(plan.hop, 1.0, plan)


@pytest.mark.parametrize("versions", [("19.10.002", "20.01.368"), ("19.10.002", "20.01.368", "20.04.394", "20.07.001")])
def test_a_restored_database_has_the_very_versions_that_were_recorded_with_it(versions: tuple[str, ...]) -> None:
    site: Any = Site()
    assert verify_move(back("19.10.002", "20.01.368", "20.04.394")).do(site).facts["proof"]["database-version-set"]
    error = refused(verify_move(back(*versions)), site)
    assert error.error_key == "move-not-proven"
    (differs,) = set(versions) ^ site.versions
    assert list(error.detail) == [f"database-version-set: the database versions differ from those of dump 7K3Q-hop1: {differs}"]


@pytest.mark.parametrize(
    "step", [RecordVersions(HOP, {"frontend": OLD}), RecordVersions(HOP, {"frontend": OLD}, TREES, database=False)]
)
@pytest.mark.parametrize("component", [Component.FRONTEND, Component.BACKEND])
@pytest.mark.parametrize("found", ["20.04.000.199", None])
def test_what_lies_on_disk_must_be_what_was_to_come(step: Any, component: Component, found: str | None) -> None:
    site: Any = Site()
    site.step = step.name
    kinds = [note.component for note in step.do(site).ledger if note.kind == "component-version"]
    assert kinds == ["frontend", "backend"]
    if found:
        site.active[component] = found
    else:
        del site.active[component]
    error = refused(step, site)
    assert error.error_key == "versions-differ"
    assert f"{component} on disk is {found}, not" in error.message


# --- mending, and the way back ----------------------------------------------------------------------------------------


def damaged() -> Any:
    site: Any = Site()
    site.jobs = [StartupJob(7, "Job", 1, enabled=True, state=1)]
    site.layout = {"logo.svg": True}
    return site


def test_damage_is_mended_only_behind_a_stop_and_before_a_new_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "SETTLED", 0.0)
    site = damaged()
    site.step = "hop1.migrate"
    done = ProveMigrations(HOP, 1.0, 5.0).do(site)
    assert site.did == ["stop frontend", "empty layout", "reset job 7", "start frontend"]
    assert done.facts == {"repaired": True}
    (note,) = done.ledger
    assert (note.kind, set(note.evidence)) == ("database-repaired", {"layout", "startup_jobs"})


def test_damage_that_comes_again_is_not_mended_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "SETTLED", 0.0)
    site = damaged()

    def mends_nothing(job: int) -> None:
        assert "reset" not in site.did
        site.did.append("reset")

    site.step, site.host.database.reset_startup_job = "hop1.migrate", mends_nothing
    with pytest.raises(WorkflowError) as caught:
        ProveMigrations(HOP, 1.0, 0.05).do(site)
    assert caught.value.error_key == "migration-timeout"


@pytest.mark.parametrize(
    ("change", "settled"),
    [
        (lambda site: None, 60.0),  # it may still be at it
        (lambda site: setattr(site, "log", "INFO deploying\n"), 0.0),  # it has not even come up
        (lambda site: site.__dict__.update(jobs=[], layout={}, companies=[2]), 0.0),  # nothing of it can be mended
    ],
)
def test_a_start_that_may_still_come_to_its_end_is_waited_for_and_not_mended(
    change: Change, settled: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "SETTLED", settled)
    site = damaged()
    change(site)
    site.step = "hop1.migrate"
    with pytest.raises(WorkflowError) as caught:
        ProveMigrations(HOP, 1.0, 0.01).do(site)
    assert (caught.value.error_key, site.did) == ("migration-timeout", [])


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_start_that_cannot_succeed_is_made_again_only_by_a_resume(attempt: int) -> None:
    site: Any = Site()
    site.attempt, site.step = attempt, "hop1.migrate"
    site.log = f"SEVERE Context [] startup failed\n{STARTED}"
    with pytest.raises(WorkflowError) as caught:
        ProveMigrations(HOP, 1.0, 5.0).do(site)
    assert (caught.value.error_key, site.did) == ("start-failed", ["stop frontend", "start frontend"] if attempt > 1 else [])


@pytest.mark.parametrize(
    ("keys", "error_key"),
    [
        (["config:system.url"], "values-missing"),
        (["reports"], "migration-failed"),
        (["config:system.url", "reports"], "migration-failed"),
        (["log-migration"], "migration-failed"),
        (["log-context", "reports"], "start-failed"),
        (["http-database"], "start-failed"),
    ],
)
def test_what_cannot_come_ends_the_wait_with_a_key_of_its_kind(keys: list[str], error_key: str) -> None:
    site: Any = Site()
    site.step = "hop1.migrate"
    for key in keys:
        dict(CHANGES)[key](site)
    with pytest.raises(WorkflowError) as caught:
        ProveMigrations(HOP, 1.0, 60.0).do(site)
    assert (caught.value.error_key, site.did) == (error_key, [])


@pytest.mark.parametrize("running", [True, False])
def test_a_start_mends_nothing_under_an_application_that_runs(running: bool) -> None:
    site = damaged()
    site.frontend = running
    StartFrontend(HOP, 1.0).do(site)
    kept = "keep emm-plugins as 7K3Q-hop1"
    assert site.did == ([kept] if running else [kept, "empty layout", "reset job 7", "start frontend"])


@pytest.mark.parametrize("running", [True, False])
def test_a_start_taken_back_stops_all_before_what_it_deleted_comes_back(running: bool) -> None:
    site: Any = Site()
    site.frontend, site.folders = running, ("emm-plugins",)
    StartFrontend(HOP, 1.0).undo(site)
    assert site.did == [*(["stop frontend"] if running else []), "stop backend", "put back 7K3Q-hop1"]


@pytest.mark.parametrize("final", [True, False])
def test_a_backend_taken_back_is_held_from_a_boot_and_stopped_with_the_frontend(final: bool) -> None:
    site: Any = Site()
    hop = type(HOP)(1, OLD, HOP.target, HOP.rules, final=final)
    StartBackend(hop).undo(site)
    assert site.did == [*(["hold"] if final else []), "stop frontend", "stop backend"]
