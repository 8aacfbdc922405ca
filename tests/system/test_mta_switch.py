"""The switch of the mail server on a booted host, with real servers: not one mail is lost or doubled, wherever it is cut off.

CI cuts at a seeded sample of places. Others: ORCHESTRATE_MTA_CUTS=all, N:SEED (N of all), or a list of TARGET:NAME:NUMBER.
ORCHESTRATE_MTA_MAILS is the number of mails in the queue.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.system.lab.host import Host, Layers
from tests.system.lab.lab import Lab
from tests.system.mta_kit import INSIDE_HOST, PYTHON, SECONDS, Picture, ask, know, picture, prepare, whereabouts

pytestmark = [pytest.mark.system, pytest.mark.timeout(14400)]
MAILS = int(os.environ.get("ORCHESTRATE_MTA_MAILS", "40"))
SAMPLE, SEED = 1, 20261122
KILLED = 137
SETTLED = 20.0  # seconds
SWITCH = ["orchestrate", "mta", "switch"]
GROUND = {  # what is wrong, and how it is mended
    "fqdn-missing": (
        "hostname localhost; cp /etc/hosts /root; echo '127.0.0.1 localhost' >/etc/hosts",
        "hostname $(cat /etc/hostname); cp /root/hosts /etc/hosts",
    ),
    "package-unavailable": ("mv /opt/repo /opt/gone; dnf -q clean all", "mv /opt/gone /opt/repo"),
    "read-only": ("mount --bind /etc /etc; mount -o remount,ro,bind /etc", "umount /etc"),
    "alternatives-third": (
        """install -D /bin/true /usr/sbin/sendmail.exim
        alternatives --install /usr/sbin/sendmail mta /usr/sbin/sendmail.exim 99
        alternatives --set mta /usr/sbin/sendmail.exim""",
        "alternatives --remove mta /usr/sbin/sendmail.exim; alternatives --auto mta",
    ),
    "queue-unreadable": (
        "f=$(find /var/spool/postfix/deferred -type f | head -1); cp -p $f /root/file; echo $f >/root/name; truncate -s 100 $f",
        "mv /root/file $(cat /root/name)",
    ),
    "mta-environment": (
        "cp -p /home/openemm/.profile /root; echo 'export MTA=postfix' >>/home/openemm/.profile",
        "mv /root/.profile /home/openemm",
    ),
    "port-taken": (
        """systemctl stop postfix
        systemd-run -q --unit=stranger python3 -c 'import socket, time
