"""A booted host that sends by Postfix, with mails of every kind in its queue; where each mail is, and what the host is like."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.system.lab.host import Host

SECONDS = 300.0
PYTHON = "/opt/orchestrate/bin/python"
INSIDE_HOST = "/root/mta_inside.py"
INSIDE = Path(__file__).with_name("mta_inside.py")
DOMAIN = "mailloop.lab.test"
RULES = "/home/openemm/release/backend/current/lib/bav.rc"
INCOMING = "/home/openemm/var/spool/mail"
FILES = ("/etc/postfix/main.cf", "/etc/postfix/master.cf", "/etc/mail/sendmail.mc", "/home/openemm/var/run/relay.domains",
         "/home/openemm/var/run/transport.maps")  # fmt: skip
AT_START = "/usr/local/sbin/mta.sh"
DROP_IN = f"[Service]\nExecStartPost=+{AT_START}\n"
STARTS_MTA = """#!/bin/sh
# As mta.sh does (facts 12): a start of OpenEMM, at boot too, starts the mail server it knows, enabled or not
. /home/openemm/scripts/config.sh
if [ "$MTA" = postfix ]; then systemctl restart postfix; else systemctl start sendmail; fi
"""
UNITS = ("postfix.service", "sendmail.service", "openemm.service")


def prepare(host: Host, mails: int) -> None:
    """Install Postfix as guide 4.2 says, and fill its queue. The host has OpenEMM and is on."""
    host.run(["dnf", "-y", "-q", "install", "postfix"], timeout=120)
    host.run(["useradd", "-m", "sink"])
    host.run(["install", "-o", "sink", "-g", "mail", "-m", "660", "/dev/null", "/var/mail/sink"])  # as RHEL's useradd does
    know(host)
    host.write(RULES, f":0\n{INCOMING}/incoming\n", mode=0o600)
    host.run(["install", "-d", "-o", "openemm", INCOMING])
    host.write(INSIDE_HOST, INSIDE.read_text())
    host.run([PYTHON, INSIDE_HOST, "configure", host.full_name, DOMAIN], timeout=60)
    host.run(["systemctl", "enable", "--now", "postfix.service"])
    host.run([PYTHON, INSIDE_HOST, "fill", str(mails)], timeout=120)
    host.write("/etc/systemd/system/openemm.service.d/mta.conf", DROP_IN)
    host.write(AT_START, STARTS_MTA, mode=0o755)


def know(host: Host) -> None:
    """Let the host resolve the mailloop domain: Sendmail puts mail off for one whose name server does not answer."""
    host.know({"127.0.1.1": [host.full_name, host.short_name], "127.0.1.3": [DOMAIN]})


def ask(host: Host, *args: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The last document that the tool prints."""
    lines = host.run(["orchestrate", *args, "--json"], SECONDS, env=env).stdout.splitlines()
    return dict(json.loads(lines[-1]))


def whereabouts(host: Host) -> Counter[tuple[str, str]]:
    """Every mail with each of its recipients, once for each place where it is: the queues, the archive, the mailboxes."""
    return Counter((one[0], one[1]) for one in json.loads(host.run([PYTHON, INSIDE_HOST, "count"], 120).stdout))


@dataclass(frozen=True)
class Picture:
    """What a switch changes and undo brings back."""

    files: str
    alternative: tuple[str, str]
    units: str
    packages: str
    mta: str


def picture(host: Host) -> Picture:
    """What the host is like now."""
    files = host.run(["sh", "-c", f"sha256sum {' '.join(FILES)} 2>&1; stat -c '%n %a %U:%G' {' '.join(FILES)} 2>&1"], check=False)
    link = host.run(["readlink", "/etc/alternatives/mta"]).stdout.strip()
    mode = host.run(["head", "-1", "/var/lib/dpkg/alternatives/mta"]).stdout.strip()
    states = [
        f"{unit} {verb} {host.run(['systemctl', verb, unit], check=False).stdout.strip()}"
        for unit in UNITS
        for verb in ("is-enabled", "is-active")
    ]
    packages = host.run(["sh", "-c", "rpm -qa | sort"]).stdout
    return Picture(files.stdout, (link, mode), "\n".join(states), packages, ask(host, "mta", "status")["active"])
