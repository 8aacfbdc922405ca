"""Each reason broken on purpose, on real parts, and found; nothing else is."""

from __future__ import annotations

import shutil
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator import processes
from orchestrator.command import CommandError, run
from orchestrator.hosts.network.network import RealNetwork
from orchestrator.sandbox import host as sandbox_host
from orchestrator.sandbox import processes as sandbox_processes
from orchestrator.views.doctor import keys
from tests.integration.doctor.conftest import ADDRESS, BACK, EVER, KEY_NAME, NAME, Patient
from tests.integration.doctor.dns_kit import name_server
from tests.remedies.follow import follow, seen
from workflows.host.network import Listener
from workflows.model.finding import Severity

pytestmark = pytest.mark.integration
CLOSED = 1  # where this Postfix sends everything
SENT = "postfix/smtp[7]: 4X: to=<a@b.test>, relay=mx.b.test[9.9.9.9]:25, status=sent (250 ok)"
START = "postfix/master[1]: daemon started -- version 3.7.11, configuration /etc/postfix"
FATAL = "postfix/qmgr[8]: fatal: queue file open: No such file or directory"


def test_nothing_is_found_on_a_host_that_is_well_and_every_check_says_so(patient: Patient) -> None:
    findings = patient.examine()
    assert patient.found() == {}
    assert {f.key for f in findings} == keys()
    assert {f.severity for f in findings if f.key in EVER} <= {Severity.UNKNOWN, Severity.INHIBITOR}


def test_a_database_that_is_down_is_found_and_hides_nothing(patient: Patient, doctor_sandbox: Path) -> None:
    (patient.root / "etc/selinux/config").write_text("SELINUX=enforcing\n")
    (patient.root / "sys/fs/selinux/enforce").write_text("1")
    sandbox_host.database(doctor_sandbox).stop()
    try:
        found = patient.found()
    finally:
        sandbox_host.database(doctor_sandbox).start()
    assert found.pop("mail-database").severity is Severity.INHIBITOR
    assert found.pop("selinux-off").severity is Severity.INHIBITOR
    assert found.keys() == {"clock", "database-errors", "dkim", "job-queue", "mail-addresses", "mailings-stalled"}
    assert {f.severity for f in found.values()} == {Severity.UNKNOWN}
    assert all(f.measured.startswith("cannot look: ") for f in found.values())


def test_a_postfix_that_is_not_installed_is_the_only_thing_said_of_it(patient: Patient) -> None:
    patient.mail.postfix._env["PATH"] = "/nowhere"
    found = patient.found()
    assert found.keys() == {"mta-installed"}
    assert found["mta-installed"].severity is Severity.INHIBITOR
    assert "install" in found["mta-installed"].fix


def test_a_package_that_lacks_beside_the_server_is_named(patient: Patient) -> None:
    patient.mail.postfix.packages = ("sendmail-milter",)
    found = patient.found()
    assert found.keys() == {"mta-installed"}
    assert found["mta-installed"].measured.endswith("but not sendmail-milter")


def test_a_postfix_that_was_killed_is_not_running(patient: Patient) -> None:
    (master,) = patient.mail.postfix.processes()
    patient.postfix.stop()
    found = patient.found()
    assert found.keys() == {"mta-running"}
    assert found["mta-running"].severity is Severity.INHIBITOR
    assert not Path(f"/proc/{master}/exe").exists()


def test_a_stranger_on_the_port_is_the_wrong_mail_server(patient: Patient) -> None:
    patient.postfix.stop()
    with socket.create_server(("127.0.0.1", patient.postfix.port)):
        found = patient.found()
    assert {key for key, f in found.items() if f.severity is Severity.INHIBITOR} == {"mta-active", "mta-running"}
    assert "python" in found["mta-active"].measured


def test_alternatives_that_lead_to_a_third_server_are_found(patient: Patient) -> None:
    patient.mail.third = "exim"
    assert patient.found()["mta-active"].severity is Severity.INHIBITOR


