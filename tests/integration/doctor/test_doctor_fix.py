"""--fix on real files: what it changes, that it is on record, and that a second time changes nothing."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli.group import run
from orchestrator.runs.site import Site
from orchestrator.settings import load
from orchestrator.upkeep.fixing import ALL, chosen, fix
from orchestrator.views.doctor import keys
from tests.documents import validate
from tests.integration.doctor.conftest import Patient
from tests.remedies.follow import seen
from workflows.model.errors import RefusedError

pytestmark = pytest.mark.integration
AJP = "tomcat-ajp-connector"
KINDS = ("fix-begun", "fix-applied", "fix-failed")
KEYS = keys()
CONNECTOR = """<?xml version="1.0" encoding="UTF-8"?>\r
<!-- <Connector port="8009" protocol="AJP/1.3"/> ä -->\r
<Server><Service>\r
    <Connector port="8009" protocol="AJP/1.3" redirectPort="8443"\r
               useBodyEncodingForURI="true" />\r
    <Connector port="8080" protocol="HTTP/1.1"/>  \r
</Service></Server>\r
"""


@pytest.fixture
def site(patient: Patient) -> Iterator[Site]:
    with Site.open(patient.settings) as made:
        vars(made)["host"] = patient.host
        yield made


@pytest.fixture
def server_xml(doctor_sandbox: Path) -> Iterator[Path]:
    """A server.xml with the connector, another one in a comment, and Windows' line ends."""
    path = doctor_sandbox / "home/conf/server.xml"
    before = path.read_bytes()
    path.write_bytes(CONNECTOR.encode())
    yield path
    path.write_bytes(before)


def recorded(site: Site) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.kind, dict(entry.evidence)) for entry in site.ledger.entries(kind=KINDS)]


def on_disk(sandbox: Path) -> list[tuple[str, dict[str, Any]]]:
    with Site.open(load(str(sandbox), {}), readonly=True) as site:
        return recorded(site)


def test_a_mail_log_nobody_may_read_is_given_its_mode_once(patient: Patient, site: Site) -> None:
    log = patient.root / "var/log/maillog"
    log.chmod(0o600)
    before = len(recorded(site))
    (finding,) = chosen(patient.examine(), ALL, KEYS)
    done = fix(site, finding, reason="guide 4.7")
    assert stat.S_IMODE(log.stat().st_mode) == 0o644
    assert (done.before["mode"], done.after["mode"]) == ("0600", "0644")
    begun, applied = recorded(site)[before:]
    assert (begun[0], applied[0]) == ("fix-begun", "fix-applied")
    assert applied[1]["before"] == {"mode": "0600", "path": str(log)}
    assert applied[1]["after"] == {"mode": "0644", "path": str(log)}
    assert [entry.actor["reason"] for entry in site.ledger.entries(kind="fix-applied")][-1] == "guide 4.7"
    assert patient.found() == {}
    assert chosen(patient.examine(), ALL, KEYS) == []


def test_a_log_under_another_name_gets_the_link_once(patient: Patient, site: Site) -> None:
    log = patient.root / "var/log/maillog"
    log.rename(log.with_name("mail.log"))
    (finding,) = chosen(patient.examine(), ALL, KEYS)
    fix(site, finding, reason=None)
    assert log.readlink() == log.with_name("mail.log")
    assert patient.found() == {}
    fix(site, finding, reason=None)
    assert log.readlink() == log.with_name("mail.log")


def test_what_has_changed_since_is_left_alone_and_that_is_on_record(patient: Patient, site: Site) -> None:
    log = patient.root / "var/log/maillog"
    log.rename(log.with_name("mail.log"))
    (finding,) = chosen(patient.examine(), ALL, KEYS)
    log.write_text("written meanwhile")
    with pytest.raises(RefusedError) as caught:
        fix(site, finding, reason=None)
    assert caught.value.error_key == "remedy-outdated"
    assert (log.is_symlink(), log.read_text()) == (False, "written meanwhile")
    assert [kind for kind, _ in recorded(site)[-2:]] == ["fix-begun", "fix-failed"]
    seen(caught.value.next[0])
    assert chosen(patient.examine(), ALL, KEYS) == []


