"""A group called Administrator makes 24.10's migration fail with 1452: 24.10 lacks the right it is given (facts 20.3, 22.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import UpgradePlan

KEY = "administrator-group"
TITLE = "no group is called Administrator"
GROUP = "Administrator"
LINE = "24.10"


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """Only of a plan that comes to 24.10."""
    if plan is None or all(hop.rules.line != LINE for hop in plan.hops):
        return
    if host.database.groups_named(GROUP):
        yield Finding(
            KEY, Severity.INHIBITOR, TITLE, f"there is a group {GROUP}",
            f"the last SQL file of {LINE} gives such a group a right that {LINE} does not have, and fails",
            f"rename the group {GROUP} in OpenEMM; behind {LINE} it may have its name again",
        )  # fmt: skip
    else:
        yield passed(KEY, TITLE, "none is")
