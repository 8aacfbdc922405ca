"""Runs on a booted host: OpenEMM as a systemd unit, the real MariaDB service, root, sshd, the site file in /etc.

A run is ended in the middle of a step, at an instant, not at a known place, by a power cut or by a reboot; then it is resumed,
and must come to the same end. CI ends it at a seeded sample of instants. Others:
ORCHESTRATE_POWER_CUTS=all (each step at its begin, its middle and near its end), hop2 (the steps of that hop), N:SEED (N of
all), or STEP@PART such as hop1.database@0.5 .../pytest tests/system/test_upgrade_booted.py
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.system.booted_kit import (
    SECONDS,
    UPGRADE,
    Picture,
    ask,
    begin_until,
    believed,
    differences,
    documents,
    journal,
    let_in,
    login,
    picture,
    runs,
    session,
)
from tests.system.lab.host import Host, Layers
from tests.system.lab.lab import Lab

pytestmark = [pytest.mark.system, pytest.mark.timeout(7200)]
SAMPLE, SEED = 1, 20261122
PARTS = (0.5, 0.0, 0.9)
ENDS = ("reboot", "power cut")
VERSIONS = {"frontend": "20.10.000.152", "backend": "20.10.000.126", "runtime": "20.10.000.012", "manual": "20.10.000.003"}
HELD = "/etc/systemd/system/openemm.service.d"


@dataclass(frozen=True)
class Whole:
    """An upgrade that nobody disturbed, begun in one session and watched from another; the host behind it is still on.

    seconds: how long each step took. met: what a login showed while it was open. watched: how it stood when the watching ended.
    """

    host: Host
    run: str
    seconds: Mapping[str, float]
    picture: Picture
    met: str
    watched: Mapping[str, Any]


@pytest.fixture(scope="module")
def whole(lab: Lab, installed: Layers) -> Iterator[Whole]:
    """The upgrade without any cut, detached."""
    host = lab.host(installed)
    host.boot()
    let_in(host)
    run = documents(session(host, f"{UPGRADE} --detach"))[-1]["run"]["id"]
    met = login(host)
    watched = documents(session(host, f"orchestrate watch {run} --json"))[-1]["run"]
    steps = ask(host, "run", run)["run"]["steps"]
    yield Whole(host, run, {step["name"]: step["seconds"] for step in steps}, picture(host), met, watched)
    host.close()


@pytest.fixture(scope="module")
def bench(lab: Lab, installed: Layers) -> Iterator[Host]:
    """A host that each test puts back to 19.10."""
    host = lab.host(installed)
    yield host
    host.close()


def fresh(host: Host) -> None:
    """Put the host back to 19.10 and boot it."""
    host.reset()
    host.boot()


def test_a_detached_upgrade_outlives_its_session_and_is_watched_from_another(whole: Whole) -> None:
    assert whole.watched["state"] == "completed"
    assert VERSIONS.items() <= whole.picture.components.items()
    assert whole.picture.running


def test_openemm_outlives_the_unit_that_drove_its_upgrade_and_systemd_knows_that_it_runs(whole: Whole) -> None:
    unit = f"orchestrate-{whole.run.lower()}.service"
    assert whole.host.run(["systemctl", "show", unit, "--property=LoadState", "--value"]).stdout == "not-found\n"
    assert whole.picture.unit == "active"
    assert runs(whole.host) == (True, True)


def test_whoever_logs_in_while_a_run_is_open_is_offered_to_resume_it_and_nobody_later(whole: Whole) -> None:
    assert f"orchestrate resume {whole.run}" in whole.met
    assert "orchestrate" not in login(whole.host)


def test_the_journal_has_every_step_of_a_run_and_where_the_ledger_ended(whole: Whole) -> None:
    lines = documents(whole.host.run(["journalctl", "--output=json", f"RUN={whole.run}"]).stdout)
    assert [line["STEP"] for line in lines if line["KIND"] == "step-done"] == list(whole.seconds)
    assert lines[-1]["MESSAGE"] == f"run {whole.run} completed"
    [checkpoint] = [line for line in lines if line["KIND"] == "checkpoint"]
    whole.host.write("/root/journaled.json", f'{{"seq": {checkpoint["SEQ"]}, "hash": "{checkpoint["HASH"]}", '
                     f'"site": "{checkpoint["SITE"]}", "time": "2026-01-01T00:00:00+00:00"}}')  # fmt: skip
    whole.host.run(["orchestrate", "audit", "verify", "--checkpoint", "/root/journaled.json"])


def test_a_detached_switch_whose_process_is_killed_goes_on_by_itself(whole: Whole) -> None:
    host = whole.host
    run = ask(host, "switch", "runtime", "20.04", "--yes", "--detach")["run"]["id"]
    with journal(host, f"RUN={run}") as lines:
        next(line for line in lines if (line["KIND"], line.get("STEP")) == ("step-started", "switch.stop"))
        unit = f"orchestrate-{run.lower()}.service"
        assert host.run(["systemctl", "show", unit, "--property=StartLimitBurst", "--value"]).stdout == "3\n"
        host.run(["systemctl", "kill", "--signal=KILL", unit])
        kinds = list(itertools.takewhile(lambda kind: kind != "run-completed", (line["KIND"] for line in lines)))
    assert "run-resumed" in kinds
    assert (runs(host), believed(host)) == ((True, True), "active")


def test_a_rollback_and_the_unit_itself_leave_systemd_with_the_truth(whole: Whole) -> None:
    host = whole.host
    assert ask(host, "rollback", "--run", whole.run, "--yes")["run"]["state"] == "completed"
    assert (runs(host), believed(host)) == ((True, True), "active")
    assert ask(host, "status")["components"]["frontend"] == "19.10.000.170"
    host.run(["systemctl", "stop", "openemm.service"])
    assert (runs(host), believed(host)) == ((False, False), "inactive")
    host.run(["systemctl", "start", "openemm.service"])
    assert (runs(host), believed(host)) == ((True, True), "active")


def test_status_tells_what_systemd_believes_wrongly_and_a_restart_mends_it(whole: Whole) -> None:
    host = whole.host
    host.run(["systemctl", "stop", "openemm.service"])
    host.run(["/home/openemm/bin/openemm.sh", "start"], user="openemm")
    assert "orchestrate restart" in ask(host, "status")["problems"]["unit"]
    assert ask(host, "restart", "--yes")["run"]["state"] == "completed"
    assert (runs(host), believed(host)) == ((True, True), "active")
    host.write(f"{HELD}/orchestrate-hold.conf", "# Written by orchestrate while run GONE is open\n")
    assert "run GONE, which is not open" in ask(host, "status")["problems"]["unit"]
    host.run(["rm", "-r", HELD])
    assert ask(host, "status")["problems"] == {}


def test_no_boot_starts_openemm_in_the_middle_of_a_run_and_abort_lets_it_start_again(bench: Host, whole: Whole) -> None:
    fresh(bench)
    let_in(bench)
    before = picture(bench)
    run = begin_until(bench, "hop1.database")
    bench.power_cut()
    bench.boot()
    assert (runs(bench), believed(bench)) == ((False, False), "inactive")
    bench.run(["systemctl", "start", "openemm.service"])
    assert runs(bench) == (False, False)
    assert run in ask(bench, "status")["problems"]["unit"]
    assert f"orchestrate resume {run}" in login(bench)
    assert ask(bench, "abort", "--yes")["run"]["state"] == "undone"
    assert not differences(before, picture(bench))
    assert bench.run(["ls", HELD], check=False).exit_code != 0
    bench.reboot()
    assert (runs(bench), believed(bench)) == ((True, True), "active")


def instants(whole: Whole) -> list[tuple[str, str, float]]:
    """How and where a run is ended: in which step, and when which part of the step's time has passed."""
    wish = os.environ.get("ORCHESTRATE_POWER_CUTS", f"{SAMPLE}:{SEED}")
    every = [(end, step, part) for part, step, end in itertools.product(PARTS, whole.seconds, ENDS)]
    if wish == "all":
        return every
    if wish.startswith("hop") and "@" not in wish:
        return [instant for instant in every if instant[1].startswith(f"{wish}.")]
    if "@" in wish:
        step, _, part = wish.partition("@")
        return [(end, step, float(part)) for end in ENDS]
    count, _, seed = wish.partition(":")
    chosen = random.Random(int(seed or SEED))
    return [(end, chosen.choice(list(whole.seconds)), chosen.choice(PARTS))
            for end in itertools.islice(itertools.cycle(ENDS), int(count))]  # fmt: skip


