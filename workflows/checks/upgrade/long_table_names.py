"""A long table name with a foreign collation makes update 20.04.394 fail with 1406 (facts 5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import UpgradePlan

KEY = "long-table-names"
TITLE = "table names fit the collation update"
UPDATE = "20.04.394"


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """Only while that update is still to come."""
    del plan
    if UPDATE in host.database.versions():
        return
    if tables := host.database.long_table_names():
        yield Finding(
            KEY, Severity.INHIBITOR, TITLE, f"over 32 characters: {', '.join(tables[:4])}",
            f"update {UPDATE} keeps names in a column of 32 characters and would fail half-way",
            f"mariadb openemm -e 'ALTER TABLE `{tables[0]}` CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci'",
        )  # fmt: skip
    else:
        yield passed(KEY, TITLE, "none over 32 characters")
