"""SHA256SUMS files as sha256sum of coreutils writes and checks them: a line ends at a newline and at nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping

from orchestrator.releases.errors import SourceError

FILE = "SHA256SUMS"
_LINE = re.compile(r"(?P<digest>[0-9A-Fa-f]{64}) [ *](?:\./)?(?P<file>\S.*)")


def parse_sums(text: str, where: str) -> dict[str, str]:
    """File name to digest (lower-case hex). Empty lines and lines that begin with # are no entries.

    Raises:
        SourceError: "sums-malformed" when any other line is not "digest  name", or a name has two digests: a list that cannot
            be read in full must not pass for one that names nothing.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        entry = line.rstrip(" \t\r")
        if not entry or entry.startswith("#"):
            continue
        match = _LINE.fullmatch(entry)
        if match is None:
            raise malformed_sums(f"line {number} of {where} is not a digest and a file name")
        merge_sums(found, {match["file"]: match["digest"].lower()}, where)
    return found


def merge_sums(known: dict[str, str], more: Mapping[str, str], where: str) -> None:
    """Add entries to those known.

    Raises:
        SourceError: "sums-malformed" when a file would have two different digests.
    """
    for file, digest in more.items():
        if known.setdefault(file, digest) != digest:
            raise malformed_sums(f"{where} gives {file} a second, different digest")


def malformed_sums(what: str) -> SourceError:
    """The error for a list of digests that cannot be read in full."""
    return SourceError(
        f"cannot trust the package source: {what}",
        key="sums-malformed",
        unharmed=["nothing was changed"],
        next=["sha256sum *.tar.gz > SHA256SUMS    makes one"],
    )
