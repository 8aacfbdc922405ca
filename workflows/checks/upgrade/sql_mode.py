"""The server's sql_mode (guide 3.8; what really matters: facts 13.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import UpgradePlan

KEY = "sql-mode"
TITLE = "the database server's sql_mode"
GUIDE = frozenset({"STRICT_ALL_TABLES", "NO_AUTO_CREATE_USER", "NO_ENGINE_SUBSTITUTION"})
BREAKS = frozenset({"ORACLE", "ANSI", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES"})
FIX = "set sql-mode=STRICT_ALL_TABLES,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION in the [mysqld] section and restart the server"


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """A mode that breaks the update files inhibits; one that only differs from the guide is a warning."""
    del plan
    mode = host.database.sql_mode()
    measured = ",".join(sorted(mode)) or "empty"
    if broken := mode & BREAKS:
        why = f"with {', '.join(sorted(broken))} the update files are read differently and fail"
        yield Finding(KEY, Severity.INHIBITOR, TITLE, measured, why, FIX)
    elif not mode >= GUIDE:
        yield Finding(KEY, Severity.WARNING, TITLE, measured, "the guide asks for exactly three modes (guide 3.8)", FIX)
    else:
        yield passed(KEY, TITLE, measured)
