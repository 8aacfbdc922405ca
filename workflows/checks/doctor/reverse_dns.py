"""Reason 9: the address of this server has no reverse DNS entry (guide 3.9)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding

SUBJECT = Subject(
    "reverse-dns", "name and address of this server agree in DNS",
    "receivers look the address up and refuse mail of a server whose name and address do not agree", "guide 6.1 no. 9", order=130,
)  # fmt: skip


def check(visit: Visit) -> Iterator[Finding]:
    """The full name has an address, and each address leads back to it, as a receiver of mail looks it up."""
    name = visit.host.network.full_name()
    if name is None:
        fix = "hostnamectl set-hostname HOST.DOMAIN    and the same name in /etc/hosts"
        yield SUBJECT.stops("this host has no full name", fix)
        return
    outgoing = visit.host.network.outgoing()
    addresses = list(visit.names.addresses(name))
    if not addresses:
        fix = f"have the record added: {name}. A {outgoing if outgoing and _public(outgoing) else 'ADDRESS'}"
        yield SUBJECT.stops(f"{name} has no address in DNS", fix)
        return
    if outgoing and _public(outgoing) and outgoing not in addresses:
        fix = f"have the record added: {name}. {'AAAA' if ':' in outgoing else 'A'} {outgoing}"
        yield SUBJECT.warns(f"mail leaves from {outgoing}, which is no address of {name}", fix)
        addresses.append(outgoing)
    for address in addresses:
        yield _reverse(visit, name, address)


def _reverse(visit: Visit, name: str, address: str) -> Finding:
    if not _public(address):
        return SUBJECT.unknown(f"{name} is {address}, which is of a private network: what receivers see is not known here")
    found = visit.names.reverse(address)
    record = f"{ipaddress.ip_address(address).reverse_pointer}. PTR {name}."
    if not found:
        fix = f"ask who gave you the address for the record: {record}"
        return SUBJECT.stops(f"{address} has no reverse entry", fix)
    if name.lower() not in {one.lower() for one in found}:
        return SUBJECT.warns(f"{address} leads to {', '.join(found)}, not to {name}", f"ask for the record: {record}")
    return SUBJECT.fine(f"{name} is {address}, and back")


def _public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return not (found.is_private or found.is_loopback or found.is_link_local)