def test_a_connector_is_removed_when_it_is_named_byte_by_byte_and_once(
    doctor_sandbox: Path, server_xml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(*args: str) -> dict[str, Any]:
        run(["--site", str(doctor_sandbox), "check", "--json", "--yes", *args])
        document = json.loads(capsys.readouterr().out)
        validate(document)
        return dict(document)

    before = len(on_disk(doctor_sandbox))
    finding = next(f for f in say("--fix")["findings"] if f["key"] == AJP)
    assert (finding["severity"], finding["fixable"], server_xml.read_bytes()) == ("warning", True, CONNECTOR.encode())
    (done,) = say("--fix", AJP)["fixed"]
    lines = CONNECTOR.splitlines(keepends=True)
    assert server_xml.read_bytes() == "".join(lines[:3] + lines[5:]).encode()
    digest = hashlib.sha256(CONNECTOR.encode()).hexdigest()
    assert done["before"]["sha256"] == digest
    assert (doctor_sandbox / "state/fixes" / digest).read_bytes() == CONNECTOR.encode()
    assert say("--fix", AJP)["fixed"] == []
    assert [kind for kind, _ in on_disk(doctor_sandbox)[before:]] == ["fix-begun", "fix-applied"]


def test_on_a_terminal_each_is_asked_and_no_changes_nothing(doctor_sandbox: Path, server_xml: Path) -> None:
    master, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "orchestrator.cli.main", "--site", str(doctor_sandbox), "check", "--fix", AJP],
        stdin=terminal, stdout=terminal, stderr=subprocess.STDOUT, env={**os.environ, "TERM": "dumb"},
    ) as process:  # fmt: skip
        os.close(terminal)
        shown = b""
        while b"[y/N] " not in shown:
            shown += os.read(master, 4096)
        os.write(master, b"n\n")
        try:
            while part := os.read(master, 4096):
                shown += part
        except OSError:  # the other side has ended
            pass
    os.close(master)
    assert b"Remove the AJP connector from" in shown
    assert (process.returncode, server_xml.read_bytes()) == (0, CONNECTOR.encode())


def test_without_a_terminal_and_without_yes_nothing_is_changed(
    doctor_sandbox: Path, server_xml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--site", str(doctor_sandbox), "check", "--fix", AJP]) == 2
    assert "[answer-missing]" in capsys.readouterr().err
    assert run(["--site", str(doctor_sandbox), "doctor", "--fix", "nope", "--yes"]) == 2
    assert "[check-unknown]" in capsys.readouterr().err
    assert server_xml.read_bytes() == CONNECTOR.encode()


@pytest.mark.parametrize(("place", "changed"), [("fix:1", False), ("fix:2", True)])
def test_killed_in_a_fix_the_ledger_says_that_it_was_begun_and_the_next_one_ends_it(
    doctor_sandbox: Path, server_xml: Path, place: str, changed: bool
) -> None:
    before = len(on_disk(doctor_sandbox))
    args = [sys.executable, "-m", "orchestrator.cli.main", "--site", str(doctor_sandbox), "check", "--fix", AJP, "--yes"]
    cut = subprocess.run(args, env={**os.environ, "ORCHESTRATE_FAULT": place}, check=False, capture_output=True, timeout=60)
    assert cut.returncode == -9
    assert (server_xml.read_bytes() != CONNECTOR.encode()) == changed
    assert [kind for kind, _ in on_disk(doctor_sandbox)[before:]] == ["fix-begun"]
    subprocess.run(args, check=True, capture_output=True, timeout=60)
    assert b"8009" not in server_xml.read_bytes().partition(b"-->")[2]


def test_the_doctor_comes_where_nothing_can_be_written_and_tells_all_it_found_as_data(
    doctor_sandbox: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATE_STATE", "/proc/nowhere")
    monkeypatch.setenv("ORCHESTRATE_DATABASE_SOCKET", "/nowhere.sock")
    code = run(["--site", str(doctor_sandbox), "--json", "doctor", "--resolver", "127.0.0.1:1"])
    document = json.loads(capsys.readouterr().out)
    validate(document)
    assert (code, document["stopped"], document["fixed"]) == (3, True, [])
    assert {"mail-database": "inhibitor", "clock": "unknown"}.items() <= {
        f["key"]: f["severity"] for f in document["findings"]
    }.items()


def test_a_resolver_that_is_none_is_refused(doctor_sandbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--site", str(doctor_sandbox), "doctor", "--resolver", "nine"]) == 2
    assert "[resolver-malformed]" in capsys.readouterr().err


def test_a_plain_check_of_a_sandbox_needs_no_target(doctor_sandbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["--site", str(doctor_sandbox), "--json", "check"])
    document = json.loads(capsys.readouterr().out)
    validate(document)
    assert len(document["findings"]) > 10
