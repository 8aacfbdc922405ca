"""Application and tool must mean one database: jdbc-connect of dbcfg against its host=, port and name= (facts 24.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import UpgradePlan
from workflows.rules.by_hand import RIGHT, name_one

KEY = "dbcfg-differs"
TITLE = "dbcfg names one database"
WHY = "the web application is connected by jdbc-connect; the backend and every dump and update by host= and name="


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """Compared as the host resolves its names, and with the server's own port and socket."""
    del plan
    if (other := host.database.other_database()) is not None:
        yield Finding(
            KEY, Severity.INHIBITOR, TITLE, other.said, WHY, name_one(other, host.home_path, f"{RIGHT}; then orchestrate restart")
        )
    else:
        yield passed(KEY, TITLE, "jdbc-connect, host= and name= mean the same")
