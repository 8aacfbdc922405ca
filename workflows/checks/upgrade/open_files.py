"""emm.sh starts nothing where its user may have too few files open (facts 10.2 and 24.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.host.application import UNLIMITED, OpenFiles
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import UpgradePlan

KEY = "open-files"
TITLE = "the user of OpenEMM may have enough files open"
LIMITS = "/etc/security/limits.d/90-openemm.conf"
NOFILE = 16384  # guide 4.7; emm.sh asks for 16348


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


def raise_limit(files: OpenFiles) -> str:
    """The command that gives the user what the guide wants, from its next process on; a hard limit that is higher stays.

    Both are set: without a hard one pam_limits leaves the soft one as it is.
    """
    number = max(NOFILE, files.wanted)
    hard = number if files.hard >= UNLIMITED else max(number, files.hard)
    return f"printf '%s\\n' '{files.user} soft nofile {number}' '{files.user} hard nofile {hard}' >> {LIMITS}"
