"""The files an installation writes, taken by the programs that own them."""

from __future__ import annotations

import gzip
import os
import pwd
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.command import run
from orchestrator.hosts.system.system import RealSystem
from orchestrator.hosts.units.systemd import Systemd
from workflows.model.answers import Answers
from workflows.model.installation import InstallPlan
from workflows.model.plans import Hop, LineRules, Release
from workflows.rules.texts import logrotate, rsyslog
from workflows.steps.application.unit import NAME, StartupUnit
from workflows.steps.machine.logging import HANG_UP, MAILLOG
from workflows.steps.machine.logging import RSYSLOG as DROP_IN
from workflows.steps.machine.logrotate import LogRotation

TEXTS = Path(__file__).parents[2] / "system/setup_texts"
USER = "daemon"  # on every host, with a group of its name
DAY = 86400.0
HOP = Hop(1, "none", Release("20.10.000.152", ()), LineRules("20.10"), final=True)
ANSWERS = Answers(url="https://a.example.com", name="a.example.com", mailloop_domain="m.example.com")
PLAN = InstallPlan(source="none", target="20.10.000.152", hop=HOP, answers=ANSWERS, user=USER)


def lay(home: Path, files: dict[str, float]) -> None:
    """Make files of that age in days, USER's, with their folders."""
    account = pwd.getpwnam(USER)
    for name, days in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 20480)
        for made in (path, *path.relative_to(home).parents):
            os.chown(home / made, account.pw_uid, account.pw_gid)
        os.utime(path, (time.time() - days * DAY,) * 2)


def names(home: Path) -> set[str]:
    """The files that are there."""
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


@pytest.mark.parametrize("tool", ["logrotate"], indirect=True)
@pytest.mark.usefixtures("tool")
def test_a_real_rotation_cleans_up_what_is_old_and_nothing_else_in_a_home_with_blanks(open_folder: Path) -> None:
    home = open_folder / "open emm"
    stays = {
        "runtime/logs/access/access.log": 0.5, "runtime/logs/access/kept.log.gz": 60, "runtime/logs/localhost.log": 0.5,
        "runtime/logs/webapps/new.txt": 4, "var/spool/ARCHIVE/2020 new/mail": 30, "var/log/new.log": 20, "var/log/old.txt": 99,
        "runtime/logs/fresh.gz": 5,
    }  # fmt: skip
    goes = {
        "runtime/logs/access/gone.log.gz": 99, "runtime/logs/old.gz": 20, "runtime/logs/localhost.2020.log": 3,
        "runtime/logs/host-manager.2020.log": 3, "runtime/logs/webapps/sub/old.txt": 9, "var/spool/ARCHIVE/2020 old/mail": 30,
        "var/spool/ARCHIVE/2020-old/mail": 30, "var/log/old.log": 99,
    }  # fmt: skip
    lay(home, {"runtime/logs/catalina.out": 0, "runtime/logs/access/closed.log": 3, **stays, **goes})
    (home / "logs").symlink_to("runtime/logs")
    for archive in ("2020 old", "2020-old"):
        os.utime(home / "var/spool/ARCHIVE" / archive, (time.time() - 20 * DAY,) * 2)
    os.utime(home / "var/spool/ARCHIVE", (time.time() - 20 * DAY,) * 2)
    text = LogRotation(replace(PLAN, home=str(home))).text()
    assert RealSystem().verify_logrotate(text) == []
    file = open_folder / "rotation"
    file.write_text(text)
    said = run(["logrotate", f"--state={open_folder}/state", "--force", str(file)], timeout=60, expect=None)
    assert (said.exit_code, said.stderr) == (0, "")
    rotated = {name for name in names(home) if name.startswith("runtime/logs/catalina.out-")}
    assert len(rotated) == 1
    assert names(home) - rotated == {"runtime/logs/catalina.out", "runtime/logs/access/closed.log.gz", *stays}
    assert (home / "logs/catalina.out").stat().st_size == 0, "Tomcat writes on into the same file"
    assert gzip.decompress((home / "logs/access/closed.log.gz").read_bytes()) == b"x" * 20480
    assert (home / "var/spool/ARCHIVE").is_dir()
    assert {path.owner() for path in home.rglob("*")} == {USER}, "it was rotated as OpenEMM's user"


