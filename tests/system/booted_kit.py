"""A booted host on which OpenEMM runs as a unit: sessions on it over ssh, runs that are followed and ended, and how it looks."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from orchestrator.command import environment
from tests.system.lab.host import Host, HostError

SECONDS = 240.0
FOLLOW_SECONDS = 900.0
LEAVE_SECONDS = 30.0
KEY = "/root/.ssh/lab"
SSH = ["ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-i", KEY]
TIMES = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?'")
COUNTERS = re.compile(r" AUTO_INCREMENT=\d+")
UNTIL_EOF = '"$@" & read -r _; kill $!'  # what is killed on this machine lives on in the host
UPGRADE = "orchestrate upgrade --to 20.10 --yes --json"


@dataclass(frozen=True)
class Picture:
    """What a host looks like; two ways to the same end give equal pictures. unit: what systemd believes of OpenEMM."""

    components: Mapping[str, str]
    links: str
    database: str
    running: bool
    unit: str


def ask(host: Host, *args: str) -> dict[str, Any]:
    """The last document that the tool prints."""
    return documents(host.run(["orchestrate", *args, "--json"], SECONDS).stdout)[-1]


def documents(text: str) -> list[dict[str, Any]]:
    """The documents of an output."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def let_in(host: Host) -> None:
    """Let `session` log in to the host as root."""
    host.run(["install", "-d", "-m", "700", "/root/.ssh"])
    host.run(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", KEY])
    host.run(["cp", f"{KEY}.pub", "/root/.ssh/authorized_keys"])


def session(host: Host, command: str) -> str:
    """What a command prints in a session of its own over the host's sshd, which ends with it."""
    return host.run([*SSH, "root@localhost", command], SECONDS).stdout


def login(host: Host) -> str:
    """What somebody sees who logs in on a terminal, and leaves."""
    return host.run([*SSH, "-tt", "root@localhost"], stdin="exit\n").stdout


def believed(host: Host) -> str:
    """What systemd believes of OpenEMM: active, inactive, ..."""
    return host.run(["systemctl", "is-active", "openemm.service"], check=False).stdout.strip()


def runs(host: Host) -> tuple[bool, bool]:
    """Whether frontend and backend run, by their processes."""
    status = ask(host, "status")
    return status["frontend_since"] is not None, status["backend_runs"]


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
        running=status["backend_runs"] and status["frontend_since"] is not None and status["open_run"] is None,
        unit=believed(host),
    )


def differences(one: Picture, other: Picture) -> str:
    """What differs between two pictures."""
    if (one.components, one.running, one.unit) != (other.components, other.running, other.unit):
        return f"{other.components}, running {other.running}, {other.unit}"
    found = []
    for a, b in ((one.links, other.links), (one.database, other.database)):
        gone, new = set(a.splitlines()) - set(b.splitlines()), set(b.splitlines()) - set(a.splitlines())
        found += [f"- {line[:300]}" for line in sorted(gone)[:10]] + [f"+ {line[:300]}" for line in sorted(new)[:10]]
    return "\n".join(found)


@contextmanager
def journal(host: Host, *matches: str) -> Iterator[Iterator[dict[str, str]]]:
    """The lines of the host's journal that match, from its boot on and as they come."""
    with follow(host, "journalctl", "--follow", "--no-tail", "--output=json", *matches) as lines:
        yield map(json.loads, lines)


@contextmanager
def follow(host: Host, *command: str) -> Iterator[Iterator[str]]:
    """What a command in the host prints, line by line as it comes; it ends with this, with the host, or after 15 minutes.

    Raises:
        HostError: it does not end.
    """
    with subprocess.Popen(
        host.enter(["sh", "-c", UNTIL_EOF, "sh", *command]), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, env=environment(),
    ) as follower:  # fmt: skip
        assert follower.stdin
        assert follower.stdout
        limit = threading.Timer(FOLLOW_SECONDS, follower.stdin.close)
        limit.start()
        try:
            yield follower.stdout
        finally:
            limit.cancel()
            follower.stdin.close()
            _left(follower)


def _left(follower: subprocess.Popen[str]) -> None:
    """Wait until it ended; kill what does not.

    Raises:
        HostError: it does not end of itself.
    """
    try:
        follower.wait(LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        follower.kill()
        raise HostError(f"what was followed does not end within {LEAVE_SECONDS:.0f} s: {follower.args}") from None


def begin_until(host: Host, step: str) -> str:
    """Begin the upgrade as a run of its own and wait until that step begins; the run."""
    run = documents(host.run([*UPGRADE.split(), "--detach"], SECONDS).stdout)[-1]["run"]["id"]
    with journal(host, f"RUN={run}", "KIND=step-started") as lines:
        assert any(line["STEP"] == step for line in lines), f"{step} does not begin"
    return str(run)
