"""Errors that the database itself has noted: its triggers and procedures write them down (facts 10.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding

SUBJECT = Subject(
    "database-errors", "the database has noted no errors", "what OpenEMM's procedures do may be left half done", order=230
)


def check(visit: Visit) -> Iterator[Finding]:
    """Rows of emm_db_errorlog_tbl."""
    rows = visit.host.database.error_log_count()
    if rows:
        fix = "mariadb openemm -e 'SELECT * FROM emm_db_errorlog_tbl'    what they are"
        yield SUBJECT.warns(f"{rows} rows in emm_db_errorlog_tbl", fix)
    else:
        yield SUBJECT.fine("none")
