"""What an entry of the ledger is, and the exact bytes its hash covers (docs/reference/ledger.md). Opens nothing."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from state.texts import is_time, text_json, text_time

TAG = "openemm-orchestrator/ledger/1"
NOTHING = "0" * 64  # what the genesis entry follows
GENESIS = "genesis"
UNKNOWN = "unknown"  # the machine id of a host that has none

_text = encode_basestring  # a string as RFC 8785 writes it; json.dumps takes ten times as long
_read = json.JSONDecoder().raw_decode
_write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode
DEPTH = 64  # of objects and lists in each other; ours have no more than 5


@dataclass(frozen=True)
class EntryDraft:
    """An entry to be appended. run: None means the run that appends it, if any. evidence: what JSON can say."""

    kind: str
    component: str | None = None
    from_version: str | None = None
    to_version: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    run: str | None = None


@dataclass(frozen=True)
class Entry:
    """An entry of the ledger. seq: from 1 without gaps. time: as the host's clock said, which may have been set back."""

    seq: int
    time: datetime
    boot_id: str
    site: str
    actor: Mapping[str, Any]
    run: str | None
    kind: str
    component: str | None
    from_version: str | None
    to_version: str | None
    evidence: Mapping[str, Any]
    prev: str
    hash: str


@dataclass(frozen=True)
class Head:
    """The last entry of a ledger; kept elsewhere it is a checkpoint."""

    seq: int
    hash: str
    time: datetime


class Line(NamedTuple):
    """An entry as the table holds it: times and JSON are the text that was hashed."""

    site: str
    seq: int
    time: str
    boot_id: str
    actor: str
    run: str | None
    kind: str
    component: str | None
    from_version: str | None
    to_version: str | None
    evidence: str
    prev: str
    hash: str

    def digest(self, seq: int | None = None) -> str:
        """The hash this entry should have, or would have if it stood at another seq."""
        body = (
            f'{{"actor":{self.actor},"boot_id":{_text(self.boot_id)},"component":{_quote(self.component)},'
            f'"evidence":{self.evidence},"from":{_quote(self.from_version)},"kind":{_text(self.kind)},'
            f'"run":{_quote(self.run)},"site":{_text(self.site)},"time":{_text(self.time)},"to":{_quote(self.to_version)}}}'
        )
        text = f"{TAG}\n{self.seq if seq is None else seq}\n{self.prev}\n{body}"
        return hashlib.sha256(text.encode()).hexdigest()

    def is_true(self, seq: int | None = None) -> bool:
        """Whether its hash is the one it should have, at its own seq or at another.

        Actor and evidence are hashed as they are stored: being JSON objects, they cannot pass for the fields beside them.
        """
        try:
            return self.digest(seq) == self.hash and self._has_values()  # digest takes nothing but text
        except (TypeError, UnicodeEncodeError):
            return False  # SQLite lets bytes be put where text was

    def is_readable(self) -> bool:
        """Whether every value is of its kind, as `append` writes them; what is not was written by somebody else."""
        texts = [self.site, self.boot_id, self.kind, self.prev, self.hash]
        texts += [text for text in (self.run, self.component, self.from_version, self.to_version) if text is not None]
        return type(self.seq) is int and all(map(_is_text, texts)) and self._has_values()

    def _has_values(self) -> bool:
        return is_time(self.time) and _is_known_object(self.actor) and _is_object(self.evidence)

    def json(self) -> str:
        """The whole entry as canonical JSON (RFC 8785), with seq, prev and hash; what cannot be that is shown as it is."""
        values = {
            name: json.dumps(value, default=repr) if type(value) is not str else _quote(value)
            for name, value in self._asdict().items()
        }
        return (
            f'{{"actor":{self.actor},"boot_id":{values["boot_id"]},"component":{values["component"]},"evidence":{self.evidence},'
            f'"from":{values["from_version"]},"hash":{values["hash"]},"kind":{values["kind"]},"prev":{values["prev"]},'
            f'"run":{values["run"]},"seq":{values["seq"]},"site":{values["site"]},"time":{values["time"]},"to":{values["to_version"]}}}'
        )

    def entry(self) -> Entry:
        """The entry in values of their own kinds; only for one that is readable."""
        return Entry(
            seq=self.seq, time=text_time(self.time), boot_id=self.boot_id, site=self.site, actor=text_json(self.actor),
            run=self.run, kind=self.kind, component=self.component, from_version=self.from_version,
            to_version=self.to_version, evidence=text_json(self.evidence), prev=self.prev, hash=self.hash,
        )  # fmt: skip

    def head(self) -> Head:
        """What a checkpoint keeps of it."""
        return Head(self.seq, self.hash, text_time(self.time))


def _quote(text: str | None) -> str:
    return "null" if text is None else _text(text)


def _is_text(text: object) -> bool:
    if type(text) is not str:
        return False
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False  # SQLite lets bytes stand in a text that are none


def _is_object(text: str) -> bool:
    """Whether it is a JSON object as RFC 8785 writes it, not too deep."""
    try:
        value, end = _read(text)
        return type(value) is dict and end == len(text) and _is_flat(text, value) and _is_canonical(text, value)
    except (ValueError, TypeError, RecursionError):
        return False


def _is_canonical(text: str, value: dict[str, Any]) -> bool:
    """As json writes it nearly always, which takes a tenth of the time."""
    if _write(value) == text:
        return True
    import rfc8785  # noqa: PLC0415

    return rfc8785.dumps(value).decode() == text


def _is_flat(text: str, value: dict[str, Any]) -> bool:
    if text.count("{") + text.count("[") <= DEPTH:
        return True
    level: list[Any] = [value]
    for _ in range(DEPTH):
        level = [inner for outer in level for inner in (outer.values() if type(outer) is dict else outer)]
        level = [inner for inner in level if type(inner) in {dict, list}]
    return not level


_is_known_object = functools.lru_cache(maxsize=64)(_is_object)  # the same few people act again and again
