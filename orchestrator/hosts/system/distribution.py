"""Which distribution this is: the one reader of /etc/os-release."""

from __future__ import annotations

import shlex
from pathlib import Path

from workflows.host.system import Distribution, Family

OS_RELEASE = Path("/etc/os-release")
FAMILIES = {
    Family.RHEL: ("rhel", "centos", "fedora", "rocky", "almalinux", "ol"),
    Family.SUSE: ("suse", "sles", "opensuse", "opensuse-leap", "sled"),
    Family.DEBIAN: ("debian",),
}


def read() -> Distribution:
    """Of this host. The ID tells the family, else the first known word of ID_LIKE; Ubuntu is none of ours."""
    text = OS_RELEASE.read_text(encoding="utf-8", errors="replace") if OS_RELEASE.is_file() else ""
    return parse_os_release(text)


def parse_os_release(text: str) -> Distribution:
    """What an os-release file says."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    values = {name.strip(): " ".join(shlex.split(value)) for name, _, value in pairs}
    known = values.get("ID", "")
    words = [known] if known == "ubuntu" else [known, *values.get("ID_LIKE", "").split()]
    family = next((family for word in words for family, ids in FAMILIES.items() if word in ids), None)
    return Distribution(known, values.get("VERSION_ID", ""), family, values.get("PRETTY_NAME", known))
