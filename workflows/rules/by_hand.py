"""Commands that an administrator gives as root, and that more than one place tells."""

from __future__ import annotations

from workflows.host.application import UNLIMITED, OpenFiles
from workflows.host.database import OtherDatabase

NOFILE = 16384  # guide 4.7; emm.sh asks for 16348
LIMITS = "/etc/security/limits.d/90-openemm.conf"
RIGHT = "when the others are right"
SELINUX_OFF = "sed -i 's/^SELINUX=.*/SELINUX=disabled/' /etc/selinux/config"


def as_owner(home: str, command: str, remark: str) -> str:
    """A script of the home as OpenEMM's user: what root starts runs as root, and writes files that the user may not."""
    return f"runuser -l $(stat -Lc %U {home}) -c '{command}'    {remark}"


def name_one(other: OtherDatabase, home: str, remark: str = RIGHT) -> str:
    """The command that makes jdbc-connect name what the rest of dbcfg names."""
    value = other.wanted.replace("&", "\\&")
    return f"sed -i 's|jdbc-connect=[^,]*|jdbc-connect={value}|' {home}/etc/dbcfg    {remark}"


def raise_limit(files: OpenFiles) -> str:
    """The command that gives the user what the guide wants, from its next process on; a hard limit that is higher stays.

    Both are set: without a hard one pam_limits leaves the soft one as it is.
    """
    number = max(NOFILE, files.wanted)
    hard = number if files.hard >= UNLIMITED else max(number, files.hard)
    return f"printf '%s\\n' '{files.user} soft nofile {number}' '{files.user} hard nofile {hard}' >> {LIMITS}"
