"""Versions of OpenEMM and their release lines (facts 4)."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from workflows.model.errors import UsageError

_VERSION = re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{1,3})(?:\.(\d{1,3}))?)?(?:-hf(\d{1,3}))?", re.ASCII)


@functools.total_ordering
@dataclass(frozen=True)
class Version:
    """major.minor[.micro[.hotfix]], compared by number: 20.10.000.97 is before 20.10.000.152."""

    major: int
    minor: int
    micro: int | None = None
    hotfix: int | None = None

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read a version; the legacy suffix -hfN is its hotfix.

        Raises:
            UsageError: "version-malformed" when the text is no version.
        """
        match = _VERSION.fullmatch(text.strip())
        if match is None or (match[4] and match[5]) or (match[5] and not match[3]):
            raise UsageError(
                f"{text!r} is not a version of OpenEMM; one looks like 20.10 or 20.10.000.152",
                key="version-malformed",
                next=["orchestrate packages list    what the package source offers"],
            )
        hotfix = match[4] or match[5]
        return cls(
            int(match[1]),
            int(match[2]),
            int(match[3]) if match[3] else None,
            int(hotfix) if hotfix is not None else None,
        )

    @property
    def line(self) -> str:
        """The release line, YY.MM."""
        return f"{self.major:02d}.{self.minor:02d}"

    @property
    def dialect(self) -> str:
        """What its SQL folder, SQL files and mandatory list are called by: the vendor renamed them with 22.10 (facts 20.3)."""
        return "mariadb" if self.line >= "22.10" else "mysql"

    @property
    def is_line(self) -> bool:
        """True when only a line was named (20.10), not one release of it."""
        return self.micro is None

    def _key(self) -> tuple[int, int, int, int]:
        return (self.major, self.minor, self.micro or 0, self.hotfix or 0)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return NotImplemented
        return self._key() < other._key()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        text = self.line
        if self.micro is not None:
            text += f".{self.micro:03d}"
        if self.hotfix is not None:
            text += f".{self.hotfix:03d}"
        return text
