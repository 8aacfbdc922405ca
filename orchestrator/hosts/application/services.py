"""The backend's services by name, as `backend.sh status` tells them on its standard error (facts 11 and 24.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from orchestrator.command import CommandError, run
from orchestrator.user import command_as, environment_of

STATUS_SECONDS = 60.0  # a dozen scripts, of which each starts Python: 6 to 9 s on 2 busy cores
MARGIN = 10.0
NO_SERVICES = frozenset({"mta", "mlcontrol", "once", "mlprepare"})  # any process called master is up for the first two
UP = frozenset({"running", "incomplete"})
FINE = frozenset({"ok", "running"})
_LINE = re.compile(r"\s*([\w.-]+)\s*:\s*(ok|fail|running|stopped|incomplete)(?:\s+\(.*\))?\s*")


def script(home: Path) -> Path:
    """What starts and stops the backend."""
    active = home / "release/backend/current/bin/backend.sh"
    return active if active.exists() else home / "bin/backend.sh"


def parse(text: str) -> dict[str, str]:
    """State by service, of what the status command printed: the name is padded, the state may have a comment."""
    matches = (_LINE.fullmatch(line) for line in text.splitlines())
    return {match[1]: match[2] for match in matches if match}


def ask(home: Path, user: str) -> Mapping[str, str]:
    """State by service; empty when the script is not there, cannot be run, does not end in time or tells nothing of them."""
    path = script(home)
    if not path.exists():
        return {}
    args = command_as(user, home, ["timeout", "--kill-after=5", f"{STATUS_SECONDS}", str(path), "status"])
    try:
        said = run(args, timeout=STATUS_SECONDS + MARGIN, expect=None, env=environment_of(user, home), cwd=home)
    except CommandError:
        return {}
    return parse(said.stderr)


def up(states: Mapping[str, str]) -> list[str]:
    """The services that run, or some of whose processes do: those of the mail server are not the backend's."""
    return [name for name, state in states.items() if state in UP and name not in NO_SERVICES]


def down(states: Mapping[str, str]) -> dict[str, str]:
    """The backend's own services that do not run, or not all of whose processes do."""
    return {name: state for name, state in states.items() if state not in FINE and name not in NO_SERVICES}
