"""A real name server on loopback, with the records a test gives it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = dict[tuple[str, str], list[str]]  # (name without last dot, type) -> values


@contextmanager
def name_server(zone: Zone, *, broken: bool = False, port: int = 0) -> Iterator[str]:
    """Answer from `zone`, which may be changed meanwhile; yields ADDRESS:PORT. broken: SERVFAIL to everything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        address = "{}:{}".format(*server.getsockname())
        thread = threading.Thread(target=_serve, args=(server, zone, broken))
        thread.start()
        try:
            yield address
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", server.getsockname())
            thread.join()


def _serve(server: socket.socket, zone: Zone, broken: bool) -> None:
    while True:
        data, client = server.recvfrom(4096)
        if not data:
            return
        answer = dns.message.make_response(dns.message.from_wire(data))
        answer.flags |= dns.flags.AA | dns.flags.RA
        question = answer.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        if broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif values := zone.get((name, kind)):
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, values))
        elif not any(known == name for known, _ in zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        server.sendto(answer.to_wire(), client)