def test_a_server_that_listens_on_the_loopback_interface_alone_is_found(patient: Patient) -> None:
    found = {f.key: f for f in patient.examine()}["port-25"]
    assert (found.severity, found.measured) == (Severity.INHIBITOR, "Postfix listens on 127.0.0.1 only")
    patient.postfix.stop()
    assert "port-25" not in {f.key for f in patient.examine()}, "mta-running says it"


@pytest.mark.parametrize(
    ("now", "at_boot", "severity"),
    [("1", "enforcing", Severity.INHIBITOR), ("0", "permissive", Severity.WARNING), (None, "enforcing", Severity.WARNING),
     (None, "disabled", None), (None, None, None)],
)  # fmt: skip
def test_selinux_is_found_as_it_is_and_as_it_will_be(
    patient: Patient, now: str | None, at_boot: str | None, severity: Severity | None
) -> None:
    if now is not None:
        (patient.root / "sys/fs/selinux/enforce").write_text(f"{now}\n")
    if at_boot is not None:
        (patient.root / "etc/selinux/config").write_text(f"# SELINUX=permissive\nSELINUX={at_boot}\nSELINUXTYPE=targeted\n")
    assert {key: f.severity for key, f in patient.found().items()} == ({"selinux-off": severity} if severity else {})


def test_a_queue_folder_that_is_gone_is_found_and_the_fix_brings_it_back(patient: Patient) -> None:
    shutil.rmtree(patient.postfix.folder / "spool/deferred")
    found = patient.found()
    assert found.keys() == {"queue-folders"}
    assert found["queue-folders"].severity is Severity.INHIBITOR
    assert found["queue-folders"].fix.startswith("postfix check ")
    patient.postfix.ask("postfix", "check")
    assert patient.found() == {}


def test_a_missing_a_or_ptr_record_is_found_with_the_record_to_add(patient: Patient) -> None:
    patient.zone.pop((BACK, "PTR"))
    found = patient.found()["reverse-dns"]
    assert found.severity is Severity.INHIBITOR
    assert found.fix.endswith(f"{BACK}. PTR {NAME}.")
    patient.zone[BACK, "PTR"] = ["other.example.com."]
    assert patient.found()["reverse-dns"].severity is Severity.WARNING
    patient.zone.pop((NAME, "A"))
    found = patient.found()["reverse-dns"]
    assert found.severity is Severity.INHIBITOR
    assert found.fix.endswith(f"{NAME}. A {ADDRESS}")
    name, kind, value = found.fix.partition(": ")[2].split()
    patient.zone[name.rstrip("."), kind] = [value]
    patient.zone[BACK, "PTR"] = [f"{NAME}."]
    assert patient.found() == {}


def test_a_private_address_and_one_that_mail_leaves_from_besides_are_told(patient: Patient) -> None:
    patient.zone[NAME, "A"] = ["10.1.2.3"]
    severities = [f.severity for f in patient.examine() if f.key == "reverse-dns"]
    assert severities == [Severity.WARNING, Severity.UNKNOWN, Severity.PASSED]
    patient.zone[NAME, "A"] = ["9.9.9.11", ADDRESS]
    patient.zone["11.9.9.9.in-addr.arpa", "PTR"] = [f"{NAME}."]
    assert [f.severity for f in patient.examine() if f.key == "reverse-dns"] == [Severity.PASSED] * 2


def test_a_name_service_that_cannot_be_reached_or_is_broken_makes_it_unknown_not_wrong(patient: Patient) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{nobody.getsockname()[1]}"
    for resolver in (closed, None):
        with name_server({}, broken=True) as broken:
            found = patient.found(resolver or broken)
        assert {key: f.severity for key, f in found.items()} == {"reverse-dns": Severity.UNKNOWN}
        assert "cannot look" in found["reverse-dns"].measured


