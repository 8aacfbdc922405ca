"""What is wrong with a chain, told from its lines alone. Opens nothing and keeps two lines in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from state.chain import GENESIS, NOTHING, UNKNOWN, Head, Line
from state.texts import text_json

_HASHED = 1 << 28  # bytes that are hashed at the most to tell where an entry that fails was written


@dataclass(frozen=True)
class Problem:
    """The first thing wrong with a ledger.

    seq: of the entry concerned. what: "changed", "removed", "inserted", "reordered", "truncated" (the end that a checkpoint
    knows is missing) or "foreign-genesis" (the ledger began on another host or for another site).
    """

    seq: int
    what: str


@dataclass(frozen=True)
class Verdict:
    """What `verify` found. entries: how many were good. head: the last good one. problem: None when all is well."""

    entries: int
    head: Head | None
    problem: Problem | None


class Chain(NamedTuple):
    """A chain to be verified. lines: starts over at each call."""

    lines: Callable[[], Iterator[Line]]
    site: str
    machine_id: str
    site_id: Any


def verify(chain: Chain, checkpoint: Head | None) -> Verdict:
    """Follow the chain; the first thing that is wrong ends it."""
    before: Line | None = None
    last: Line | None = None
    for line in chain.lines():
        problem = _problem(chain, line, last, before)
        if problem is None and checkpoint is not None and line.seq == checkpoint.seq and line.hash != checkpoint.hash:
            problem = Problem(line.seq, "changed")
        if problem is not None:
            return _verdict(last, problem)
        before, last = last, line
    count = last.seq if last else 0
    cut = checkpoint is not None and count < checkpoint.seq
    return _verdict(last, Problem(count + 1, "truncated") if cut else None)


def _verdict(last: Line | None, problem: Problem | None) -> Verdict:
    return Verdict(last.seq if last else 0, last.head() if last else None, problem)


def _problem(chain: Chain, line: Line, last: Line | None, before: Line | None) -> Problem | None:
    seq = last.seq + 1 if last else 1
    prev = last.hash if last else NOTHING
    if type(line.seq) is not int or line.seq != seq:
        return Problem(seq, "removed" if type(line.seq) is int and line.seq > seq else "inserted")
    if not (line.prev == prev and line.is_true()):
        return _what_happened(chain, line, last, before)
    if last is None and not _is_genesis(chain, line):
        return Problem(1, "foreign-genesis")
    return None


def _is_genesis(chain: Chain, line: Line) -> bool:
    evidence = text_json(line.evidence)
    machine = evidence.get("machine_id")
    same_machine = machine == chain.machine_id or UNKNOWN in {machine, chain.machine_id}
    return line.kind == GENESIS and line.site == chain.site and same_machine and evidence.get("site_id") == chain.site_id


def _what_happened(chain: Chain, line: Line, last: Line | None, before: Line | None) -> Problem:
    """Tell from the hashes where the line that fails here was written, and where the one that belongs here went."""
    seq = line.seq
    if last is not None and line.prev == (before.hash if before else NOTHING) and line.is_true(seq - 1):
        return Problem(seq - 1, "inserted")  # this line is the true successor of the one before the last
    prev = last.hash if last else NOTHING
    moved = any(other.prev == prev and other.is_true(seq) for other in chain.lines() if other.seq != seq)
    end = sum(1 for _ in chain.lines()) + 1
    places = range(1, end + 1)[: max(_HASHED // len(line.json()), 1)]
    home = next((at for at in places if line.is_true(at)), None)
    if moved:
        return Problem(seq, "inserted" if home in {None, seq} else "reordered")
    return Problem(seq, "changed" if home in {None, seq} else "removed")
