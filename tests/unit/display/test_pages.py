from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest

from orchestrator.display.pages import audit, backups, checks, packages, plan, runs, status
from orchestrator.plans.upgrade import Estimate
from orchestrator.upkeep.backups import PackageVerdict
from orchestrator.views.audit import Ledger
from orchestrator.views.backups import Backup
from orchestrator.views.checks import found, stopped
from orchestrator.views.packages import Offered
from orchestrator.views.plan import Upgrade
from orchestrator.views.runs import Run
from orchestrator.views.status import DatabaseStatus, RunStatus, Status
from state.chain import Head
from state.verify import Problem, Verdict
from workflows.host import backups as host
from workflows.model.finding import Finding, Severity
from workflows.model.plans import GateOptions, Hop, LineRules, PackageKind, PackageRef, Release, Repair, UpgradePlan

Make = Callable[..., Any]
NOW = datetime(2026, 11, 22, 11, 9, 31, tzinfo=UTC)


def text(lines: list[str]) -> str:
    plain = [click.unstyle(line) for line in lines]
    assert max(map(len, plain)) <= 80, max(plain, key=len)
    return "\n".join(plain)


def a_plan() -> UpgradePlan:
    def hop(number: int, source: str, target: str, *, final: bool) -> Hop:
        kinds = (PackageKind.GUI, PackageKind.BACKEND)
        refs = tuple(PackageRef(f"openemm-{kind}-{target}.tar.gz", kind, target, f"/p/{kind}") for kind in kinds)
        return Hop(number, source, Release(target, refs), LineRules(target[:5]), final)

    hops = (hop(1, "19.10.000.170", "20.04.000.200", final=False), hop(2, "20.04.000.200", "20.10.000.152", final=True))
    return UpgradePlan("19.10.000.170", "20.10.000.152", hops, {"frontend": "19.10.000.170"}, GateOptions(window="22:00-04:30"))


def a_status(**changes: Any) -> Status:
    values: dict[str, Any] = {
        "name": "mail1.example.com", "home": "/home/openemm", "now": NOW, "frontend_since": NOW - timedelta(hours=9),
        "backend_runs": True, "answers": "20.10.000.152", "http": "HTTP 200",
        "components": {"runtime": "20.10.000.012", "frontend": "20.10.000.152", "backend": "20.10.000.126",
                       "manual": "20.10.000.003"},
        "database": DatabaseStatus("10.11.19-MariaDB-0+deb12u1", 233, ()), "dispatches": (), "disk_free": 41_000_000_000,
        "open_run": None, "last_backup": NOW - timedelta(hours=9),
    }  # fmt: skip
    return Status(**{**values, **changes})


def test_status_of_a_host_that_is_well() -> None:
    assert text(status.lines(a_status())).splitlines() == [
        "openemm on mail1.example.com   running since 02:09:31 UTC, answers 20.10.000.152",
        "  runtime 20.10.000.012   frontend 20.10.000.152   backend 20.10.000.126",
        "  manual 20.10.000.003",
        "  database 233 updates, complete for 20.10.000.152   10.11.19-MariaDB-0+deb12u1",
        "  dispatch idle",
        "  disk 41 GB free",
        "  run  none open     last backup 9 h ago, verified",
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"frontend_since": None, "answers": None, "http": "no answer: refused"}, "not running; the backend runs"),
        ({"answers": None, "http": "HTTP 404"}, "running since 02:09:31 UTC, does not answer (HTTP 404)"),
        ({"backend_runs": False}, "answers 20.10.000.152; backend not running"),
        ({"database": DatabaseStatus("10.11", 230, ("20.07.064", "20.07.110"))}, "230 updates, 2 updates missing"),
        ({"database": DatabaseStatus("10.11", 230, None)}, "whether complete is not known"),
        ({"database": None, "dispatches": None, "problems": {"database": "cannot connect"}}, "database: cannot connect"),
        ({"dispatches": ("mailing 4711 is being sent",)}, "dispatch mailing 4711 is being sent"),
        ({"dispatches": tuple("abcde")}, "dispatch and 2 more"),
        ({"open_run": RunStatus("7K3Q", "upgrade", "failed")}, "7K3Q (upgrade) has failed"),
        ({"open_run": RunStatus("7K3Q", "upgrade", "running")}, "7K3Q (upgrade) was cut off"),
        ({"open_run": RunStatus("7K3Q", "upgrade", "running", driven=True)}, "orchestrate watch 7K3Q    follow it"),
        ({"open_run": RunStatus("7K3Q", "upgrade", "paused")}, "orchestrate resume 7K3Q    go on with it"),
        ({"last_backup": None}, "no backup yet"),
        ({"problems": {"store": "cannot read the store: locked"}}, "run  not known     last backup not known"),
        ({"components": {}}, "no component found under /home/openemm"),
        ({"disk_free": None}, "disk not known"),
    ],
)
def test_status_says_what_is_wrong_and_what_is_not_known(changes: dict[str, Any], told: str) -> None:
    page = "\n".join(click.unstyle(line) for line in status.lines(a_status(**changes)))
    assert told in page


