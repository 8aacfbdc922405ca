"""The account of dbcfg may do what update files and the start of a release do: ALL on its own database (facts 5.2, 13.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import UpgradePlan

KEY = "database-rights"
TITLE = "OpenEMM's database account may change its database"


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """A right that is missing would show half-way through the SQL, with the application stopped."""
    del plan
    rights = host.database.missing_rights()
    if rights is None:
        yield Finding(KEY, Severity.UNKNOWN, TITLE, "its rights come by a role or a pattern and cannot be told")
    elif rights.missing:
        yield Finding(
            KEY, Severity.INHIBITOR, TITLE, f"{rights.account} lacks {', '.join(rights.missing)} on {rights.database}",
            "an update file would fail half-way", f'mariadb -e "GRANT ALL ON {rights.database}.* TO {rights.account}"',
        )  # fmt: skip
    else:
        yield passed(KEY, TITLE, f"{rights.account} has all rights on {rights.database}")