s = socket.create_server(("", 25)); time.sleep(600)'
        until ss -Hltn | grep -q :25; do sleep 0.05; done""",
        "systemctl stop stranger; systemctl start postfix",
    ),
    "sendmail-mc-broken": (
        """dnf -y -q install sendmail sendmail-cf; alternatives --set mta /usr/sbin/sendmail.postfix
        cp -p /etc/mail/sendmail.mc /root; echo 'FEATURE(`nosuchfeature' >>/etc/mail/sendmail.mc""",
        "cp -p /root/sendmail.mc /etc/mail",
    ),
    "mta-both-active": (
        """sed -i "s/^DAEMON_OPTIONS.*/DAEMON_OPTIONS(\\`Port=2626,Addr=127.0.0.1, Name=MTA')dnl/" /etc/mail/sendmail.mc
        make -s -C /etc/mail; /usr/sbin/sendmail.sendmail -bd""",
        "kill $(head -1 /run/sendmail.pid); while pgrep -f ^sendmail: ; do sleep 0.05; done",
    ),
    "mta-none-installed": ("systemctl stop postfix; rpm -e --nodeps postfix sendmail sendmail-cf", "true"),
}  # fmt: skip


@dataclass(frozen=True)
class Start:
    """A host that is off, and how it was: its disk, its mails by Message-ID and recipient, and its picture."""

    host: Host
    layers: Layers
    mails: Counter[tuple[str, str]]
    picture: Picture


@dataclass(frozen=True)
class Trip:
    """A whole switch: where it began, where it led, what it said, and every place of a cut it passed."""

    start: Start
    target: str
    end: Start
    said: dict[str, Any]
    places: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class CutOff:
    """A switch that is cut off at a place, and how things go on."""

    target: str
    how: str
    way_on: str
    place: tuple[str, int]

    def __str__(self) -> str:
        return f"to {self.target}, {self.how}, {self.way_on}, {self.place[0]}:{self.place[1]}"


@pytest.fixture(scope="module")
def start(lab: Lab, installed: Layers) -> Iterator[Start]:
    """The host that every test begins with, made once."""
    host = lab.host(installed)
    host.boot()
    prepare(host, MAILS)
    yield keep(host)
    host.close()


def keep(host: Host) -> Start:
    """The host as it is now, off."""
    mails, seen = whereabouts(host), picture(host)
    host.poweroff()
    return Start(host, host.snapshot(), mails, seen)


@pytest.fixture(scope="module")
def trips(start: Start) -> dict[str, Trip]:
    """To Sendmail with all mails, and back."""
    there = travel(start, "sendmail")
    return {"sendmail": there, "postfix": travel(there.end, "postfix")}


def travel(start: Start, target: str) -> Trip:
    """One whole switch."""
    host = put_back(start)
    said = ask(host, "mta", "switch", target, "--requeue", "--yes", env={"ORCHESTRATE_FAULT_LOG": "/root/places"})
    same(start, host)
    counted = Counter(host.read("/root/places").split())
    places = tuple((name, number) for name, most in sorted(counted.items()) for number in range(1, most + 1))
    host.run(["rm", "/root/places"])
    return Trip(start, target, keep(host), said, places)


@pytest.fixture
def host(start: Start) -> Host:
    """The first host, put back and booted."""
    return put_back(start)


def put_back(start: Start) -> Host:
    """The disk of the beginning, booted."""
    start.host.layers = start.layers
    start.host.reset()
    start.host.boot()
    know(start.host)
    return start.host


def same(start: Start, host: Host, patience: float = SETTLED) -> None:
    """Every mail is where mails are, exactly once for each recipient; one that is just being delivered is waited for."""
    until = time.monotonic() + patience
    while (now := whereabouts(host)) != start.mails and time.monotonic() < until:
        time.sleep(0.5)
    assert not start.mails - now, f"lost: {list((start.mails - now).items())[:5]}"
    assert not now - start.mails, f"doubled: {list((now - start.mails).items())[:5]}"


def key_of(output: str) -> str:
    """The key of the error that a command ended with."""
    documents = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    errors = [d["key"] for d in documents if d.get("schema") == "orchestrate.error/1"]
    failed = [d["data"]["key"] for d in documents if d.get("kind") == "step-failed"]
    return str([*failed, *errors][-1])


def test_mails_of_every_kind_go_to_sendmail_and_back_and_stay_through_a_reboot(trips: dict[str, Trip]) -> None:
    assert sum(trips["sendmail"].start.mails.values()) > MAILS
    for target, trip in trips.items():
        assert trip.said["run"]["state"] == "completed"
        host = put_back(trip.end)
        status = ask(host, "mta", "status")
        assert (status["active"], status["application_sees"], status["contradictions"]) == (target, target, [])
        assert status["last_switch"]["to"] == target
        same(trip.start, host)


def test_mails_that_are_being_sent_when_it_is_stopped_are_sent_once(start: Start, host: Host) -> None:
    host.write("/usr/local/bin/slow", '#!/bin/sh\n/usr/bin/procmail "$@"\nstatus=$?\nsleep 3\nexit $status\n', mode=0o755)
    host.run(["postconf", "-e", "mailbox_command=/usr/local/bin/slow"])
    host.run(
        ["sh", "-c", "postfix reload; find /var/spool/postfix/deferred -type f -exec touch -d '1 hour ago' {} +; postqueue -f"]
    )
    done = host.run([*SWITCH, "sendmail", "--requeue", "--yes"], SECONDS)
    assert "Postfix is sending" in done.stdout
    same(start, host)


def test_discarded_mails_lie_in_the_archive_and_come_back_with_an_abort(start: Start, host: Host) -> None:
    half_way = {"ORCHESTRATE_FAULT": f"mail:{MAILS * 3 // 2}"}
    cut = host.run([*SWITCH, "sendmail", "--discard-queue", "--yes"], SECONDS, env=half_way, check=False)
    assert cut.exit_code in (KILLED, -9)
    host.run(["orchestrate", "abort", "--yes"], SECONDS)
    assert picture(host) == start.picture
    same(start, host)
    assert ask(host, "mta", "switch", "sendmail", "--discard-queue", "--yes")["run"]["state"] == "completed"
    same(start, host)
    assert ask(host, "mta", "queue")["mails"] == []


def test_a_queue_that_never_empties_leaves_the_run_waiting_and_mail_flowing_and_a_second_switch_is_refused(
    start: Start, host: Host
) -> None:
    command = host.enter([*SWITCH, "sendmail", "--flush", "--wait", "8s", "--yes", "--json"])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        lines = []
        for line in first.stdout or ():
            lines.append(line)
            if '"step-waiting"' in line:
                break
        second = host.run([*SWITCH, "sendmail", "--requeue", "--yes", "--json"], SECONDS, check=False)
        lines += first.stdout or ()
    assert first.returncode == 4
    assert key_of(second.stdout) == "run-in-progress"
    assert "is held by mta-switch, pid " in second.stdout
    reasons = [json.loads(line)["data"]["reason"] for line in lines if '"step-waiting"' in line]
    assert "in Postfix's queue" in reasons[-1]
    assert "held ones never leave by themselves" in reasons[-1]
    assert host.run(["systemctl", "is-active", "postfix", "openemm"]).exit_code == 0
    third = host.run([*SWITCH, "sendmail", "--requeue", "--yes", "--json"], SECONDS, check=False)
    assert key_of(third.stdout) == "run-open"
    host.run(["orchestrate", "abort", "--yes"], SECONDS)
    assert picture(host) == start.picture
    same(start, host)


def test_bad_ground_stops_the_switch_before_it_begins_and_mail_flows(start: Start, host: Host) -> None:
    assert ask(host, "mta", "switch", "postfix")["changed"] is False
    assert key_of(host.run([*SWITCH, "exim", "--json"], check=False).stdout) == "mta-unknown"
    wrong = []
    for key, (breaks, mends) in GROUND.items():
        host.run(["sh", "-euc", breaks], timeout=120)
        refused = host.run([*SWITCH, "sendmail", "--requeue", "--yes", "--json"], SECONDS, check=False)
        if refused.exit_code != 3 or f'"{key}' not in refused.stdout:
            wrong.append(f"{key}: {refused.exit_code} {refused.stdout[-2000:]} {refused.stderr[-500:]}")
        host.run(["sh", "-euc", mends], timeout=120)
        if key == "sendmail-mc-broken":
            same(start, host)
    assert not wrong, "\n\n".join(wrong)


def test_a_new_server_that_dies_is_taken_back_and_what_the_administrator_edited_since_is_not_overwritten(
    start: Start, host: Host
) -> None:
    host.write("/etc/systemd/system/sendmail.service.d/dies.conf", "[Service]\nExecStartPost=/bin/sh -c 'kill -9 $MAINPID'\n")
    failed = host.run([*SWITCH, "sendmail", "--requeue", "--yes", "--json"], SECONDS, check=False)
    assert failed.exit_code == 1
    assert key_of(failed.stdout) in ("mta-died", "unit-not-started")
    host.run(["sh", "-c", "echo 'dnl mine' >>/etc/mail/sendmail.mc"])
    asked = host.run(["orchestrate", "abort", "--yes", "--json"], SECONDS, check=False)
    assert (asked.exit_code, key_of(asked.stdout)) == (1, "file-changed")
    assert host.read("/etc/mail/sendmail.mc").endswith("dnl mine\n")
    host.run(["mv", "/etc/mail/sendmail.mc", "/etc/mail/sendmail.mc.mine"])
    host.run(["orchestrate", "abort", "--yes"], SECONDS)
    assert picture(host) == start.picture
    assert host.read("/etc/mail/sendmail.mc.mine").endswith("dnl mine\n")
    same(start, host)


def test_an_old_server_that_does_not_die_is_not_killed_and_keeps_its_mails(start: Start, host: Host) -> None:
    host.write("/etc/systemd/system/postfix.service.d/stays.conf", "[Service]\nExecStop=\nExecStop=/bin/true\nKillMode=none\n")
    host.run(["sh", "-c", "systemctl daemon-reload; sed -i '1i stop_timeout = 10' /etc/openemm-orchestrator/site.toml"])
    failed = host.run([*SWITCH, "sendmail", "--requeue", "--yes", "--json"], SECONDS, check=False)
    assert (failed.exit_code, key_of(failed.stdout)) == (1, "mta-still-running")
    assert {mail["queue"] for mail in ask(host, "mta", "queue")["mails"]} == {"deferred", "hold"}
    same(start, host)


def chosen(trips: dict[str, Trip], how: str) -> list[CutOff]:
    """All cuts of that kind, or a seeded sample."""
    everything = [
        CutOff(target, how, way_on, place)
        for (target, trip), way_on in itertools.product(trips.items(), ("resume", "abort"))
        for place in trip.places
    ]
    wish = os.environ.get("ORCHESTRATE_MTA_CUTS", f"{SAMPLE}:{SEED}")
    if wish == "all":
        return everything
    number, _, seed = wish.partition(":")
    if number.isdecimal():
        return random.Random(f"{how} {seed or SEED}").sample(everything, min(int(number), len(everything)))
    named = [part.split(":") for part in wish.split(",")]
    return [cut for cut in everything if [cut.target, cut.place[0], str(cut.place[1])] in named]


@pytest.mark.parametrize("how", ["kill", "power"])
def test_cut_off_anywhere_a_switch_is_resumed_or_taken_back_with_every_mail(
    trips: dict[str, Trip], capsys: pytest.CaptureFixture[str], how: str
) -> None:
    wrong = []
    for cut in chosen(trips, how):
        trip = trips[cut.target]
        host = put_back(trip.start)
        begun = time.monotonic()
        fault = {"ORCHESTRATE_FAULT": f"{cut.place[0]}:{cut.place[1]}"}
        host.run([*SWITCH, cut.target, "--requeue", "--yes"], SECONDS, check=False, env=fault)
        if how == "power":
            host.run([PYTHON, INSIDE_HOST, "rest"])  # a mail that a server is sending when the power fails, it sends again
            host.power_cut()
            host.boot()
        trouble = after(trip, host, cut.way_on)
        wrong += [f"{cut}: {trouble}"] if trouble else []
        with capsys.disabled():
            sys.stdout.write(f"\n{cut}: {trouble or 'all there'}, {time.monotonic() - begun:.0f} s\n")
    assert not wrong, "\n\n".join(wrong)


def after(trip: Trip, host: Host, way_on: str) -> str:
    """Go on after the cut; what is wrong then, or nothing."""
    if ask(host, "status")["open_run"]:
        done = host.run(["orchestrate", way_on, "--yes"], SECONDS, check=False)
        if done.exit_code != 0:
            return f"{way_on} ended with {done.exit_code}\n{done.stdout[-2000:]}\n{done.stderr[-1500:]}"
    elif way_on == "abort":
        return ""  # it was through
    try:
        same(trip.start, host)
    except AssertionError as error:
        return str(error)
    if way_on == "abort" and picture(host) != trip.start.picture:
        return f"not as before: {picture(host)} instead of {trip.start.picture}"
    if way_on == "resume" and ask(host, "mta", "status")["active"] != trip.target:
        return f"{trip.target} is not active"
    audit = host.run(["orchestrate", "audit", "verify"], SECONDS, check=False)
    return "" if audit.exit_code == 0 else f"the ledger is not sound: {audit.stdout}"


def test_the_host_kit_counts_a_mail_that_is_gone(start: Start, host: Host) -> None:
    host.run(["sh", "-c", 'postsuper -d $(postqueue -j | head -1 | sed \'s/.*queue_id": "\\([^"]*\\).*/\\1/\')'])
    with pytest.raises(AssertionError, match="lost"):
        same(start, host, patience=0)
