"""The backend makes the mails: its services must run (facts 11)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding
from workflows.rules.by_hand import as_owner
from workflows.rules.services import MAKE_MAIL

UP = ("ok", "running")
RESTART = "orchestrate restart    with --ignore-dispatch when it waits for mail that nobody sends"
SUBJECT = Subject(
    "backend-services",
    "the backend's services run",
    "the backend generates mails and hands them to the mail server",
    order=90,
)


def check(visit: Visit) -> Iterator[Finding]:
    """There is a process, and its own script says running of each service."""
    home = visit.host.home_path
    script = f"{home}/bin/backend.sh"
    if not visit.host.application.state().backend:
        starts = as_owner(home, f"{script} start", "a restart leaves stopped what was stopped")
        yield SUBJECT.stops("no process of the backend runs", starts)
        return
    states = visit.host.application.services()
    if not states:
        asks = as_owner(home, f"{script} status", "what it says")
        yield SUBJECT.unknown("a process runs, but backend.sh status tells nothing of the services", asks)
        return
    down = {name: state for name, state in states.items() if state not in UP and name != "mta"}
    if not down:
        yield SUBJECT.fine(f"{len(states)} services")
        return
    told = ", ".join(f"{name} {state}" for name, state in down.items())
    found = SUBJECT.stops if MAKE_MAIL & down.keys() else SUBJECT.warns
    yield found(told, RESTART)