def test_after_a_power_cut_or_a_reboot_in_any_step_a_resume_comes_to_the_same_end(
    bench: Host, whole: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = []
    for end, step, part in instants(whole):
        fresh(bench)
        begin_until(bench, step)
        time.sleep(part * whole.seconds[step])
        if end == "reboot":
            bench.reboot()
        else:
            bench.power_cut()
            bench.boot()
        begun = time.monotonic()
        how, trouble = resumed(bench, whole)
        if trouble:
            wrong.append(f"{end} {step}@{part}: {trouble}")
        with capsys.disabled():
            took = time.monotonic() - begun
            sys.stdout.write(f"\n{end} {step}@{part}: {how}, {trouble or 'equal'}, {took:.1f} s after the boot\n")
    assert not wrong, "\n\n".join(wrong[:3])


def resumed(host: Host, whole: Whole) -> tuple[str, str]:
    """Resume; how it went, and what is wrong then, or nothing."""
    how = "was through"
    if run := ask(host, "status")["open_run"]:
        how = f"resumed ({run['state']})"
        done = host.run(["orchestrate", "resume", "--json"], SECONDS, check=False)
        if done.exit_code != 0:
            return how, f"ended with {done.exit_code}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    audit = host.run(["orchestrate", "audit", "verify"], SECONDS, check=False)
    if audit.exit_code != 0:
        return how, f"the ledger is not sound\n{audit.stdout}\n{audit.stderr}"
    return how, differences(whole.picture, picture(host))
