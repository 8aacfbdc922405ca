"""On a booted host with a real Postfix each of the ten reasons of guide 6.1 is broken in turn and found, and nothing else.

What the doctor prints behind `fix` is done as it is printed, and mends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.remedies.follow import command, seen
from tests.system.lab.host import Host, Layers
from tests.system.lab.lab import Lab
from tests.system.mta_kit import PYTHON

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]
HERE = Path(__file__).parent
FILES = (HERE / "doctor_inside.py", HERE.parent / "integration/doctor/dns_kit.py")
ADDRESS, POINTER = "9.9.9.10", "10.9.9.9.in-addr.arpa"
SOCKET = "/home/openemm/var/run/bav.sock"
CONFIGURE = """
import os, sys
from orchestrator.hosts.mail.mail import RealMail
from orchestrator.settings import load
from workflows.model.answers import Mta
postfix = RealMail(load(None, os.environ)).server(Mta.POSTFIX)
postfix.configure(sys.argv[1])
postfix.write_maps(["mailloop.lab.test"])
"""
WELL = """
UPDATE job_queue_tbl SET nextstart = NOW() + INTERVAL 1 DAY WHERE nextstart IS NOT NULL;
DELETE FROM dkim_key_tbl;
DELETE FROM emm_db_errorlog_tbl;
"""
STOPS, WARNS = "inhibitor", "warning"
GOOD, WITHOUT_PTR = 5301, 5302  # ports of name servers


@dataclass(frozen=True)
class Break:
    """One thing that is broken: how, and what is found. fixed: the doctor mends it itself; by_hand: no command of its fix does.

    after: what the test itself has left behind. blinds: the check that cannot look then.
    """

    reason: int
    breaks: str
    key: str
    severity: str
    after: str = ""
    fixed: bool = False
    by_hand: bool = False
    resolver: int = GOOD
    blinds: str = ""

    @property
    def found(self) -> dict[str, str]:
        return {self.key: self.severity} | ({self.blinds: "unknown"} if self.blinds else {})


BREAKS = (
    Break(3, "pkill -KILL -x master; sleep 0.3", "mta-running", STOPS),
    Break(4, """
        install -D /bin/true /usr/sbin/sendmail.exim
        alternatives --install /usr/sbin/sendmail mta /usr/sbin/sendmail.exim 99
        alternatives --set mta /usr/sbin/sendmail.exim""", "mta-active", STOPS,
          "alternatives --remove mta /usr/sbin/sendmail.exim"),
    Break(5, "postconf -e inet_interfaces=loopback-only; systemctl restart postfix", "port-25", STOPS),
    Break(6, "systemctl -q disable --now cron", "cron-enabled", STOPS, fixed=True),
    Break(7, "mkdir -p /etc/selinux; echo SELINUX=enforcing >/etc/selinux/config", "selinux-off", WARNS,
          "rm /etc/selinux/config"),
    Break(8, "mv /var/spool/postfix/deferred /root", "queue-folders", STOPS),
    Break(9, "", "reverse-dns", STOPS, resolver=WITHOUT_PTR, by_hand=True),
    Break(10, "! postmap -q x nosuch:/map 2>/dev/null; sleep 0.3", "mail-log-errors", STOPS, "truncate -s 0 /var/log/maillog",
          by_hand=True),
    Break(0, "systemctl -q disable postfix", "mta-started", WARNS, fixed=True),
    Break(0, "chmod 0600 /var/log/maillog", "mail-log", WARNS, fixed=True),
    Break(0, "rm -f /var/log/maillog && : >/var/log/mail.log && chmod 0644 /var/log/mail.log", "mail-log", WARNS, fixed=True,
          blinds="mail-log-errors"),
    Break(0, "rm -f /var/log/maillog /var/log/mail.log", "mail-log", WARNS,
          after="logger -p mail.info begins; sleep 0.3; chmod 0644 /var/log/maillog", blinds="mail-log-errors"),
)  # fmt: skip


def doctor(host: Host, *args: str, resolver: int = GOOD) -> tuple[int, dict[str, Any]]:
    said = host.run(["orchestrate", "doctor", "--json", "--resolver", f"127.0.0.1:{resolver}", *args], 60, check=False)
    return said.exit_code, dict(json.loads(said.stdout.splitlines()[-1]))


def follow(host: Host, document: dict[str, Any], key: str) -> None:
    """Do what is printed behind `fix`, in a shell of the host."""
    fix = next(f["fix"] for f in document["findings"] if f["key"] == key and f["severity"] != "passed")
    seen(fix)
    host.run(["sh", "-c", command(fix)], 120)


def unwell(document: dict[str, Any]) -> dict[str, str]:
    return {f["key"]: f["severity"] for f in document["findings"] if f["severity"] != "passed"}


@pytest.fixture(scope="module")
def patient(lab: Lab, installed: Layers) -> Iterator[Host]:
    """A host on which everything is well but its mail server, which is not there."""
    host = lab.host(installed)
    try:
        host.boot()
        host.know({"127.0.1.1": [host.full_name, host.short_name]})
        for file in FILES:
            host.write(f"/root/{file.name}", file.read_text())
        host.run(["systemd-run", "-q", "--unit=outside", "--service-type=notify", "--property=NotifyAccess=all", PYTHON,
                  "/root/doctor_inside.py", host.full_name, ADDRESS, POINTER, SOCKET, str(GOOD), str(WITHOUT_PTR)])  # fmt: skip
        host.run(["mariadb", "openemm"], stdin=WELL)
        host.run(["sh", "-c", "logger -p mail.info begins; sleep 0.3; chmod 0644 /var/log/maillog"])
        yield host
    finally:
        host.close()


def test_each_reason_is_found_when_it_is_broken_and_nothing_on_a_host_that_is_well(patient: Host) -> None:
    host = patient
    code, document = doctor(host)
    assert (code, unwell(document)) == (3, {"mta-installed": STOPS}), "reason 1"
    follow(host, document, "mta-installed")
    host.run([PYTHON, "-c", CONFIGURE, host.full_name])
    code, document = doctor(host)
    assert (code, unwell(document)) == (3, {"mta-started": STOPS}), "reason 2"
    follow(host, document, "mta-started")
    code, document = doctor(host)
    assert (code, document["stopped"], unwell(document)) == (0, False, {})
    for one in BREAKS:
        host.run(["sh", "-c", one.breaks])
        code, document = doctor(host, resolver=one.resolver)
        assert (code, unwell(document)) == (3 if one.severity == STOPS else 0, one.found), one
        if one.fixed:
            follow(host, document, one.key)
            assert unwell(doctor(host)[1]) == {}, one
            host.run(["sh", "-c", one.breaks])
            printed = f"orchestrate doctor --fix {one.key}"
            seen(printed)
            code, document = doctor(host, *printed.split()[2:], "--yes")
            assert (code, [done["key"] for done in document["fixed"]], unwell(document)) == (0, [one.key], {}), one
        elif not one.by_hand:
            follow(host, document, one.key)
        host.run(["sh", "-c", one.after])
    code, document = doctor(host, "--fix", "--yes")
    assert (code, document["fixed"], unwell(document)) == (0, [], {})
