"""What --json prints, held against the schemas that are made from the views."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

SCHEMAS = Path(__file__).parents[1] / "docs/reference/json"


def validate(document: dict[str, Any]) -> None:
    """Hold a document against the schema it names."""
    _validator(document["schema"]).validate(document)


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    name, version = schema.removeprefix("orchestrate.").split("/")
    assert version == "1"
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text()))
