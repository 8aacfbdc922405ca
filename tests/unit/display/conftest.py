"""A run to show, and its events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from orchestrator.display.sentences import step_title
from orchestrator.runs.events import Event
from state.records import RunRecord, StepRecord

BEGAN = datetime(2026, 11, 22, 2, 0, 0, tzinfo=UTC)
STEPS = ["fetch", "stage", "hop1.wait-for-dispatch", "hop1.stop", "hop1.database", "hop1.links", "hop1.start",
         "hop2.stop", "hop2.start", "mark-good"]  # fmt: skip


class MakeRun(Protocol):
    def __call__(self, state: str = "running", **changes: Any) -> RunRecord: ...


class MakeEvent(Protocol):
    def __call__(self, kind: str, step: str | None = None, after: float = 0.0, **data: Any) -> Event: ...


@pytest.fixture
def run() -> MakeRun:
    def make(state: str = "running", **changes: Any) -> RunRecord:
        values: dict[str, Any] = {
            "id": "7K3Q", "site": "mail1", "workflow": "upgrade", "state": state, "position": None, "options": {},
            "plan": {"source": "19.10.000.170", "target": "20.10.000.152"}, "actor": {"user": "root", "sudo_user": "admin"},
            "reason": None, "tool_version": "0.1.0", "created": BEGAN, "started": BEGAN, "ended": None, "headline": None,
            "revision": 1, "steps": tuple(StepRecord(name, step_title(name), at) for at, name in enumerate(STEPS)),
        }  # fmt: skip
        return RunRecord(**{**values, **changes})

    return make


@pytest.fixture
def event() -> MakeEvent:
    def make(kind: str, step: str | None = None, after: float = 0.0, **data: Any) -> Event:
        return Event(BEGAN + timedelta(seconds=after), "7K3Q", kind, step, data)

    return make
