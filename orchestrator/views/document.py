"""What a command tells: one typed value, which its page shows and --json prints.

A view is a frozen dataclass whose first field, `schema`, names its document. script/docs makes the JSON schema from its types,
with the text below a field as its description; a name of Python's own ends with an underscore, which the document leaves out.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

OPTIONAL = "optional"


class View(Protocol):
    """A whole document."""

    @property
    def schema(self) -> str:
        """Its name and version: "orchestrate.status/1"."""


class Says:
    """What a JSON schema says of a type that Python has no word for. Nothing at run time."""

    def __init__(self, **words: Any) -> None:
        self._words = words

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        """The type's schema, and the words."""
        return {**handler(core), **self._words}


Count = Annotated[int, Says(minimum=0)]
Stamp = Annotated[str, Says(format="date-time")]  # a time that is finer than a second, as text


def optional() -> Any:
    """A field that the document does not have while it is None; elsewhere None is told as null."""
    return field(default=None, metadata={OPTIONAL: True})


def as_document(value: Any) -> Any:
    """A view, or a part of one, as JSON has it."""
    if is_dataclass(value):
        parts = ((one, getattr(value, one.name)) for one in fields(value))
        told = ((one, part) for one, part in parts if part is not None or OPTIONAL not in one.metadata)
        return {one.name.removesuffix("_"): as_document(part) for one, part in told}
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: as_document(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_document(part) for part in value]
    return value


def iso(time: datetime) -> str:
    """A time as JSON carries it: "2026-11-22T02:09:31Z"."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
