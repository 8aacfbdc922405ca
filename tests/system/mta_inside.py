"""Run inside a host by the orchestrator's own Python, as root: configure Postfix, fill its queue, count the mails.

Usage: mta_inside.py configure NAME DOMAIN | fill COUNT | rest | count
"""

from __future__ import annotations

import json
import mailbox
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from orchestrator.hosts.mail.mail import RealMail
from orchestrator.plans.mail import everywhere
from orchestrator.settings import load
from workflows.model.answers import Mta

AWAY = "unreachable.test"
BODIES: tuple[tuple[str, Callable[[int], bytes]], ...] = (
    ("plain", lambda n: b"Mail %d\nends here\n" % n),
    ("eight", lambda n: b"Gr\xc3\xbc\xc3\x9fe %d \xff\xfe\x80\n" % n),
    ("dots", lambda n: b"%d\n.\n..\nFrom here on\n>From there\n" % n),
    ("open", lambda n: b"%d without an end of line" % n),
    ("long", lambda n: b"%d " % n + b"x" * 20000 + b"\n"),
    ("empty", lambda n: b""),
    ("blank", lambda n: b"\n\n%d\n\n\n" % n),
)
LARGE = 5 << 20
MANY = 120
LATER = time.time() + 86400


def configure(name: str, domain: str) -> None:
    """As guide 4.2 says."""
    postfix = RealMail(load(None, os.environ)).server(Mta.POSTFIX)
    postfix.configure(name)
    postfix.write_maps([domain])


def fill(count: int) -> None:
    """Mails that wait: put off, held, bounced, large, of any bytes, to many, and some for the mailbox of sink."""
    run("postconf", "-e", "defer_transports=local")
    run("postfix", "reload")
    for n in range(count - 6):
        kind, body = BODIES[n % len(BODIES)]
        to = ["sink@localhost"] if n % 5 == 0 else [f"user{n}@{AWAY}"]
        send(f"{kind}{n}", f"news@sender{n % 3}.test" if n % 11 else "", to, body(n))
    send("large", "news@sender0.test", [f"large@{AWAY}"], b"0123456789abcde\n" * (LARGE // 16))
    send("many", "news@sender0.test", [f"r{n}@{AWAY}" for n in range(MANY)], b"to many\n")
    send("twin", "news@sender0.test", [f"twin@{AWAY}"], b"the same\n")
    send("twin", "news@sender0.test", [f"twin@{AWAY}"], b"the same\n")
    send("held", "news@sender0.test", [f"held@{AWAY}"], b"held\n")
    send("bounced", "", [f"back@{AWAY}"], b"Your mail could not be delivered\n")
    settle(count)
    run("postconf", "-X", "defer_transports")
    mails = RealMail(load(None, os.environ)).server(Mta.POSTFIX).queue()
    run("postsuper", "-h", next(mail.id for mail in mails if mail.message_id == "<held@lab>"))
    for mail in mails:
        if mail.message_id != "<held@lab>":
            os.utime(mail.path, (LATER, LATER))  # not due: no boot of a test sends them


def send(name: str, sender: str, to: list[str], body: bytes) -> None:
    """One mail."""
    head = f"Message-ID: <{name}@lab>\nSubject: {name}\n\tfolded\nFrom: <{sender or 'x@y.test'}>\n\n".encode()
    subprocess.run(["/usr/sbin/sendmail", "-i", "-f", sender, "--", *to], input=head + body, check=True)


def settle(count: int) -> None:
    """Wait until every mail was tried and lies in the deferred queue."""
    server = RealMail(load(None, os.environ)).server(Mta.POSTFIX)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        mails = server.queue()
        if len(mails) >= count and all(mail.queue == "deferred" for mail in mails):
            return
        time.sleep(0.2)
    raise SystemExit(f"{len(mails)} mails, not all of them deferred")


def run(*args: str) -> None:
    """A command that must not fail."""
    subprocess.run(args, check=True, capture_output=True)


def count() -> None:
    """Message-ID and recipient of every mail, once for each place where it is."""
    settings = load(None, os.environ)
    mail = RealMail(settings)
    found = []
    for mta in Mta:
        found += [(one.message_id, to.lower()) for one in everywhere(mail, mta) for to in one.recipients]
    for manifest in (settings.state / "mail/archive").glob("????-??-??-????/*.json"):
        facts = json.loads(manifest.read_text())
        found += [(facts["message_id"], to.lower()) for to in facts["recipients"]]
    if Path("/var/mail/sink").exists():
        found += [(one["Message-ID"], "sink@localhost") for one in mailbox.mbox("/var/mail/sink")]
    print(json.dumps([one for one in found if "@orchestrate>" not in str(one[0])]))  # noqa: T201


def rest() -> None:
    """Wait until no running server has a mail in hand."""
    until = time.monotonic() + 60
    servers = [RealMail(load(None, os.environ)).server(mta) for mta in Mta]
    while any(server.busy() for server in servers if server.processes()):
        if time.monotonic() > until:
            raise SystemExit("a mail server is still at work")
        time.sleep(0.1)


if __name__ == "__main__":
    if sys.argv[1] == "configure":
        configure(*sys.argv[2:4])
    elif sys.argv[1] == "fill":
        fill(int(sys.argv[2]))
    elif sys.argv[1] == "rest":
        rest()
    else:
        count()
