"""The application that runs is the one the links name: an upgrade must not start from a version that never ran."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.errors import UsageError
from workflows.model.finding import Finding
from workflows.model.plans import Component
from workflows.model.version import Version

SUBJECT = Subject(
    "application-answers",
    "the application answers with the version that its links name",
    "a version that never started has not migrated the database (guide 7.3)",
    order=10,
)


def check(journey: Journey) -> Iterator[Finding]:
    """Compare version.action with the links (facts 8.6)."""
    host = journey.host
    linked = host.home.active().get(Component.FRONTEND)
    if linked is None:
        yield SUBJECT.stops("no frontend is linked in webapps/emm", "orchestrate status")
        return
    answer = host.application.version()
    if answer.status == 0:
        yield SUBJECT.warns(f"{linked} is linked, nothing answers", "orchestrate restart")
    elif not _same(answer.body.strip(), linked):
        measured = f"{linked} is linked, the application answers {answer.status} {answer.body.strip()[:40]!r}"
        yield SUBJECT.stops(measured, "orchestrate restart")
    else:
        yield SUBJECT.fine(f"answers {linked}")


def _same(body: str, linked: str) -> bool:
    try:
        return Version.parse(body) == Version.parse(linked)
    except UsageError:
        return False
