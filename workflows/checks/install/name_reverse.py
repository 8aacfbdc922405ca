"""Each address of the host leads back to its name (guide 3.9)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.checks.install.records import is_public
from workflows.model.finding import Finding

SUBJECT = Subject(
    "name-reverse", "the address leads back to the name", "receivers take others for a spambot", "guide 3.9", order=230
)


def check(ground: Ground) -> Iterator[Finding]:
    """As far as it is not of a private network."""
    name, records = ground.plan.answers.name, ground.records
    for address in records.addresses.get(name, ()):
        if not is_public(address):
            yield SUBJECT.unknown(f"{name} is {address}, which is of a private network: what receivers see is not known here")
        elif address in records.names:
            yield _judge(name, address, records.names[address])


def _judge(name: str, address: str, found: Sequence[str]) -> Finding:
    if name.lower() in {one.lower() for one in found}:
        return SUBJECT.fine(f"{address} leads to {name}")
    record = f"{ipaddress.ip_address(address).reverse_pointer}. PTR {name}."
    said = f"{address} leads to {', '.join(found)}, not to {name}" if found else f"{address} has no reverse entry"
    return SUBJECT.warns(said, f"ask who gave you the address for the record: {record}")
