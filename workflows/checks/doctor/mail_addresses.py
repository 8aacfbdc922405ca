"""The addresses OpenEMM sends from and gets bounces at (facts 8.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding

MARKER = "[to be defined]"
CLASS = "mailaddress."
SUBJECT = Subject(
    "mail-addresses", "OpenEMM's own addresses are set", "mails of OpenEMM itself have no sender that would be accepted",
    "guide 5.4", order=210,
)  # fmt: skip


def check(visit: Visit) -> Iterator[Finding]:
    """None of mailaddress.* in the database is empty or the marker of the installation."""
    rows = {key: values for key, values in visit.host.database.config().items() if key.startswith(CLASS)}
    unset = [key for key, values in rows.items() if any(not value or MARKER in value for _, value in values)]
    if unset:
        fix = f"orchestrate config set {unset[0]} ADDRESS" + ("    and the others" if len(unset) > 1 else "")
        yield SUBJECT.warns(f"not set: {', '.join(unset)}", fix)
    else:
        yield SUBJECT.fine(f"{len(rows)} are set" if rows else "this release keeps them in emm.properties")
