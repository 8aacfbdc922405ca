"""systemd's units."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestrator.command import PATH, CommandError, run, tail
from workflows.host.units import UnitState
from workflows.model.errors import WorkflowError

BOOTED = Path("/run/systemd/system")  # sd_booted(3)
SECONDS = 330.0  # a unit may take 300 s to start, and Sendmail without a full name takes 60
ENABLED = ("enabled", "enabled-runtime")
UNLIMITED = 2**64 - 1  # as systemd and ulimit mean it
_STATE = ("LoadState", "ActiveState", "UnitFileState", "ActiveEnterTimestampMonotonic", "InactiveEnterTimestampMonotonic")
_SOFT, _HARD = "DefaultLimitNOFILESoft", "DefaultLimitNOFILE"


class Systemd:
    """As `workflows.host.units.Units` asks for it."""

    def available(self) -> bool:
        """As sd_booted says."""
        return BOOTED.is_dir()

    def version(self) -> int:
        """As systemctl tells it."""
        match = re.search(r"\d+", run(["systemctl", "--version"], timeout=SECONDS).stdout) if self.available() else None
        return int(match[0]) if match else 0

    def state(self, unit: str) -> UnitState:
        """As systemctl shows it."""
        if not self.available():
            return UnitState(exists=False)
        values = _shown(*_STATE, unit=unit)
        return UnitState(
            exists=values.get("LoadState") == "loaded",
            enabled=values.get("UnitFileState") in ENABLED,
            state=values.get("ActiveState", "unknown"),
            started=_moment(values.get("ActiveEnterTimestampMonotonic", "")),
            ended=_moment(values.get("InactiveEnterTimestampMonotonic", "")),
        )

    def enable(self, unit: str) -> None:
        """At boot."""
        run(["systemctl", "--quiet", "enable", unit], timeout=SECONDS)

    def disable(self, unit: str) -> None:
        """Not at boot."""
        run(["systemctl", "--quiet", "disable", unit], timeout=SECONDS)

    def start(self, unit: str) -> None:
        """Now; a unit that failed before is given another chance."""
        _act("start", unit)

    def stop(self, unit: str) -> None:
        """Now; that it failed before is forgotten."""
        run(["systemctl", "stop", unit], timeout=SECONDS)
        run(["systemctl", "reset-failed", unit], timeout=SECONDS, expect=None)

    def restart(self, unit: str) -> None:
        """Starts one, too, that does not run."""
        _act("restart", unit)

    def stale(self, unit: str, paths: Sequence[str]) -> bool:
        """By when its main process began, and when the files' inodes last changed; both on the clock of now."""
        if not self.available():
            return False
        found = _shown("ActiveState", "ExecMainStartTimestampMonotonic", unit=unit)
        if found.get("ActiveState") != "active":
            return True
        age = time.clock_gettime(time.CLOCK_MONOTONIC) - int(found["ExecMainStartTimestampMonotonic"]) / 1e6
        began = time.time() - age
        return any(Path(path).stat().st_ctime > began for path in paths if Path(path).exists())

    def reload(self) -> None:
        """Nothing where systemd does not run."""
        if self.available():
            run(["systemctl", "daemon-reload"], timeout=SECONDS)

    def reload_needed(self, unit: str) -> bool:
        """As systemd says."""
        return self.available() and _shown("NeedDaemonReload", unit=unit).get("NeedDaemonReload") == "yes"

    def reexecute(self) -> None:
        """Services run on; nothing where systemd does not run."""
        if self.available():
            run(["systemctl", "daemon-reexec"], timeout=SECONDS)

    def verify(self, name: str, text: str) -> Sequence[str]:
        """What it says of other units is left out."""
        if not shutil.which("systemd-analyze", path=PATH):
            return []
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_text(text, encoding="utf-8")
            said = run(["systemd-analyze", "verify", str(path)], timeout=SECONDS, expect=None)
        return [line.replace(f"{folder}/", "") for line in tail(said.stderr) if name in line]

    def open_files(self) -> tuple[int, int] | None:
        """As systemd shows it."""
        if not self.available():
            return None
        shown = _shown(_SOFT, _HARD)
        return _limit(shown.get(_SOFT, shown[_HARD])), _limit(shown[_HARD])  # systemd 219 knows one value for both


def _act(verb: str, unit: str) -> None:
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


def _shown(*properties: str, unit: str = "") -> dict[str, str]:
    """What systemctl shows of a unit, or of systemd itself."""
    said = run(["systemctl", "show", f"--property={','.join(properties)}", *([unit] if unit else [])], timeout=SECONDS).stdout
    return dict(line.partition("=")[::2] for line in said.splitlines())


def _moment(text: str) -> datetime | None:
    """Microseconds of the monotonic clock; 0: not since the boot."""
    if not text.isdecimal() or text == "0":
        return None
    return datetime.now(UTC) - timedelta(seconds=time.monotonic() - int(text) / 1e6)


def _limit(text: str) -> int:
    return int(text) if text.isdecimal() else UNLIMITED
