"""The database can be reached with what dbcfg says (facts 5.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.finding import Finding, passed
from workflows.model.plans import UpgradePlan

KEY = "database-answers"
TITLE = "the database answers"


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """Connect and ask; an error becomes a finding with the error's own key."""
    del plan
    yield passed(KEY, TITLE, f"server {host.database.ping()}")
