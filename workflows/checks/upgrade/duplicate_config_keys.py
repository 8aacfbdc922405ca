"""Twice the same key in config_tbl makes update 20.01.407 fail with 1062 (facts 5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import UpgradePlan

KEY = "duplicate-config-keys"
TITLE = "no key stands twice in config_tbl"
UPDATE = "20.01.407"


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """Only while that update is still to come."""
    del plan
    if UPDATE in host.database.versions():
        return
    if keys := host.database.duplicate_config_keys():
        name = keys[0].partition(" on ")[0]
        look = f"mariadb openemm -e \"SELECT * FROM config_tbl WHERE CONCAT(class, '.', name) = '{name}'\""  # noqa: S608 a text
        yield Finding(
            KEY, Severity.INHIBITOR, TITLE, f"twice: {', '.join(keys[:6])}",
            f"update {UPDATE} makes (class, name, hostname) unique and would fail half-way",
            f"{look}    then DELETE the row that is not meant, with LIMIT 1",
        )  # fmt: skip
    else:
        yield passed(KEY, TITLE, "each key once")
