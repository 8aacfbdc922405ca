"""What became of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """A host in a folder, after sandbox create, destroy, start or stop."""

    schema: Literal["orchestrate.sandbox/1"] = "orchestrate.sandbox/1"
    changed: bool
    folder: str
    state: Literal["created", "destroyed", "started", "stopped"]
