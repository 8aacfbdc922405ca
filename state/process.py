"""What tells a process from another that got its number later."""

from __future__ import annotations

from pathlib import Path


def process_start(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when there is none, or only a dead one not yet reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in {"Z", "X"} else int(fields[19])
