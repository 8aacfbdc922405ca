"""The message of the day, which pam_motd(8) shows at a login: a file of ours beside those of others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestrator.files import write_atomic

FILE = Path("/etc/motd.d/openemm-orchestrator")  # not /run/motd.d: it matters most after a reboot


def write(lines: Sequence[str]) -> None:
    """Show these lines at every login.

    Raises:
        OSError: the file cannot be written.
    """
    FILE.parent.mkdir(mode=0o755, exist_ok=True)
    write_atomic(FILE, "".join(f"{line}\n" for line in lines), 0o644)


def remove() -> None:
    """Show nothing any more; again is nothing to do.

    Raises:
        OSError: the file cannot be removed.
    """
    FILE.unlink(missing_ok=True)
