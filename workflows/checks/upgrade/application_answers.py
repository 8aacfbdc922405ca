"""The application that runs is the one the links name: an upgrade must not start from a version that never ran."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.errors import UsageError
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import Component, UpgradePlan
from workflows.model.version import Version

KEY = "application-answers"
TITLE = "the application answers with the version that its links name"
WHY = "a version that never started has not migrated the database (guide 7.3)"


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """Compare version.action with the links (facts 8.6)."""
    del plan
    linked = host.home.active().get(Component.FRONTEND)
    if linked is None:
        yield Finding(KEY, Severity.INHIBITOR, TITLE, "no frontend is linked in webapps/emm", WHY, "orchestrate status")
        return
    answer = host.application.version()
    if answer.status == 0:
        yield Finding(KEY, Severity.WARNING, TITLE, f"{linked} is linked, nothing answers", WHY, "orchestrate restart")
    elif not _same(answer.body.strip(), linked):
        measured = f"{linked} is linked, the application answers {answer.status} {answer.body.strip()[:40]!r}"
        yield Finding(KEY, Severity.INHIBITOR, TITLE, measured, WHY, "orchestrate restart")
    else:
        yield passed(KEY, TITLE, f"answers {linked}")


def _same(body: str, linked: str) -> bool:
    try:
        return Version.parse(body) == Version.parse(linked)
    except UsageError:
        return False
