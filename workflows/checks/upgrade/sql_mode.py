"""The server's sql_mode (guide 3.8; what really matters: facts 13.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding

GUIDE = frozenset({"STRICT_ALL_TABLES", "NO_AUTO_CREATE_USER", "NO_ENGINE_SUBSTITUTION"})
BREAKS = frozenset({"ORACLE", "ANSI", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES"})
FIX = "set sql-mode=STRICT_ALL_TABLES,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION in the [mysqld] section and restart the server"
SUBJECT = Subject("sql-mode", "the database server's sql_mode", "the guide asks for exactly three modes (guide 3.8)", order=90)


def check(journey: Journey) -> Iterator[Finding]:
    """A mode that breaks the update files inhibits; one that only differs from the guide is a warning."""
    host = journey.host
    mode = host.database.sql_mode()
    measured = ",".join(sorted(mode)) or "empty"
    if broken := mode & BREAKS:
        why = f"with {', '.join(sorted(broken))} the update files are read differently and fail"
        yield SUBJECT.but(why=why).stops(measured, FIX)
    elif not mode >= GUIDE:
        yield SUBJECT.warns(measured, FIX)
    else:
        yield SUBJECT.fine(measured)
