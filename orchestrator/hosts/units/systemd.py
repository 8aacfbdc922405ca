"""systemd's units."""

from __future__ import annotations

from pathlib import Path

from orchestrator.command import CommandError, run, tail
from workflows.host.mail import UnitState
from workflows.model.errors import WorkflowError

SECONDS = 330.0  # a unit may take 300 s to start, and Sendmail without a full name takes 60
ENABLED = ("enabled", "enabled-runtime")


class Systemd:
    """As `workflows.host.mail.Units` asks for it."""

    def available(self) -> bool:
        """Whether systemd runs this host (sd_booted)."""
        return Path("/run/systemd/system").is_dir()

    def state(self, unit: str) -> UnitState:
        """How it stands; nothing exists where systemd does not run."""
        if not self.available():
            return UnitState(exists=False, enabled=False, active=False)
        said = run(["systemctl", "show", "--property=LoadState,ActiveState,UnitFileState", unit], timeout=SECONDS).stdout
        values = dict(line.partition("=")[::2] for line in said.splitlines())
        return UnitState(
            exists=values.get("LoadState") == "loaded",
            enabled=values.get("UnitFileState") in ENABLED,
            active=values.get("ActiveState") in ("active", "activating", "reloading", "deactivating"),
        )

    def enable(self, unit: str) -> None:
        """At boot."""
        run(["systemctl", "--quiet", "enable", unit], timeout=SECONDS)

    def disable(self, unit: str) -> None:
        """Not at boot."""
        run(["systemctl", "--quiet", "disable", unit], timeout=SECONDS)

    def start(self, unit: str) -> None:
        """Now; a unit that failed before is given another chance."""
        act("start", unit)

    def stop(self, unit: str) -> None:
        """Now; that it failed before is forgotten."""
        run(["systemctl", "stop", unit], timeout=SECONDS)
        run(["systemctl", "reset-failed", unit], timeout=SECONDS, expect=None)


def act(verb: str, unit: str) -> None:
    """Start or restart a unit now; one that failed before is given another chance.

    Raises:
        WorkflowError: "unit-not-started" with what its journal says.
    """
    run(["systemctl", "reset-failed", unit], timeout=SECONDS, expect=None)
    try:
        run(["systemctl", verb, unit], timeout=SECONDS)
    except CommandError as error:
        journal = run(["journalctl", "--no-pager", "--quiet", "-n", "15", "-o", "cat", "-u", unit], timeout=30, expect=None)
        raise WorkflowError(
            f"cannot {verb} {unit}", key="unit-not-started", command=error.command,
            detail=tail(journal.stdout) or error.detail,
            next=[f"journalctl -u {unit}    why", "orchestrate resume    once it is mended"],
        ) from error  # fmt: skip
