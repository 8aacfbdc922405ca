"""What happens in a run, as it is told while it happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Literal

from orchestrator.runs.events import Event
from orchestrator.views.document import Stamp


@dataclass(frozen=True, kw_only=True)
class EventLine:
    """A line of a run that is driven or followed with --json."""

    schema: Literal["orchestrate.event/1"] = "orchestrate.event/1"
    time: Stamp
    run: str
    kind: str
    step: str | None
    data: Mapping[str, Any]

    @classmethod
    def of(cls, event: Event) -> EventLine:
        """The event as it is told."""
        time = event.time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return cls(time=time, run=event.run, kind=str(event.kind), step=event.step, data=event.data)
