"""What counts: which values are real, which processes are ours, when a block is due."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from orchestrator.hosts import processes
from orchestrator.hosts.processes import Process
from orchestrator.hosts.spool import due_at
from workflows.site_values import is_real

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
        (["java", "-cp", "/opt/x.jar:/home/openemm/JAVA/backend.jar", "Main"], False, True),
        (["/usr/bin/python3.9", "/home/openemm/scripts/trigger3.py"], False, True),
        (["/home/openemm/bin/bav", "-L", "INFO"], False, True),
        (["/bin/bash", "/home/openemm/bin/emm.sh", "status"], False, False),
        (["/bin/sh", "/home/openemm/release/backend/current/bin/backend.sh", "status"], False, False),
        (["vi", "/home/openemm/scripts/trigger3.py"], False, False),
        (["/usr/bin/python3", "/home/openemm2/scripts/trigger3.py"], False, False),
        (["mariadbd", "--datadir=/home/openemm/db"], False, False),
    ],
)
def test_a_process_is_told_by_its_command_line(args: list[str], frontend: bool, backend: bool) -> None:
    process = Process(7, tuple(args))
    assert bool(processes.frontend(HOME, [process])) is frontend
    assert bool(processes.backend(HOME, [process])) is backend


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
