"""Host and URL have addresses (guide 3.9)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject(
    "name-resolves",
    "the names have addresses",
    "receivers refuse mail of a host whose name leads nowhere",
    "guide 3.9",
    order=220,
)


def check(ground: Ground) -> Iterator[Finding]:
    """One that has none stops, unless that was accepted; a name service that cannot be asked is unknown, not broken."""
    for name, found in ground.records.addresses.items():
        if found:
            yield SUBJECT.fine(f"{name} is {', '.join(found)}")
            continue
        said, fix = f"{name} has no address in DNS", f"have the record added: {name}. A ADDRESS"
        if ground.accepted(SUBJECT.key):
            yield SUBJECT.warns(f"{said}, which was accepted", fix)
        else:
            yield SUBJECT.stops(said, f"{fix}    or the same command with --keep {SUBJECT.key}")
    if ground.records.unreachable is not None:
        another = "the same command with --resolver ADDRESS    asks another name server"
        yield SUBJECT.unknown(ground.records.unreachable, another)
