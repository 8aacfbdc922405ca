"""Whether what was found on a host will do for what a release line needs.

A need is "NAME VERSION", or VERSION alone where there is only one thing to have. VERSION is a beginning ("10.1" is met by
10.1.48), ">=VERSION", or ">=VERSION <VERSION".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NEED = re.compile(r"(?:(?P<name>[A-Za-z]+)\s*)?(?P<least>>=)?(?P<version>[\d.]*)(?:\s*<(?P<below>[\d.]+))?")
_FOUND = re.compile(r"(?:(?P<name>[A-Za-z][\w-]*)\s*)?(?P<version>\d[\d.]*)?")


def meets(any_of: Iterable[str], found: str) -> bool | None:
    """Whether what was found meets one of these needs; None when what was found does not say enough.

    Args:
        any_of: the needs.
        found: a version ("9.0.43"), a name with a version ("postfix 3.5.8") or a name.
    """
    answers = [_meets(need, found) for need in any_of]
    return True if True in answers else None if None in answers else False


def _meets(need: str, found: str) -> bool | None:
    wanted, there = _NEED.fullmatch(need), _FOUND.match(found.strip())
    if wanted is None or there is None or (wanted["name"] and not there["name"]):
        return None
    if wanted["name"] and wanted["name"].lower() != there["name"].lower():
        return False
    if not wanted["version"] or not there["version"]:
        return None if wanted["version"] else True
    needed, have = _numbers(wanted["version"]), _numbers(there["version"])
    if len(needed) == 1 and have[0] == 1:
        have = have[1:]  # Java 8 calls itself 1.8
    if wanted["below"] and have >= _numbers(wanted["below"]):
        return False
    return have >= needed if wanted["least"] else have[: len(needed)] == needed


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part)
