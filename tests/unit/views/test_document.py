"""How a view becomes its document."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from orchestrator.views.document import as_document, optional


class Colour(enum.StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Part:
    from_: str | None
    taken: datetime

    @property
    def said(self) -> str:
        return "not a field"


@dataclass(frozen=True, kw_only=True)
class Whole:
    schema: Literal["orchestrate.whole/1"] = "orchestrate.whole/1"
    colour: Colour
    parts: tuple[Part, ...]
    by_name: dict[str, Part | None]
    more: str | None = optional()


def test_a_document_has_the_fields_in_their_order_and_times_in_utc() -> None:
    noon = datetime(2026, 11, 22, 12, 0, 0, 999, timezone(timedelta(hours=1)))
    part = Part(None, noon)
    told = {"from": None, "taken": "2026-11-22T11:00:00Z"}
    whole = {"schema": "orchestrate.whole/1", "colour": "red", "parts": [told], "by_name": {"a": told, "b": None}}
    document = as_document(Whole(colour=Colour.RED, parts=(part,), by_name={"a": part, "b": None}))
    assert json.dumps(document) == json.dumps(whole)


def test_what_is_optional_is_left_out_while_it_is_none() -> None:
    whole = Whole(colour=Colour.RED, parts=(), by_name={}, more="x")
    assert as_document(whole)["more"] == "x"
    assert "more" not in as_document(Whole(colour=Colour.RED, parts=(), by_name={}))
    assert as_document(Part("a", datetime(2026, 1, 1, tzinfo=UTC)))["from"] == "a"