def test_a_plan_shows_the_way_and_the_downtime() -> None:
    estimates = [Estimate("fetch", 38.0, None, "8 packages"), Estimate("hop 1 stop .. verify", None, 65.0, ""),
                 Estimate("hop 2 stop .. verify", None, 80.0, "no earlier run")]  # fmt: skip
    page = text(plan.lines("mail1", Upgrade.of(a_plan(), estimates)))
    assert "openemm on mail1   19.10.000.170 -> 20.10.000.152   2 hops" in page
    assert "  hop 1   19.10.000.170 -> 20.04.000.200   updates not known   started once" in page
    assert "  hop 2   20.04.000.200 -> 20.10.000.152   updates not known   mail flows again" in page
    assert "1 m 05 s" in page
    assert "total" in page
    assert "2 m 25 s" in page
    assert "only between 22:00 and 04:30, local time" in page


def test_a_plan_says_what_is_mended_in_the_database_before_an_update() -> None:
    repair = Repair("21.07.209", "admin_permission_tbl", "security_token", "else it fails", "facts 22.1")
    shown = a_plan()
    hops = (shown.hops[0], replace(shown.hops[1], rules=replace(shown.hops[1].rules, repairs=(repair,))))
    told = Upgrade.of(replace(shown, hops=hops))
    page = " ".join(text(plan.lines("mail1", told)).split())
    said = "before update 21.07.209, any foreign key of admin_permission_tbl.security_token is dropped (facts 22.1)"
    assert f"hop 2: {said}" in page
    assert [hop.repairs for hop in told.hops] == [(), (said,)]


def test_what_was_never_measured_is_not_guessed() -> None:
    assert plan.total([None, None]) is None
    assert "-" in text(plan.lines("mail1", Upgrade.of(a_plan(), [Estimate("fetch", None, None, "")]))).splitlines()[-3]


def test_checks_count_what_passed_and_tell_the_rest_with_its_fix() -> None:
    findings = found([
        Finding("sql-mode", Severity.PASSED, "sql_mode", "as it should be"),
        Finding("tomcat-ajp-connector", Severity.WARNING, "AJP connector", "server.xml has the AJP line; Tomcat 9.0.70 will "
                "not start with it", "It is off by default since Tomcat 9.0.31.", "remove the line"),
        Finding("disk-room", Severity.INHIBITOR, "room on disk", "2 GB are free, 4 GB are needed"),
        Finding("mta", Severity.UNKNOWN, "MTA", "could not be told"),
    ])  # fmt: skip
    page = text(checks.lines(findings))
    assert page.splitlines()[0] == "checks   1 passed, 1 inhibitor, 1 warning, 1 unknown"
    assert page.index("disk-room") < page.index("tomcat-ajp-connector") < page.index("mta")
    assert "fix: remove the line" in page
    assert stopped(findings)
    assert not stopped(findings[:2])


