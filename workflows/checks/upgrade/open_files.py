"""emm.sh starts nothing where its user may have too few files open (facts 10.2 and 24.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.host.application import UNLIMITED
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import UpgradePlan
from workflows.rules.by_hand import raise_limit

KEY = "open-files"
TITLE = "the user of OpenEMM may have enough files open"


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """What its scripts really get, however that came about."""
    del plan
    files = host.application.open_files()
    if files.limit >= files.wanted:
        yield passed(KEY, TITLE, str(files.limit) if files.limit < UNLIMITED else "unlimited")
        return
    yield Finding(
        KEY, Severity.INHIBITOR, TITLE, f"{files.user} may have {files.limit} open",
        f"emm.sh ends below {files.wanted} and starts nothing", raise_limit(files), "guide 4.7",
    )  # fmt: skip
