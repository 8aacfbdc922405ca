"""What the hash of an entry covers."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from state.chain import NOTHING, TAG, Line

DOC = Path(__file__).parents[3] / "docs" / "reference" / "ledger.md"

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(words, values, max_size=4)


def line_of(body: dict[str, object], seq: int, prev: str) -> Line:
    return Line(
        site=body["site"], seq=seq, time=body["time"], boot_id=body["boot_id"], actor=rfc8785.dumps(body["actor"]).decode(),
        run=body["run"], kind=body["kind"], component=body["component"], from_version=body["from"], to_version=body["to"],
        evidence=rfc8785.dumps(body["evidence"]).decode(), prev=prev, hash="",
    )  # fmt: skip


def test_the_test_vector_of_the_documentation_is_what_we_hash() -> None:
    blocks = re.findall(r"```\n(.*?)\n```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    prev = NOTHING
    for seq, (body, expected) in enumerate(zip(blocks[::2], blocks[1::2], strict=True), 1):
        assert line_of(json.loads(body), seq, prev).digest() == expected
        assert hashlib.sha256(f"{TAG}\n{seq}\n{prev}\n{body}".encode()).hexdigest() == expected
        prev = expected
    assert len(blocks) == 4


@given(
    texts=st.fixed_dictionaries(dict.fromkeys(("site", "time", "boot_id", "kind"), words)),
    optional=st.fixed_dictionaries({name: st.none() | words for name in ("run", "component", "from", "to")}),
    trees=st.fixed_dictionaries({"actor": objects, "evidence": objects}),
    seq=st.integers(1, 2**40),
)
def test_what_is_hashed_is_the_canonical_json_of_the_entry(texts, optional, trees, seq) -> None:
    body = texts | optional | trees
    text = f"{TAG}\n{seq}\n{NOTHING}\n".encode() + rfc8785.dumps(body)
    assert line_of(body, seq, NOTHING).digest() == hashlib.sha256(text).hexdigest()
