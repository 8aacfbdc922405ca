"""A backup counts when it can be restored: an account that may create databases, and a scratch server (DESIGN 3.9)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.finding import Finding, passed
from workflows.model.plans import UpgradePlan

KEY = "restore-possible"
TITLE = "a dump can be made and restored here"


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """Prove it; an error becomes a finding with the error's own key."""
    del plan
    host.backups.can_restore()
    yield passed(KEY, TITLE, "databases can be created, a scratch server can run")
