"""A group called Administrator makes 24.10's migration fail with 1452: 24.10 lacks the right it is given (facts 20.3, 22.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding

GROUP = "Administrator"
LINE = "24.10"
SUBJECT = Subject(
    "administrator-group",
    "no group is called Administrator",
    f"the last SQL file of {LINE} gives such a group a right that {LINE} does not have, and fails",
    order=120,
)


def check(journey: Journey) -> Iterator[Finding]:
    """Only of a plan that comes to 24.10."""
    host, plan = journey.host, journey.plan
    if plan is None or all(hop.rules.line != LINE for hop in plan.hops):
        return
    if host.database.groups_named(GROUP):
        fix = f"rename the group {GROUP} in OpenEMM; behind {LINE} it may have its name again"
        yield SUBJECT.stops(f"there is a group {GROUP}", fix)
    else:
        yield SUBJECT.fine("none is")
