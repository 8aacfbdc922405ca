"""Whether mail is being sent now; the gate will wait for it (facts 7)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import UpgradePlan
from workflows.rules.window import HORIZON

KEY = "dispatch-idle"
TITLE = "no mail is being sent"


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """A warning only: the run waits by itself."""
    del plan
    active = [*host.database.dispatches(HORIZON), *host.application.pending_mail()]
    if active:
        yield Finding(
            KEY, Severity.WARNING, TITLE, "; ".join(dispatch.what for dispatch in active[:4]),
            "nothing is stopped while mail is being sent", "the upgrade waits for it; --window HH:MM-HH:MM chooses the time",
        )  # fmt: skip
    else:
        yield passed(KEY, TITLE, "idle")