@pytest.mark.parametrize("tool", ["logrotate"], indirect=True)
@pytest.mark.usefixtures("tool")
def test_a_mail_log_is_readable_after_a_real_rotation_and_the_log_beside_it_stays_closed(tmp_path: Path) -> None:
    log, secure = tmp_path / "maillog", tmp_path / "secure"
    delivered = (TEXTS / "rhel8/logrotate.d__rsyslog").read_text().replace("/var/log/", f"{tmp_path}/")
    left, own = _moved(delivered.replace("/usr/bin/systemctl kill -s HUP rsyslog.service", "true"), str(log))
    for path in (log, secure):
        path.write_text("a line\n")
        path.chmod(0o600)
    for name, text in (("left", left), ("own", own)):
        assert RealSystem().verify_logrotate(text) == []
        (tmp_path / name).write_text(f"rotate 1\ncreate\n{text}")  # as the distribution's logrotate.conf says
    run(["logrotate", f"--state={tmp_path}/state", "--force", f"{tmp_path}/left", f"{tmp_path}/own"], timeout=60)
    assert (log.stat().st_mode & 0o777, secure.stat().st_mode & 0o777) == (0o644, 0o600)


def _moved(text: str, path: str) -> tuple[str, str]:
    block = logrotate.rotating(text, path)
    assert block is not None
    return logrotate.moved(text, block, path, "own")


@pytest.mark.parametrize("tool", ["logrotate"], indirect=True)
@pytest.mark.usefixtures("tool")
def test_logrotate_takes_the_block_for_a_log_that_nothing_rotated_and_refuses_a_broken_one() -> None:
    text = logrotate.own(MAILLOG, HANG_UP)
    assert RealSystem().verify_logrotate(text) == []
    assert "unknown option 'rotat'" in RealSystem().verify_logrotate(text.replace("rotate 4", "rotat 4"))[0]


@pytest.mark.parametrize("tool", ["rsyslogd"], indirect=True)
@pytest.mark.parametrize("distribution", ["rhel8", "rhel7"])
@pytest.mark.usefixtures("tool")
def test_rsyslogd_takes_the_limits_in_the_form_of_each_distribution(distribution: str) -> None:
    text = (TEXTS / distribution / "rsyslog.conf").read_text()
    changed = rsyslog.with_imjournal(text)
    assert changed != text
    assert RealSystem().verify_rsyslog({"/etc/rsyslog.conf": changed}) == []


@pytest.mark.parametrize("tool", ["rsyslogd"], indirect=True)
@pytest.mark.usefixtures("tool")
def test_rsyslogd_refuses_a_rule_that_it_would_not_read_and_names_the_file_it_would_stand_in() -> None:
    said = RealSystem().verify_rsyslog({DROP_IN: 'mail.* action(type="omfile" file="/var/log/maillog" colour="red")\n'})
    assert f"parsing file {DROP_IN}" in said[0]
    assert "parameter 'colour' not known" in said[0]


@pytest.mark.parametrize("tool", ["systemd-analyze"], indirect=True)
@pytest.mark.usefixtures("tool")
def test_systemd_takes_the_unit_and_refuses_one_whose_program_is_not_there(tmp_path: Path) -> None:
    home = tmp_path / "open emm 100%"
    program = home / "bin/openemm.sh"
    setup: Any = SimpleNamespace(
        server=SimpleNamespace(unit=lambda: "mariadb.service"),
        mail=SimpleNamespace(server=lambda mta: SimpleNamespace(units=["postfix.service"])),
    )
    text = StartupUnit(replace(PLAN, home=str(home))).text(setup)
    assert _about(Systemd().verify(NAME, text), "not executable")
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert Systemd().verify(NAME, text) == []
    assert _about(Systemd().verify(NAME, text.replace("Type=oneshot", "Typ=oneshot")), "Unknown key")


def _about(lines: Iterable[str], words: str) -> bool:
    return any(words in line for line in lines)
