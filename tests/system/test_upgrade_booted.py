"""The upgrade on a booted host: OpenEMM as a systemd unit, the real MariaDB service, root, the site file in /etc.

The power is cut in the middle of a step, at an instant, not at a known place; the unit starts OpenEMM at the next boot, as it
does for an administrator; then the run is resumed, and must come to the same end.
CI cuts at a seeded sample of instants. Others:
ORCHESTRATE_POWER_CUTS=all (each step at its begin, its middle and near its end), N:SEED (N of these), or
STEP@PART such as hop1.database@0.5 .../pytest tests/system/test_upgrade_booted.py
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.hosts.command import environment
from tests.system.lab.host import Host, Layers
from tests.system.lab.lab import Lab

pytestmark = [pytest.mark.system, pytest.mark.timeout(3600)]
UPGRADE = ["orchestrate", "upgrade", "--to", "20.10", "--yes", "--json"]
SECONDS = 240.0
SAMPLE, SEED = 3, 20261122
PARTS = (0.0, 0.5, 0.9)
TIMES = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?'")
COUNTERS = re.compile(r" AUTO_INCREMENT=\d+")
VERSIONS = {"frontend": "20.10.000.152", "backend": "20.10.000.126", "runtime": "20.10.000.012", "manual": "20.10.000.003"}


@dataclass(frozen=True)
class Picture:
    """What a host looks like; two ways to the same end give equal pictures."""

    components: Mapping[str, str]
    links: str
    database: str
    running: bool


@dataclass(frozen=True)
class Whole:
    """A run that nobody disturbed: how long each step took (seconds), and what the host looked like then."""

    seconds: Mapping[str, float]
    picture: Picture


def ask(host: Host, *args: str) -> dict[str, Any]:
    """The last document that the tool prints."""
    lines = host.run(["orchestrate", *args, "--json"], SECONDS).stdout.splitlines()
    return dict(json.loads(lines[-1]))


def picture(host: Host) -> Picture:
    """What the host looks like now."""
    status = ask(host, "status")
    links = host.run(["find", "/home/openemm", "-type", "l", "-printf", "%P -> %l\n"]).stdout
    dump = host.run(["mariadb-dump", "--skip-dump-date", "--skip-comments", "--order-by-primary", "--skip-extended-insert",
                     "--routines", "--triggers", "openemm"]).stdout  # fmt: skip
    lines = COUNTERS.sub("", TIMES.sub("'T'", dump)).splitlines()
    return Picture(
        status["components"],
        "\n".join(sorted(links.splitlines())),
        "\n".join(sorted(lines)),
        running=status["backend_runs"] and status["frontend_since"] is not None,
    )


@pytest.fixture(scope="module")
def whole(lab: Lab, installed: Layers) -> Iterator[Whole]:
    """The upgrade without any cut."""
    host = lab.host(installed)
    host.boot()
    events = [json.loads(line) for line in host.run(UPGRADE, SECONDS).stdout.splitlines()]
    seconds = {event["step"]: event["data"]["seconds"] for event in events if event.get("kind") == "step-done"}
    yield Whole(seconds, picture(host))
    host.close()


def instants(whole: Whole) -> list[tuple[str, float]]:
    """Where the power is cut: steps, and which part of a step's time has passed then."""
    wish = os.environ.get("ORCHESTRATE_POWER_CUTS", f"{SAMPLE}:{SEED}")
    every = [(step, part) for step in whole.seconds for part in PARTS]
    if wish == "all":
        return every
    if "@" in wish:
        step, _, part = wish.partition("@")
        return [(step, float(part))]
    count, _, seed = wish.partition(":")
    return random.Random(int(seed or SEED)).sample(every, int(count))


def cut_in(host: Host, step: str, seconds: float) -> None:
    """Begin the upgrade and cut the power when that step has run for so long."""
    with subprocess.Popen(
        host.enter(UPGRADE), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True,
        env=environment({"HOME": "/root"}),
    ) as upgrade:  # fmt: skip
        assert upgrade.stdout
        for line in upgrade.stdout:
            event = json.loads(line)
            if (event.get("kind"), event.get("step")) == ("step-started", step):
                break
        time.sleep(seconds)
        host.power_cut()


def test_an_upgrade_on_a_booted_host_ends_with_every_part_on_the_new_release(whole: Whole) -> None:
    assert VERSIONS.items() <= whole.picture.components.items()
    assert whole.picture.running


def test_after_a_power_cut_in_any_step_a_resume_comes_to_the_same_end(
    lab: Lab, installed: Layers, whole: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    host = lab.host(installed)
    wrong = []
    for step, part in instants(whole):
        host.reset()
        host.boot()
        cut_in(host, step, part * whole.seconds[step])
        host.boot()
        begun = time.monotonic()
        how, trouble = resumed(host, whole)
        if trouble:
            wrong.append(f"{step}@{part}: {trouble}")
        with capsys.disabled():
            sys.stdout.write(f"\n{step}@{part}: {how}, {trouble or 'equal'}, {time.monotonic() - begun:.1f} s after the boot\n")
    host.close()
    assert not wrong, "\n\n".join(wrong[:3])


def resumed(host: Host, whole: Whole) -> tuple[str, str]:
    """Resume; how it went, and what is wrong then, or nothing."""
    how = "was through"
    if ask(host, "status")["open_run"]:
        how = "resumed"
        done = host.run(["orchestrate", "resume", "--json"], SECONDS, check=False)
        if done.exit_code != 0:
            return how, f"ended with {done.exit_code}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    audit = host.run(["orchestrate", "audit", "verify"], SECONDS, check=False)
    if audit.exit_code != 0:
        return how, f"the ledger is not sound\n{audit.stdout}\n{audit.stderr}"
    return how, differences(whole.picture, picture(host))


def differences(one: Picture, other: Picture) -> str:
    """What differs between two pictures."""
    if one.components != other.components or one.running != other.running:
        return f"{other.components}, running {other.running}"
    found = []
    for a, b in ((one.links, other.links), (one.database, other.database)):
        gone, new = set(a.splitlines()) - set(b.splitlines()), set(b.splitlines()) - set(a.splitlines())
        found += [f"- {line[:300]}" for line in sorted(gone)[:10]] + [f"+ {line[:300]}" for line in sorted(new)[:10]]
    return "\n".join(found)
