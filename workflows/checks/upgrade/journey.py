"""What every check of an upgrade is given."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.host import Host
from workflows.model.plans import UpgradePlan


@dataclass(frozen=True)
class Journey:
    """The host, and the way it is to go. plan: None while nobody has said where to."""

    host: Host
    plan: UpgradePlan | None = None
