"""What counts: which values are real, which processes are ours, when a block is due."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from orchestrator import processes
from orchestrator.hosts.application import services
from orchestrator.hosts.application.spool import due_at
from orchestrator.processes import Process
from workflows.rules.site_values import is_real

HOME = Path("/home/openemm")


@pytest.mark.parametrize(
    ("value", "real"),
    [
        ("https://mail.example.com", True),
        ("a@example.com,b@example.com", True),
        ("a@example.com, b@example.com", True),
        ("${home}/bin/xmlback", True),
        ("", False),
        ("  ", False),
        ("[to be defined]", False),
        ("http://[to be defined]/birt", False),
        ("@SYSTEM.URL@", False),
        ("${system.url}", False),
        ("${HOME}/x", False),
    ],
)
def test_a_value_is_real_when_somebody_set_it(value: str, real: bool) -> None:
    assert is_real(value) is real


@pytest.mark.parametrize(
    ("args", "frontend", "backend"),
    [
        (["java", "-Dcatalina.base=/home/openemm/tomcat", "org.apache.catalina.startup.Bootstrap"], True, False),
        (["java", "-Dcatalina.base=/home/openemm", "org.apache.catalina.startup.Bootstrap"], True, False),
        (["java", "-Dcatalina.base=/home/openemm2/tomcat", "org.apache.catalina.startup.Bootstrap"], False, False),
        (["java", "-Dcatalina.base=/srv/home/openemm/tomcat", "org.apache.catalina.startup.Bootstrap"], False, False),
        (["grep", "org.apache.catalina"], False, False),
        (["setsid", "java", "-Dcatalina.base=/home/openemm/tomcat", "org.apache.catalina.startup.Bootstrap"], True, False),
        (["java", "-cp", "/opt/x.jar:/home/openemm/JAVA/backend.jar", "Main"], False, True),
        (["/usr/bin/python3.9", "/home/openemm/scripts/trigger3.py"], False, True),
        (["/home/openemm/bin/bav", "-L", "INFO"], False, True),
        (["/bin/bash", "/home/openemm/bin/emm.sh", "status"], False, False),
        (["/bin/sh", "/home/openemm/release/backend/current/bin/backend.sh", "status"], False, False),
        (["vi", "/home/openemm/scripts/trigger3.py"], False, False),
        (["/usr/bin/python3", "/home/openemm2/scripts/trigger3.py"], False, False),
        (["mariadbd", "--datadir=/home/openemm/db"], False, False),
        (["python3 /home/openemm/scripts/trigger3.py -bw [watchdog]"], False, True),
        (["python3 /home/openemm/scripts/slrtscn3.py -b"], False, True),
        (["/home/openemm/.venv.3.9/bin/python3 /home/openemm/scripts/generate3.py -b [schedule]"], False, True),
        (["python3 /home/openemm/scripts/watchdog3.py -bo- -- /home/openemm/bin/bav -L DEBUG -l"], False, True),
        (["python3", "-Xutf8", "-W", "ignore", "/home/openemm/release/backend/V20.10.000.126/scripts/pickdist3.py"], False, True),
        (["/bin/bash", "/home/openemm/bin/mailout.sh", "stop"], False, True),
        (["/bin/sh", "-c", "/home/openemm/bin/janitor.sh >/dev/null"], False, True),
        (["python3 /home/openemm2/scripts/trigger3.py -bw [watchdog]"], False, False),
        (["python3 /srv/home/openemm/scripts/trigger3.py -bw [watchdog]"], False, False),
        (["/bin/bash", "/home/openemm/bin/trigger.sh", "status"], False, False),
        (["python3 /home/openemm/scripts/service3.py -i openemm status"], False, False),
        (["runuser", "-u", "openemm", "--", "/home/openemm/release/backend/current/bin/backend.sh", "stop"], False, False),
        (["less", "/home/openemm/scripts/trigger3.py"], False, False),
        (["tail", "-f", "/home/openemm/lib/bav.rc"], False, False),
        (["grep", "-r", "x", "/home/openemm/scripts"], False, False),
        (["rsync", "-a", "/home/openemm/release/backend", "backup:"], False, False),
        (["tar", "czf", "/backup.tgz", "/home/openemm/bin"], False, False),
        (["/usr/bin/python3", "/usr/bin/borg", "create", "/home/openemm/scripts"], False, False),
        (["python3 /usr/bin/borg create ::x /home/openemm/scripts"], False, False),
        (["/bin/bash", "/root/backup.sh", "/home/openemm/bin"], False, False),
        (["bash", "-c", "tail -f /home/openemm/scripts/trigger3.py"], False, False),
        (["perl", "/usr/bin/ack", "x", "/home/openemm/scripts"], False, False),
        (["python3", "-m", "http.server", "--directory", "/home/openemm/lib"], False, False),
        (["grep", "-r", "org.apache.catalina", "/home/openemm/tomcat"], False, False),
        (["-bash"], False, False),
        ([" "], False, False),
    ],
)
def test_a_process_is_told_by_its_command_line(args: list[str], frontend: bool, backend: bool) -> None:
    process = Process(7, tuple(args))
    assert bool(processes.frontend(HOME, [process])) is frontend
    assert bool(processes.backend(HOME, [process])) is backend


@pytest.mark.parametrize(
    ("process", "ours"),
    [
        (Process(7, ("./bav", "-L"), exe="/home/openemm/release/backend/V20.10.000.126/bin/bav"), True),
        (Process(7, ("python3", "scripts/trigger3.py"), cwd="/home/openemm"), True),
        (Process(7, ("python3", "trigger3.py"), cwd="/home/openemm/release/backend/V20.10.000.126/scripts"), True),
        (Process(7, ("python3", "trigger3.py", "/home/openemm/scripts"), cwd="/root"), False),
        (Process(7, ("mailings of /home/openemm/scripts are due",), exe="/usr/bin/python3.9"), True),
        (Process(7, ("mailings of /home/openemm/scripts are due",), exe="/usr/bin/vim.basic"), False),
    ],
)
def test_a_process_is_told_by_its_file_and_folder_too(process: Process, ours: bool) -> None:
    assert bool(processes.backend(HOME, [process])) is ours


@pytest.mark.parametrize(
    ("args", "service"),
    [
        (["python3 /home/openemm/scripts/bav-update3.py -bw [watchdog]"], "bav-update"),
        (["python3 /home/openemm/scripts/watchdog3.py -bo- -- /home/openemm/bin/bav -L DEBUG -l"], "bav"),
        (
            ["python3 /home/openemm/scripts/watchdog3.py -r1800 -- java -Xms256m org.agnitas.backend.MailoutServerXMLRPC *"],
            "mailout",
        ),
        (["java", "-Xms256m", "org.agnitas.backend.MailoutServerXMLRPC", "*"], "mailout"),
        (["/home/openemm/bin/bav", "-L"], "bav"),
        (["/bin/bash", "/home/openemm/bin/mailout.sh", "stop"], "mailout"),
    ],
)
def test_a_process_is_named_as_the_backend_names_it(args: list[str], service: str) -> None:
    assert Process(7, tuple(args)).service == service


def test_a_title_is_shown_whole_and_of_arguments_only_what_runs() -> None:
    title = "python3 /home/openemm/scripts/trigger3.py -bw [watchdog]"
    assert str(Process(7, (title,))) == f"7 {title}"
    assert str(Process(7, ("/usr/bin/python3", "/home/openemm/scripts/x.py", "hunter2"))) == "7 python3 x.py"


def test_a_status_is_read_padded_and_with_its_comment() -> None:
    told = (
        "trigger: marked as inactive\nonce        : incomplete (2 files remaining: a b)\nmailout     : stopped\n"
        "mta         : stopped (stopped)\ndirect-path : running\nstop bav .. done\nbav-update: fail\nTraceback: running late\n"
    )
    assert services.parse(told) == {
        "once": "incomplete", "mailout": "stopped", "mta": "stopped", "direct-path": "running", "bav-update": "fail",
    }  # fmt: skip


def test_what_is_the_mail_servers_or_runs_once_is_no_service_that_runs() -> None:
    everything = dict.fromkeys(("once", "mta", "mlcontrol", "mlprepare", "bav"), "running")
    assert services.up(everything) == ["bav"]
    assert services.up({"trigger": "incomplete", "bavd": "fail", "update": "stopped", "once": "incomplete"}) == ["trigger"]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("20261122131500", "2026-11-22T13:15:00"),
        ("D20261122131500", "2026-11-22T13:15:00"),
        ("202611221315", "2026-11-22T13:15:00"),
        ("20261322131500", None),
        ("soon", None),
    ],
)
def test_a_block_tells_when_it_is_due_in_the_hosts_zone(stamp: str, expected: str | None) -> None:
    due = due_at(f"AgnMail-x={stamp}=1=5=1=liaaaa.xml.gz")
    assert due == (datetime.fromisoformat(expected).astimezone() if expected else None)
    assert due is None or due.tzinfo is not None
