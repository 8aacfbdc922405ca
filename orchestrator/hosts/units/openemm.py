"""OpenEMM's systemd unit (guide 9.1, facts 11): what systemd believes of it, and how it is held while a run is open."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from orchestrator.command import Result, run
from orchestrator.files import fsync_folder, small_text, write_atomic

SYSTEMD = Path("/run/systemd/system")  # sd_booted(3)
UNIT = "openemm.service"
HOLD = Path(f"/etc/systemd/system/{UNIT}.d/orchestrate-hold.conf")
DATABASES = ("mariadb.service", "mysql.service", "mysqld.service")
SESSIONS = "systemd-user-sessions.service"  # what drives a run is stopped before it, whether a session or a unit of ours
ORDERED = 236  # the first systemd whose systemd-run orders what it starts
ASK_SECONDS = 30.0
_BELIEVED = ("active", "activating", "reloading", "deactivating")
_RUN = re.compile(r"^# Written by orchestrate while run (\w+) is open", re.MULTILINE)


class Unit:
    """The unit of one home. A host without systemd or without the unit, or who may not ask, has none: then nothing is done."""

    def __init__(self, home: Path) -> None:
        """Name the home; nothing is asked yet."""
        self._homes = (f"{home}/", f"{home.resolve()}/")

    def ours(self) -> bool:
        """Whether there is a unit that starts this home, and not that of another one beside it."""
        return self._asked() is not None

    def believed_up(self) -> bool:
        """Whether systemd takes OpenEMM for started. It does not look at processes: the unit is a oneshot that stays."""
        asked = self._asked()
        return asked is not None and asked.get("ActiveState") in _BELIEVED

    def start(self, timeout: float) -> Result:
        """Start it, and with it what it finds not running; its exit code proves nothing (facts 11)."""
        return run(["systemctl", "start", UNIT], timeout=timeout, expect=None)

    def stop(self, timeout: float) -> Result:
        """Stop it; for who has seen OpenEMM's processes gone before, so that systemd has none to kill."""
        return run(["systemctl", "stop", UNIT], timeout=timeout, expect=None)

    def hold(self, run_id: str, *, to_come: bool = False) -> None:
        """Keep systemd from starting it, at a boot or by hand, until `release`; survives a power cut.

        to_come: the unit need not be there yet, the run is about to make it.
        """
        if not (self.ours() or (to_come and _may_ask())) or self.holder() == run_id:
            return
        HOLD.parent.mkdir(mode=0o755, exist_ok=True)
        write_atomic(HOLD, _hold_text(run_id, self._homes[0]), 0o644)
        fsync_folder(HOLD.parent.parent)
        _reload()

    def release(self) -> None:
        """Let systemd start it again. The unit's condition is the file itself: it holds no longer than that is there."""
        if not self._held():
            return
        HOLD.unlink()
        fsync_folder(HOLD.parent)
        if not any(HOLD.parent.iterdir()):
            HOLD.parent.rmdir()
        _reload()

    def holder(self) -> str | None:
        """The run that holds it; None: it is not held."""
        if not self._held():
            return None
        found = _RUN.search(small_text(HOLD, errors="replace"))
        return found[1] if found else "unknown"

    def _held(self) -> bool:
        """Whether there is a hold that is of this home's unit, which may be gone again, or be still to come."""
        if not HOLD.exists():
            return False
        text = small_text(HOLD, errors="replace")
        return any(f"# home {home}\n" in text for home in self._homes) or self.ours()

    def _asked(self) -> dict[str, str] | None:
        if not _may_ask():
            return None
        said = run(["systemctl", "show", UNIT, "--property=LoadState,ActiveState,ExecStart"], timeout=ASK_SECONDS).stdout
        found = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        starts = found.get("ExecStart", "")
        return found if found.get("LoadState") == "loaded" and any(home in starts for home in self._homes) else None


def in_a_scope(args: list[str], what: str) -> list[str]:
    """The command, for what it starts to live in a control group of its own where there is a systemd.

    Else it would be killed with the unit of a detached run as soon as that ends, and belong to the session of another. At a
    shutdown it is stopped after the run has paused, so that no start is cut off in its middle, and before the database.
    """
    if not _may_ask():
        return args
    name = f"openemm-{what}-{secrets.token_hex(4)}.scope"
    order = [f"--property=Before={SESSIONS}", f"--property=After={' '.join(DATABASES)}"] if version() >= ORDERED else []
    return ["systemd-run", "--scope", "--quiet", f"--unit={name}", f"--description=OpenEMM {what}", *order, *args]


def _may_ask() -> bool:
    return os.geteuid() == 0 and SYSTEMD.is_dir()


def version() -> int:
    """The version of this host's systemd."""
    found = re.match(r"systemd (\d+)", run(["systemctl", "--version"], timeout=ASK_SECONDS).stdout)
    return int(found[1]) if found else 0


def _hold_text(run_id: str, home: str) -> str:
    return (
        f"# Written by orchestrate while run {run_id} is open: no boot may start OpenEMM in the middle of it.\n"
        f"# `orchestrate resume {run_id}` and `orchestrate abort {run_id}` take this file away at their end.\n"
        f"# home {home}\n"
        f"[Unit]\nConditionPathExists=!{HOLD}\n"
    )


def _reload() -> None:
    run(["systemctl", "daemon-reload"], timeout=ASK_SECONDS)
