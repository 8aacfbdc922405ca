"""Reason 5: port 25 is not open (guide 4.1, 4.2)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding
from workflows.rules.mta import PORT

SUBJECT = Subject(
    "port-25",
    "port 25 is open",
    "no bounce comes in, and receivers that call back refuse the mail",
    "guide 6.1 no. 5",
    order=110,
)
FIREWALL = f"firewall-cmd --zone=public --add-port={PORT}/tcp --permanent && firewall-cmd --reload"


def check(visit: Visit) -> Iterator[Finding]:
    """Somebody listens, on more than the loopback interface, greets, and firewalld lets it in."""
    mta = visit.decision.mta
    if mta not in visit.running:
        return  # other findings say so
    addresses = sorted({address for one in visit.host.network.listeners(PORT) for address in one.addresses})
    if not addresses:
        yield SUBJECT.stops(f"{mta.label} runs, and nobody listens on port {PORT}", _listen(visit))
        return
    if all(ipaddress.ip_address(address).is_loopback for address in addresses):
        yield SUBJECT.stops(f"{mta.label} listens on {', '.join(addresses)} only", _listen(visit))
        return
    lets_in = visit.host.network.firewall.lets_in(PORT)
    if lets_in is False:
        yield SUBJECT.stops(f"firewalld does not let port {PORT} in, now or after its next start", FIREWALL)
    elif (greeting := visit.host.network.greeting(PORT, 10.0)) is None:
        yield SUBJECT.warns(f"who listens on port {PORT} says nothing", "orchestrate restart    the bounce filter may hang")
    else:
        yield SUBJECT.fine(greeting.partition(";")[0][:60] + ("" if lets_in else "; firewalld does not run"))


def _listen(visit: Visit) -> str:
    mta = visit.decision.mta
    if mta.value == "postfix":
        return "postconf -e inet_interfaces=all && systemctl restart postfix.service    smtp inet must stand in master.cf"
    named = "/^DAEMON_OPTIONS.*Addr=127.0.0.1/s/^/dnl /"
    return f"sed -i '{named}' /etc/mail/sendmail.mc && make -C /etc/mail && systemctl restart sendmail"