def test_errors_in_the_log_keep_mail_only_when_none_has_left_and_the_server_was_not_started_since(patient: Patient) -> None:
    patient.log(FATAL, ago=timedelta(days=2))
    assert patient.found() == {}
    patient.log(FATAL)
    found = patient.found()
    assert found.keys() == {"mail-log-errors"}
    assert found["mail-log-errors"].severity is Severity.INHIBITOR
    assert FATAL in found["mail-log-errors"].measured
    patient.log(START)
    assert patient.found()["mail-log-errors"].severity is Severity.WARNING
    patient.log(FATAL)
    assert patient.found()["mail-log-errors"].severity is Severity.INHIBITOR
    patient.log(SENT)
    assert patient.found()["mail-log-errors"].severity is Severity.WARNING


def test_what_a_program_of_postfix_says_when_it_gives_up_is_an_error(patient: Patient) -> None:
    with pytest.raises(CommandError) as caught:
        patient.postfix.ask("postmap", "-q", "x", "nosuch:/map")
    (said,) = caught.value.detail
    patient.log(f"postfix/postmap[9]: {said.removeprefix('postmap: ')}")
    assert "nosuch" in patient.found()["mail-log-errors"].measured


def test_mails_that_wait_long_are_told_with_what_they_wait_for(patient: Patient) -> None:
    for number in range(3):
        patient.postfix.send("a@x.test", [f"r@y{number}.test"], b"Subject: x\n\nx\n")
    until = time.monotonic() + 30
    while [m for m in patient.mail.postfix.queue() if m.queue == "deferred" and m.reason] == [] and time.monotonic() < until:
        time.sleep(0.05)
    assert "queue-age" not in patient.found(), "they are young"
    patient.system.ahead = timedelta(hours=5)
    until = time.monotonic() + 30
    while len([m for m in patient.mail.postfix.queue() if m.reason]) < 3 and time.monotonic() < until:
        time.sleep(0.05)
    found = patient.found()["queue-age"]
    assert found.severity is Severity.INHIBITOR
    assert found.measured.startswith("no connection to other servers: 3 of 3 mails have waited")
    assert "the oldest for 5 h" in found.measured
    patient.postfix.ask("postsuper", "-h", "ALL")
    held = patient.found()["queue-age"]
    patient.postfix.ask("postsuper", "-d", "ALL")
    assert (held.severity, held.measured) == (Severity.WARNING, "3 mails are held, and never leave by themselves")


class Outside(socketserver.StreamRequestHandler):
    """Another mail server, which takes every mail."""

    def handle(self) -> None:
        self.wfile.write(b"220 outside.test\r\n")
        for line in self.rfile:
            command = line.split()[0].upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
            self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")


def test_mails_leave_once_the_way_outside_is_open(patient: Patient) -> None:
    for number in range(3):
        patient.postfix.send("a@x.test", [f"r@y{number}.test"], b"Subject: x\n\nx\n")
    patient.system.ahead = timedelta(hours=5)
    until = time.monotonic() + 30
    while len([m for m in patient.mail.postfix.queue() if m.reason]) < 3 and time.monotonic() < until:
        time.sleep(0.05)
    seen(patient.found()["queue-age"].fix)
    with socketserver.ThreadingTCPServer(("127.0.0.1", CLOSED), Outside) as outside:
        threading.Thread(target=outside.serve_forever).start()
        patient.postfix.ask("postqueue", "-f")
        while patient.mail.postfix.queue() and time.monotonic() < until:
            time.sleep(0.05)
        outside.shutdown()
    assert "queue-age" not in patient.found()


def test_a_bounce_filter_that_does_not_answer_is_found(patient: Patient) -> None:
    (patient.settings.home / "var/run/bav.sock").unlink()
    assert {key: f.severity for key, f in patient.found().items()} == {"milter-socket": Severity.WARNING}


