"""Units of systemd, as it tells them: whether a service really runs is told by its process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class UnitState:
    """How a unit stands, and how it came to it.

    state: active, inactive, failed, ... started, ended: when it last became active, and ceased to be; None: not since the boot.
    """

    exists: bool
    enabled: bool = False
    state: str = "inactive"
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it was started and not stopped since, or is about to be."""
        return self.state in ("active", "activating", "reloading", "deactivating")


class Units(Protocol):
    """systemd; where it does not run this host there is no unit."""

    def available(self) -> bool:
        """Whether systemd runs this host."""

    def version(self) -> int:
        """Systemd's own; 0 where it does not run."""

    def state(self, unit: str) -> UnitState:
        """How it stands."""

    def enable(self, unit: str) -> None:
        """Start it at boot."""

    def disable(self, unit: str) -> None:
        """Start it no longer at boot."""

    def start(self, unit: str) -> None:
        """Start it now; proves nothing.

        Raises:
            WorkflowError: "unit-not-started" with what its journal says.
        """

    def stop(self, unit: str) -> None:
        """Stop it now; proves nothing."""

    def restart(self, unit: str) -> None:
        """Restart a service whose configuration was changed.

        Raises:
            WorkflowError: "unit-not-started".
        """

    def stale(self, unit: str, paths: Sequence[str]) -> bool:
        """Whether a service does not run, or runs since before one of these files became what it is."""

    def reload(self) -> None:
        """Let systemd read its unit files again."""

    def reload_needed(self, unit: str) -> bool:
        """Whether a unit file was changed since systemd read it."""

    def reexecute(self) -> None:
        """Let systemd read its own settings again."""

    def verify(self, name: str, text: str) -> Sequence[str]:
        """What systemd-analyze says against a unit of that name with this text, a line each; nothing is put in place."""

    def open_files(self) -> tuple[int, int] | None:
        """Soft and hard limit of open files that a service gets; None where systemd does not run."""
