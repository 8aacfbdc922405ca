"""The machine, and mail in the spool."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from home_tree import link, put

from orchestrator.hosts.application import spool
from orchestrator.hosts.application.application import RealApplication
from orchestrator.hosts.real import open_host
from orchestrator.hosts.software.software import RealSoftware
from orchestrator.hosts.system.system import RealSystem
from orchestrator.settings import Settings

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def block(home: Path, when: datetime, mailing: int, number: int, suffix: str = ".xml.gz") -> Path:
    stamp = when.astimezone().strftime("%Y%m%d%H%M%S")
    path = put(home / spool.META / f"AgnMail-{stamp}={stamp}=1={mailing}={number}=liaaaa{suffix}")
    os.utime(path, (NOW.timestamp() - 60 * number,) * 2)
    return path


@pytest.fixture
def machine(settings: Settings) -> RealSystem:
    return RealSystem(settings.home)


def test_times_are_aware(machine: RealSystem) -> None:
    assert machine.now().utcoffset() == timedelta(0)
    assert machine.local_time().tzinfo is not None


def test_free_space_is_told_also_for_what_is_not_there_yet(machine: RealSystem, tmp_path: Path) -> None:
    assert machine.space(str(tmp_path)).free > 0
    assert abs(machine.space(str(tmp_path / "a/b/c")).free - machine.space(str(tmp_path)).free) < 1 << 30


def test_programs_are_found_where_commands_run() -> None:
    assert RealSoftware().program("sh") in {"/usr/bin/sh", "/bin/sh"}
    assert RealSoftware().program("no-such-program") is None


def test_what_is_not_known_of_the_machine_is_left_out(machine: RealSystem) -> None:
    facts = machine.facts()
    assert set(facts) <= {"os", "python", "java", "tomcat", "mta"}
    assert all(facts.values())
    assert "tomcat" not in facts


def test_java_and_tomcat_are_those_of_the_home(machine: RealSystem, settings: Settings) -> None:
    put(settings.home / "opt/jdk/bin/java", "#!/bin/sh\necho 'openjdk version \"1.8.0_392\"' >&2\n", 0o755)
    link(settings.home / "opt/java", "jdk")
    (settings.home / "opt/apache-tomcat-9.0.43").mkdir()
    link(settings.home / "opt/tomcat", "apache-tomcat-9.0.43")
    facts = machine.facts()
    assert (facts["java"], facts["tomcat"]) == ("1.8.0_392", "9.0.43")
    put(settings.home / "opt/jdk/release", 'IMPLEMENTOR="x"\nJAVA_VERSION="11.0.2"\n')
    put(settings.home / "opt/tomcat/RELEASE-NOTES", "\n     Apache Tomcat Version 9.0.50\n")
    facts = machine.facts()
    assert (facts["java"], facts["tomcat"]) == ("11.0.2", "9.0.50")


def test_setenv_says_which_java_is_meant(machine: RealSystem, settings: Settings) -> None:
    put(settings.home / "bin/setenv.sh", 'export JAVA_HOME="$HOME/own"\n')
    put(settings.home / "own/bin/java", "", 0o755)
    put(settings.home / "own/release", 'JAVA_VERSION="17.0.1"\n')
    assert machine.facts()["java"] == "17.0.1"


def test_a_java_that_cannot_run_is_not_known(machine: RealSystem, settings: Settings) -> None:
    put(settings.home / "opt/java/bin/java", "no program", 0o644)
    assert "java" not in machine.facts()


def test_an_empty_spool_holds_no_mail(settings: Settings) -> None:
    assert RealApplication(settings).pending_mail() == []


def test_blocks_are_told_by_mailing_and_by_whether_they_are_due(settings: Settings) -> None:
    for number in (1, 2):
        block(settings.home, NOW - timedelta(hours=1), 5, number)
    block(settings.home, NOW + timedelta(hours=2), 7, 1)
    block(settings.home, NOW, 8, 1, ".stamp")
    block(settings.home, NOW, 8, 1, ".final")
    put(settings.home / spool.META / "other=file.xml.gz")
    put(settings.home / spool.META / "AgnMail=soon=1=9x=1=liaaaa.xml.gz")
    found = {(dispatch.key, dispatch.mailing): dispatch for dispatch in spool.pending(settings.home, NOW)}
    assert set(found) == {("blocks", 5), ("planned", 7), ("blocks", 9)}
    assert found["blocks", 5].what == "2 blocks of mailing 5 not yet handed to the mail server"
    assert found["blocks", 5].since == NOW - timedelta(seconds=60)


@pytest.mark.parametrize("home_is_ours", [True, False])
def test_a_running_xmlback_of_this_home_is_a_block_being_sent(settings: Settings, tmp_path: Path, home_is_ours: bool) -> None:
    home = settings.home if home_is_ours else tmp_path / "other"
    program = home / "bin/xmlback"
    program.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(shutil.which("sh") or "/bin/sh").resolve(), program)
    file = block(home, NOW, 5, 1)
    file.write_text("read line\n")
    process = subprocess.Popen([program, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/")
    try:
        found = [dispatch for dispatch in spool.pending(settings.home, NOW) if dispatch.key == "sending"]
    finally:
        process.communicate(b"go\n", timeout=10)
    assert [(dispatch.mailing, str(process.pid) in dispatch.what) for dispatch in found] == ([(5, True)] if home_is_ours else [])


def test_a_host_loads_only_what_is_used(settings: Settings) -> None:
    code = (
        "import sys; from pathlib import Path; from orchestrator.settings import Settings;"
        f"from orchestrator.hosts.real import open_host; host = open_host(Settings(name='x', home=Path({str(settings.home)!r})));"
        "host.home.active();"
        "assert not {'pymysql', 'requests', 'sqlalchemy', 'zstandard'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_host_makes_each_adapter_once(settings: Settings) -> None:
    host = open_host(settings)
    assert (host.name, host.home_path) == ("test", str(settings.home))
    assert (host.backups_path, host.scratch_path) == (str(settings.backups), str(settings.scratch))
    assert host.home is host.home
    assert host.system is host.system
    assert host.application is host.application