HANGS = """
import os, socket, sys, time
with socket.socket(socket.AF_UNIX) as listens:
    listens.bind(sys.argv[1])
    listens.listen()
    print(flush=True)
    while os.path.exists(f"/proc/{sys.argv[2]}/exe"):  # which a process that ended and was not yet waited for has not
        time.sleep(0.05)
"""


@pytest.fixture
def hanging(patient: Patient) -> Iterator[subprocess.Popen[bytes]]:
    """The socket of the backend's bounce filter, which ends with it: it takes connections and never answers the mail server."""
    home, path = patient.settings.home, patient.settings.home / "var/run/bav.sock"
    path.unlink()
    patient.postfix.ask("postconf", "-e", f"smtpd_milters=unix:{path}", "milter_default_action=accept")
    patient.postfix.ask("postfix", "reload")
    bav = next(p.pid for p in processes.backend(home) if p.service == "bav")
    with subprocess.Popen([sys.executable, "-c", HANGS, path, str(bav)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        path.chmod(0o666)
        yield process
        process.kill()
    patient.postfix.ask("postconf", "-X", "smtpd_milters", "milter_default_action")
    patient.postfix.ask("postfix", "reload")
    run([str(home / "bin/emm.sh"), "stop"], timeout=60, expect=None)  # which a restart has started


def test_a_bounce_filter_that_hangs_is_ended_by_a_restart(
    patient: Patient, hanging: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = patient.host.network
    monkeypatch.setattr(network, "listeners", lambda port: [Listener(None, None, ("0.0.0.0",))])
    monkeypatch.setattr(network, "greeting", lambda port, seconds: RealNetwork().greeting(port, 1.0))
    (found,) = (f for f in patient.examine() if f.key == "port-25")
    assert (found.severity, hanging.poll()) == (Severity.WARNING, None)
    follow(found.fix, site=patient.settings.home.parent, ORCHESTRATE_STOP_TIMEOUT="6")
    assert hanging.poll() is not None
    assert [f.severity for f in patient.examine() if f.key == "port-25"] == [Severity.PASSED]


def test_a_backend_that_does_not_run_is_found(patient: Patient) -> None:
    script = str(patient.settings.home / "bin/backend.sh")
    run([script, "stop"], timeout=60)
    try:
        found = patient.found()
    finally:
        run([script, "start"], timeout=60)
    assert {key: f.severity for key, f in found.items()} == {"backend-services": Severity.INHIBITOR}


@pytest.fixture
def started_again(patient: Patient) -> Iterator[Path]:
    """The backend's script; what a test does to the services and their hooks is mended."""
    script = patient.settings.home / "bin/backend.sh"
    yield script
    for hook in (patient.settings.home / "etc/sandbox.d").iterdir():
        hook.unlink()
    run([str(script), "start"], timeout=60)


def test_a_service_that_ended_is_found_although_others_run(patient: Patient, started_again: Path) -> None:
    sandbox_processes.end([p.pid for p in processes.backend(patient.settings.home) if p.service == "trigger"])
    found = patient.found()
    assert {key: f.severity for key, f in found.items()} == {"backend-services": Severity.INHIBITOR}
    assert found["backend-services"].measured == "trigger stopped"


def test_services_of_which_nothing_is_told_are_not_called_well(patient: Patient, started_again: Path) -> None:
    (patient.settings.home / "etc/sandbox.d/status-fails").touch()
    assert {key: f.severity for key, f in patient.found().items()} == {"backend-services": Severity.UNKNOWN}
    (patient.settings.home / "etc/sandbox.d/once-left").touch()
    (patient.settings.home / "etc/sandbox.d/status-fails").unlink()
    assert {key: f.measured for key, f in patient.found().items()} == {"backend-services": "once incomplete"}


def test_blocks_that_nobody_takes_are_found(patient: Patient) -> None:
    block = patient.settings.home / "var/spool/META/AgnMail=D20200101120000=1=4711=1=x.xml.gz"
    block.parent.mkdir(parents=True, exist_ok=True)
    block.touch()
    try:
        assert patient.found() == {}
        patient.system.ahead = timedelta(minutes=20)
        found = patient.found()
    finally:
        block.unlink()
    assert {key: f.severity for key, f in found.items() if key not in {"job-queue", "mail-log-errors"}} == {
        "blocks-waiting": Severity.INHIBITOR
    }
    assert "mailing 4711" in found["blocks-waiting"].measured


@pytest.mark.parametrize(
    ("values", "stalled"),
    [
        ("0, NOW() - INTERVAL 1 HOUR, NOW() - INTERVAL 1 HOUR, NOW()", True),
        ("0, NOW() + INTERVAL 1 HOUR, NOW() + INTERVAL 1 HOUR, NOW()", False),
        ("0, NOW() - INTERVAL 30 DAY, NOW() - INTERVAL 30 DAY, NOW()", False),
        ("1, NULL, NOW(), NOW() - INTERVAL 20 MINUTE", True),
        ("2, NULL, NOW(), NOW() - INTERVAL 20 MINUTE", False),
        ("2, NULL, NOW(), NOW() - INTERVAL 3 HOUR", True),
        ("3, NULL, NOW(), NOW() - INTERVAL 3 HOUR", False),
    ],
)
def test_mailings_that_do_not_move_are_found(patient: Patient, values: str, stalled: bool) -> None:
    patient.sql(
        "INSERT INTO maildrop_status_tbl (company_id, status_field, mailing_id, genstatus, senddate, gendate, genchange) "
        f"VALUES (1, 'W', 4712, {values})"
    )
    try:
        found = patient.found()
    finally:
        patient.sql("DELETE FROM maildrop_status_tbl WHERE mailing_id = 4712")
    assert {key: f.severity for key, f in found.items()} == ({"mailings-stalled": Severity.INHIBITOR} if stalled else {})


@pytest.mark.parametrize(
    "change",
    ["lastresult = 'java.lang.Error: no'", "nextstart = NOW() - INTERVAL 20 MINUTE",
     "running = 1, laststart = NOW() - INTERVAL 6 HOUR"],
)  # fmt: skip
def test_jobs_that_fail_are_late_or_never_end_are_found(patient: Patient, change: str) -> None:
    before = patient.sql("SELECT lastresult, nextstart, running, laststart FROM job_queue_tbl WHERE id = 2")[0]
    patient.sql(f"UPDATE job_queue_tbl SET {change} WHERE id = 2")
    try:
        found = patient.found()
    finally:
        patient.sql(
            "UPDATE job_queue_tbl SET lastresult = %s, nextstart = %s, running = %s, laststart = %s WHERE id = 2", *before
        )
    assert {key: f.severity for key, f in found.items()} == {"job-queue": Severity.WARNING}
    assert "DBCleaner" in found["job-queue"].measured


def test_errors_that_the_database_has_noted_are_counted(patient: Patient) -> None:
    patient.sql("INSERT INTO emm_db_errorlog_tbl () VALUES ()")
    try:
        found = patient.found()
    finally:
        patient.sql("DELETE FROM emm_db_errorlog_tbl")
    assert {key: f.measured for key, f in found.items()} == {"database-errors": "1 rows in emm_db_errorlog_tbl"}


def test_addresses_that_nobody_has_set_are_found(patient: Patient) -> None:
    patient.sql("INSERT INTO config_tbl (class, name, value) VALUES ('mailaddress', 'sender', '[to be defined]')")
    try:
        found = patient.found()
    finally:
        patient.sql("DELETE FROM config_tbl WHERE class = 'mailaddress'")
    assert found.keys() == {"mail-addresses"}
    assert found["mail-addresses"].fix == "orchestrate config set mailaddress.sender ADDRESS"


def test_a_database_in_another_time_is_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    with monkeypatch.context() as slow:
        slow.setattr("orchestrator.hosts.database.records.time.time", lambda: now - 300)
        found = patient.found()
    assert found.keys() == {"clock"}
    assert "ahead of this host" in found["clock"].measured
    seen(found["clock"].fix)
    assert patient.found() == {}, "both clocks tell the same"


def published(fix: str) -> list[str]:
    """The record that it asks for, as a zone holds it."""
    record = fix.partition('TXT "')[2].partition('"')[0]
    return [" ".join(f'"{record[n : n + 200]}"' for n in range(0, len(record), 200))]


@pytest.mark.parametrize("kind", ["rsa", "ed25519", "bare"])
def test_a_key_is_held_against_what_is_published(patient: Patient, kind: str) -> None:
    args = ["-algorithm", "ed25519"] if kind == "ed25519" else ["-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:1024"]
    private = run(["openssl", "genpkey", *args], timeout=30).stdout
    public = run(["openssl", "pkey", "-pubout"], timeout=30, input=private).stdout
    stored = "".join(line for line in private.splitlines() if not line.startswith("-")) if kind == "bare" else private
    patient.sql(
        "INSERT INTO dkim_key_tbl (company_id, domain, selector, domain_key) VALUES (1, 'sandbox.test', 'emm', %s)", stored
    )
    missing = patient.found()["dkim"]
    assert missing.severity is Severity.WARNING
    record = missing.fix.partition('TXT "')[2].removesuffix('"')
    assert record.startswith("v=DKIM1; k=" + ("ed25519" if kind == "ed25519" else "rsa"))
    if kind != "ed25519":
        assert record.partition("p=")[2] == "".join(public.splitlines()[1:-1])
    assert private.splitlines()[1] not in str(missing)
    patient.zone[KEY_NAME, "TXT"] = published(missing.fix)
    assert "dkim" not in patient.found()
    patient.zone[KEY_NAME, "TXT"].append('"v=DKIM1; p=MIGfMA0"')
    several = patient.found()["dkim"]
    seen(several.fix)
    patient.zone[KEY_NAME, "TXT"] = published(several.fix)
    assert "dkim" not in patient.found()
    patient.zone[KEY_NAME, "TXT"] = ['"v=DKIM1; p=MIGfMA0"']
    assert "publishes another key" in patient.found()["dkim"].measured
    patient.zone[KEY_NAME, "TXT"] = ['"v=DKIM1; p="']
    assert "revoked" in patient.found()["dkim"].measured


@pytest.mark.parametrize(
    ("stored", "said"), [(None, "no key is stored"), ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "openssl")]
)
def test_a_key_that_is_none_is_found(patient: Patient, stored: str | None, said: str) -> None:
    patient.sql(
        "INSERT INTO dkim_key_tbl (company_id, domain, selector, domain_key) VALUES (1, 'sandbox.test', 'emm', %s)", stored
    )
    found = patient.found()["dkim"]
    assert found.severity is Severity.WARNING
    assert said in found.measured
    patient.sql("UPDATE dkim_key_tbl SET domain_key = %s WHERE domain = 'sandbox.test'", follow(found.fix).stdout)
    patient.zone[KEY_NAME, "TXT"] = published(patient.found()["dkim"].fix)
    assert "dkim" not in patient.found()


def test_a_sound_key_whose_record_cannot_be_asked_for_is_unknown(patient: Patient) -> None:
    private = run(["openssl", "genpkey", "-algorithm", "ed25519"], timeout=30).stdout
    patient.sql(
        "INSERT INTO dkim_key_tbl (company_id, domain, selector, domain_key) VALUES (1, 'sandbox.test', 'emm', %s)", private
    )
    with name_server({}, broken=True) as broken:
        found = patient.found(broken)["dkim"]
    assert found.severity is Severity.UNKNOWN
    assert "the key is sound" in found.measured
