"""The mail server's step of an installation on a booted RHEL-like host: real packages, a real Postfix, real undo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.system.lab.host import Host
from tests.system.lab.openemm import PREFIX, install_orchestrator

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
INSIDE = Path(__file__).with_name("mail_inside.py")
DOMAIN = "mailing.lab.test"
KEY, CERTIFICATE = "/etc/openemm-tls/mail.key", "/etc/openemm-tls/mail.crt"
ACCOUNTS = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow")  # which packages never take back
AFTER_CONFIGURE = "8"  # changing calls: packages, links and folders, stop, configure


def test_postfix_is_set_up_with_its_certificate_cut_off_resumed_and_taken_back(host: Host) -> None:
    install_orchestrator(host)
    host.know({"127.0.1.1": [host.full_name, host.short_name], "127.0.1.3": [DOMAIN]})
    host.run(["chmod", "0711", "/home/openemm"])
    host.run(["mkdir", "-p", "/etc/openemm-tls"])
    host.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", f"/CN={host.full_name}",
              "-keyout", KEY, "-out", CERTIFICATE])  # fmt: skip
    host.write("/root/mail_inside.py", INSIDE.read_text())
    told = host.run(
        [f"{PREFIX}/bin/python", "/root/mail_inside.py", host.full_name, DOMAIN, "postfix", AFTER_CONFIGURE], timeout=500
    )
    record = json.loads(told.stdout)
    assert {"mail.packages", "mail.configuration", "mail.tls", "mail.maps", "mail.running"} <= set(record["found"])
    assert (record["left"], record["again"]) == ([], ["was right"])
    assert record["accepts"].startswith("MAIL: 451"), "there is no bounce filter yet, and no mail passes without one"
    assert record["encrypts"]
    (cut,) = record["cuts"]
    assert cut["left"] == []
    for undone in (record["undone"], record["undone_twice"], cut["undone"], cut["undone_at_once"]):
        assert [line for line in undone if not line.startswith(ACCOUNTS)] == []