def test_a_run_shows_its_steps_its_first_error_and_what_comes_next(run: Make, event: Make) -> None:
    error = {"key": "start-timeout", "message": "cannot start 20.04", "step": "hop1.start"}
    record = run("failed", headline=error, reason="security fix", ended=None)
    steps = [replace(s, state="done", seconds=3.2, summary="ok", attempt=1) for s in record.steps[:6]]
    failed = replace(record.steps[6], state="failed", attempt=2, error=error)
    record = replace(record, steps=(*steps, failed, *record.steps[7:]))
    told = Run.of(record)
    page = text(runs.lines(told, [event("run-started"), event("step-done", "fetch", title="fetch", seconds=3.2)]))
    assert "run 7K3Q   19.10.000.170 -> 20.10.000.152   failed" in page
    assert "by admin with orchestrate 0.1.0" in page
    assert "reason: security fix" in page
    assert "failed   hop 1 start" in page
    assert "attempt 2" in page
    assert "next      orchestrate resume 7K3Q" in page
    assert "2026-11-22 02:00:00  done   fetch   3 s" in page
    assert runs.where(told) == "run 7K3Q, hop 1 start, attempt 2"


@pytest.mark.parametrize(
    ("state", "said", "command"),
    [("completed", "completed in 4 m 12 s", "orchestrate history"), ("undone", "undone", "orchestrate history"),
     ("paused", "paused safely", "orchestrate resume 7K3Q"), ("waiting", "is left waiting", "orchestrate resume 7K3Q"),
     ("failed", "stopped", "orchestrate abort 7K3Q"), ("running", "running", "orchestrate watch 7K3Q")],
)  # fmt: skip
def test_the_end_of_a_run_always_names_a_command(state: str, said: str, command: str, run: Make) -> None:
    record = run(state)
    page = text(runs.ending_lines(Run.of(replace(record, ended=record.created + timedelta(seconds=252)))))
    assert said in page
    assert command in page


def test_runs_are_one_line_each(run: Make) -> None:
    restart = run("paused", id="9ABC", workflow="restart", plan={"source": "20.10", "target": "20.10"})
    page = text(runs.list_lines([Run.of(run("completed")), Run.of(restart)]))
    assert len(page.splitlines()) == 3
    assert "restart" in page
    assert text(runs.list_lines([])) == "no run yet"


def test_a_broken_ledger_is_told_with_the_entry() -> None:
    page = text(audit.verdict_lines(Ledger.of(Verdict(17, Head(17, "ab" * 32, NOW), Problem(18, "changed")))))
    assert "ledger BROKEN: entry 18 was changed   [changed]" in page
    assert "17 entries before it good" in page


def test_a_backup_that_was_never_restored_does_not_count() -> None:
    backup = host.Backup("20261122T020000Z", "/b", 1_200_000_000, "ab", NOW, "20.10.000.152", frozenset(), {"a": 1}, "10.11", 3.0)
    assert "no: does not count" in text(backups.lines([Backup.of(backup)]))
    assert "2026-11-22 11:09" in text(backups.lines([Backup.of(replace(backup, verified=NOW))])).splitlines()[1]
    assert "orchestrate backup create" in text(backups.lines([]))


def test_packages_are_told_with_the_reason_to_trust_them() -> None:
    ref = PackageRef("openemm-gui-20.10.000.152.tar.gz", PackageKind.GUI, "20.10.000.152", "/p", "ab", 7800)
    assert "7.8 kB  yes" in text(packages.list_lines([Offered.of(ref)], "/p"))
    page = text(
        packages.verdict_lines(
            [PackageVerdict("a.tar.gz", 5, "ab", "first-use"), PackageVerdict("b.tar.gz", error="is cut short")]
        )
    )
    assert "nothing to compare with" in page
    assert "BAD: see below" in page
    assert "is cut short" in page.splitlines()[-1]
