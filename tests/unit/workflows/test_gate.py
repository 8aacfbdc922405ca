"""When mail may be stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from workflows.host.database import Dispatch
from workflows.model.errors import UsageError
from workflows.model.plans import GateOptions, Hop, LineRules, Release
from workflows.model.step import Done, Waiting
from workflows.rules.window import inside, parse_window
from workflows.steps.application.gate import WaitForDispatch

NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
SENDING = Dispatch("sending", "mailing 4711 is being sent", 4711)
PLANNED = Dispatch("planned", "mailing 4712 is planned for 02:45", 4712)


@pytest.mark.parametrize(
    ("window", "hour", "answer"),
    [
        ("01:30-04:00", 2, True),
        ("01:30-04:00", 4, False),
        ("23:00-03:00", 2, True),
        ("23:00-03:00", 12, False),
        ("02:00-02:30", 2, True),
    ],
)
def test_a_window_may_pass_midnight(window: str, hour: int, answer: bool) -> None:
    assert inside(window, NOW.replace(hour=hour, minute=0)) is answer


@pytest.mark.parametrize("text", ["", "2-4-6", "25:00-26:00", "night", "01:30"])
def test_a_malformed_window_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_window(text)
    assert raised.value.error_key == "window-malformed"


def ask(number: int, gate: GateOptions, database: list[Dispatch], disk: tuple[Dispatch, ...] = (), now: datetime = NOW) -> Any:
    hop = Hop(number, "19.10.000.170", Release("20.04.000.200", ()), LineRules("20.04"), final=False)
    host = SimpleNamespace(
        database=SimpleNamespace(dispatches=lambda horizon: [d for d in database if horizon or d.key != "planned"]),
        system=SimpleNamespace(local_time=lambda: now),
        application=SimpleNamespace(pending_mail=lambda: disk),
    )
    return WaitForDispatch(hop, gate).do(SimpleNamespace(host=host))


def test_an_idle_host_may_be_stopped() -> None:
    assert isinstance(ask(1, GateOptions(), []), Done)


def test_the_gate_says_what_it_waits_for() -> None:
    answer = ask(1, GateOptions(), [SENDING, PLANNED])
    assert isinstance(answer, Waiting)
    assert answer.reason == "mailing 4711 is being sent, and 1 more"


def test_blocks_on_the_disk_shut_the_gate_too() -> None:
    assert isinstance(ask(1, GateOptions(), [], (Dispatch("blocks", "12 blocks of mailing 7 wait to be sent"),)), Waiting)


def test_blocks_planned_for_later_are_safe_on_the_disk() -> None:
    assert isinstance(ask(1, GateOptions(), [], (PLANNED,)), Done)


def test_outside_the_window_nothing_is_stopped() -> None:
    answer = ask(1, GateOptions(window="01:00-02:00"), [])
    assert isinstance(answer, Waiting)
    assert "01:00-02:00" in answer.reason
    assert isinstance(ask(1, GateOptions(window="01:00-02:00"), [], now=NOW - timedelta(hours=1)), Done)


def test_a_later_hop_finds_mail_down_and_waits_for_no_window_and_no_plan() -> None:
    assert isinstance(ask(2, GateOptions(window="01:00-02:00"), [PLANNED]), Done)
    assert isinstance(ask(2, GateOptions(), [SENDING]), Waiting)


def test_an_ignored_dispatch_is_recorded() -> None:
    answer = ask(1, GateOptions(ignore_dispatch=True), [SENDING])
    assert [note.kind for note in answer.ledger] == ["dispatch-ignored"]
    assert answer.ledger[0].evidence == {"dispatches": ["mailing 4711 is being sent"]}
