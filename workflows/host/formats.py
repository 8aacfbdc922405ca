"""What a workflow may ask of the format of a host's tables (guide 7.6, facts 5.7). Beside host.py, which is long enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

COMPACT, DYNAMIC = "Compact", "Dynamic"


@dataclass(frozen=True)
class Formats:
    """How the tables of the database are stored.

    server: its version. view: the table of information_schema that told it. counts: tables by row format. compact: bytes by
    name of those in format Compact, in the order of names.
    """

    database: str
    server: str
    view: str
    counts: Mapping[str, int]
    compact: Mapping[str, int]


class TableFormats(Protocol):
    """The row formats of OpenEMM's tables."""

    def look(self) -> Formats:
        """Count them, as InnoDB itself knows them; needs the right PROCESS."""

    def convert(self, table: str) -> None:
        """Convert one table to Dynamic; waits until an earlier conversion that was cut off has come to its end.

        May be run again after having been cut off anywhere; rows stay as they are, also when it fails.
        """


@runtime_checkable
class HasTableFormats(Protocol):
    """A host whose tables have formats."""

    @property
    def formats(self) -> TableFormats:
        """The row formats of OpenEMM's tables."""
