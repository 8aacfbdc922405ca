"""Mails that wait: how long, and what for (facts 7.3)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.host.mail import MailServer, QueuedMail
from workflows.model.finding import Finding

LONG = 3600.0  # seconds; a receiver that greylists takes less
QUOTED = 120  # characters
SEVERAL = 2  # domains: with one only, it is that one's fault
SUBJECT = Subject("queue-age", "mails do not wait long in the queue", "these have not left", order=170)
OUTSIDE = re.compile(r"[Cc]onnection (timed out|refused)|No route to host|[Nn]etwork is unreachable")
NAMES = re.compile(r"[Nn]ame service error|Host or domain name not found|Name server:|host name lookup failure", re.IGNORECASE)
CAUSES = (
    (OUTSIDE, "no connection to other servers", "ask your provider to open port 25 to the outside"),
    (NAMES, "names are not resolved", "getent hosts gmail.com    must answer; else mend /etc/resolv.conf"),
)


def check(visit: Visit) -> Iterator[Finding]:
    """By age and reason, in the queue of the server that sends; and what lies in the other's, which nobody sends."""
    now = visit.host.system.now()
    mta = visit.decision.mta
    for other in (one for one in visit.installed if one is not mta and one not in visit.running):
        if lost := [mail for mail in visit.host.mail.server(other).queue() if not mail.held]:
            measured = f"{len(lost)} mails lie in {other.label}'s queue, and {other.label} does not run"
            yield SUBJECT.warns(measured, "orchestrate mta queue    what they are")
    if mta not in visit.installed:
        return
    mails = list(visit.server.queue())
    waiting = [mail for mail in mails if not mail.held]
    if held := [mail for mail in mails if mail.held]:
        yield SUBJECT.warns(f"{len(held)} mails are held, and never leave by themselves", _release(visit.server))
    old = [mail for mail in waiting if (now - mail.arrived).total_seconds() > LONG]
    if old:
        yield _old(old, len(waiting), max((now - mail.arrived).total_seconds() for mail in old))
    elif not held:
        yield SUBJECT.fine(f"{len(waiting)} mails, none older than an hour" if waiting else "the queue is empty")


def _old(old: Sequence[QueuedMail], waiting: int, oldest: float) -> Finding:
    reasons = Counter(mail.reason or "not yet tried" for mail in old)
    reason, most = reasons.most_common(1)[0]
    measured = (
        f"{len(old)} of {waiting} mails have waited for more than an hour, the oldest for {oldest / LONG:.0f} h; "
        f"{most} because: {reason[:QUOTED]}"
    )
    for pattern, cause, fix in CAUSES:
        alike = [mail for mail in old if pattern.search(mail.reason or "")]
        domains = {recipient.rpartition("@")[2].lower() for mail in alike for recipient in mail.recipients}
        if 2 * len(alike) > len(old) and len(domains) >= SEVERAL:
            return SUBJECT.stops(f"{cause}: {measured}", fix)
    return SUBJECT.warns(measured, "orchestrate mta queue    by age, sender and reason")


def _release(server: MailServer) -> str:
    return "postsuper -H ALL    lets them go" if server.mta.value == "postfix" else "orchestrate mta queue    what they are"
