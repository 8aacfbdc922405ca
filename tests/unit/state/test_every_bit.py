"""Whatever bit of the ledger is flipped, it is found."""

from __future__ import annotations

from collections.abc import Iterator

import rfc8785

from state.chain import NOTHING, Head, Line
from state.verify import Chain, verify

SITE, MACHINE, SITE_ID = "prod", "b642b4217b34b1e8d3bd915fc65c4452", "2f1c8e7a-8a55-4f0e-9d6b-3c1f5d1a9e70"
ACTOR = rfc8785.dumps({"uid": 0, "user": "root", "sudo_user": "jörg", "reason": "ticket 4711"}).decode()


def ledger() -> list[Line]:
    """A small one with every kind of value in it."""
    bodies = [
        ("genesis", None, None, None, None, {"machine_id": MACHINE, "site_id": SITE_ID}),
        ("run-started", "7K3Q", None, None, None, {"workflow": "upgrade", "source": "19.10", "target": "20.10"}),
        ("component-version", "7K3Q", "frontend", "19.10.000.170", "20.04.000.200", {}),
        (
            "backup-verified",
            "7K3Q",
            "database",
            None,
            "20.04",
            {"restored_into": "10.11.19-MariaDB-0+deb12u1", "seconds": 1.829, "rows": {"é\U0001f600": 3}, "ok": [True, None]},
        ),
    ]
    lines: list[Line] = []
    for seq, (kind, run, component, old, new, evidence) in enumerate(bodies, 1):
        prev = lines[-1].hash if lines else NOTHING
        said = rfc8785.dumps(evidence).decode()
        line = Line(SITE, seq, f"2026-03-01T22:15:0{seq}.000125Z", "boot", ACTOR, run, kind, component, old, new, said, prev, "")
        lines.append(line._replace(hash=line.digest()))
    return lines


def mutations(lines: list[Line]) -> Iterator[tuple[int, Line]]:
    """Every row with one bit of one of its fields flipped; text as a damaged file gives it."""
    for at, line in enumerate(lines):
        for name, value in line._asdict().items():
            if isinstance(value, int):
                yield from ((at, line._replace(**{name: value ^ (1 << bit)})) for bit in range(63))
            elif value is not None:
                raw = value.encode()
                for bit in range(8 * len(raw)):
                    flipped = bytearray(raw)
                    flipped[bit // 8] ^= 1 << bit % 8
                    yield at, line._replace(**{name: flipped.decode(errors="surrogateescape")})


def test_every_bit_of_every_row_is_guarded() -> None:
    lines = ledger()
    head = Head(lines[-1].seq, lines[-1].hash, lines[-1].head().time)
    assert verify(Chain(lambda: iter(lines), SITE, MACHINE, SITE_ID), head).problem is None
    tried = missed = 0
    for at, mutant in mutations(lines):
        rows = [*lines[:at], mutant, *lines[at + 1 :]]
        tried += 1
        missed += verify(Chain(rows.__iter__, SITE, MACHINE, SITE_ID), head).problem is None
    assert missed == 0
    assert tried >= 10_000
