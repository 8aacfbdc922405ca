"""What is said without a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """The commands by section, with what they are for, and what comes next here."""

    schema: Literal["orchestrate.welcome/1"] = "orchestrate.welcome/1"
    version: str
    commands: Mapping[str, Mapping[str, str]]
    next: tuple[str, ...]
