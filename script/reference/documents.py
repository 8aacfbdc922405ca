"""json/*.json, the schemas of what --json prints, from the views."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

from markdown import opening
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from settings import told

from orchestrator import views
from orchestrator.views.document import OPTIONAL

FOLDER = "json"


class Schemas(GenerateJsonSchema):
    """Nothing but what is told may stand in a document; the words below the fields say what it means."""

    def dataclass_schema(self, schema: Any) -> dict[str, Any]:
        """The schema of a view or of a part of one."""
        made = super().dataclass_schema(schema)
        kind, properties = schema["cls"], {}
        said = told(kind)
        for field in fields(kind):
            one = made["properties"][field.name]
            one = {name: value for name, value in one.items() if name not in {"title", "default"}}
            if OPTIONAL in field.metadata:
                one = next(part for part in one["anyOf"] if part != {"type": "null"})
            properties[field.name.removesuffix("_")] = {**one, "description": said[field.name]} if field.name in said else one
        required = [field.name.removesuffix("_") for field in fields(kind) if OPTIONAL not in field.metadata]
        return {
            "type": "object", "description": opening(kind.__doc__), "properties": properties, "required": required,
            "additionalProperties": False,
        }  # fmt: skip

    def enum_schema(self, schema: Any) -> dict[str, Any]:
        """The values."""
        return {"enum": [member.value for member in schema["members"]]}

    def sort(self, value: Any, parent_key: str | None = None) -> Any:
        """As the fields stand."""
        del parent_key
        return value


def pages() -> dict[str, str]:
    """By name, the schema of every document."""
    return {f"{FOLDER}/{name}.json": json.dumps(_schema(name, kind), indent=2) + "\n" for name, kind in _documents()}


def _documents() -> Iterator[tuple[str, type]]:
    """Every view with each of its names."""
    for module in pkgutil.iter_modules(views.__path__):
        found = importlib.import_module(f"{views.__name__}.{module.name}")
        for kind in vars(found).values():
            if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == found.__name__:
                for name in get_args(get_type_hints(kind).get("schema")):
                    yield name.removeprefix("orchestrate.").removesuffix("/1"), kind


def _schema(name: str, kind: type) -> dict[str, Any]:
    made = TypeAdapter(kind).json_schema(mode="serialization", schema_generator=Schemas)
    made["properties"]["schema"] = {"const": f"orchestrate.{name}/1"}
    title = made.pop("description")
    return {"$schema": Schemas.schema_dialect, "$id": f"{name}.json", "title": title, **made}
