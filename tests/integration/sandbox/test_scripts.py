"""The scripts lie as the vendor's do (facts 11)."""

from __future__ import annotations

import pytest
from sandbox_kit import Sandbox

from orchestrator.sandbox import processes

pytestmark = pytest.mark.integration


@pytest.fixture
def started(sandbox: Sandbox) -> Sandbox:
    sandbox.start()
    return sandbox


def test_a_start_of_what_runs_and_a_stop_of_what_does_not_exit_with_2(started: Sandbox) -> None:
    assert started.script("emm.sh", "start").exit_code == 2
    assert started.script("emm.sh", "stop").exit_code == 0
    assert not started.running()
    assert started.script("emm.sh", "stop").exit_code == 2


def test_a_restart_of_a_stopped_system_does_not_start_it(sandbox: Sandbox) -> None:
    assert sandbox.script("emm.sh", "restart").exit_code == 2
    assert not sandbox.running()
    assert sandbox.script("emm.sh", "force-restart").exit_code == 0
    assert sandbox.running()


def test_a_start_that_takes_too_long_exits_with_0(sandbox: Sandbox) -> None:
    (sandbox.home / "etc/sandbox.start_delay").write_text("60")
    assert sandbox.script("emm.sh", "start", limit=1).exit_code == 0
    assert "Server startup in" not in sandbox.log.read_text()


def test_an_old_line_in_the_log_satisfies_the_next_start(started: Sandbox) -> None:
    started.stop()
    (started.home / "etc/sandbox.start_delay").write_text("60")
    assert started.script("emm.sh", "start", limit=30).exit_code == 0
    assert started.log.read_text().count("Server startup in") == 1


def test_a_start_with_bean_errors_exits_with_0(sandbox: Sandbox) -> None:
    sandbox.log.write_text("Caused by: BeanCreationException\nServer startup in [1] milliseconds\n")
    done = sandbox.script("emm.sh", "start")
    assert done.exit_code == 0
    assert "has errors" in done.stdout


def test_without_java_the_start_exits_with_2(sandbox: Sandbox) -> None:
    (sandbox.home / "opt/java/bin/java").unlink()
    assert sandbox.script("emm.sh", "start").exit_code == 2


def test_openemm_sh_exits_with_0_whatever_happened(sandbox: Sandbox) -> None:
    sandbox.hook("backend-fail")
    sandbox.server.stop()
    assert sandbox.script("openemm.sh", "start", limit=15).exit_code == 0
    assert sandbox.version()[0] == 404
    assert sandbox.script("openemm.sh", "stop").exit_code == 0
    assert sandbox.script("openemm.sh", "stop").exit_code == 0
    assert sandbox.script("openemm.sh", "nonsense").exit_code == 2


def test_the_database_login_stands_in_context_xml_after_a_start(started: Sandbox) -> None:
    context = started.home / "tomcat/conf/context.xml"
    password = dict(f.partition("=")[::2] for f in (started.home / "etc/dbcfg").read_text().split(", "))["password"]
    assert f'password="{password}"' in context.read_text()
    assert context.stat().st_mode & 0o077 == 0


def test_backend_sh_tells_states_on_stderr(sandbox: Sandbox) -> None:
    assert sandbox.script("backend.sh", "status").stderr.splitlines()[2] == "mailout: stopped"
    started = sandbox.script("backend.sh", "start")
    assert (started.exit_code, started.stdout) == (0, "")
    assert started.stderr.splitlines()[2] == "mailout: ok"
    (pid,) = processes.backend(sandbox.home)
    processes.end([pid])
    died = sandbox.script("backend.sh", "status")
    assert (died.exit_code, died.stderr.splitlines()[2]) == (1, "mailout: incomplete")


def test_a_backend_that_cannot_start_exits_with_1_and_leaves_nothing(sandbox: Sandbox) -> None:
    sandbox.hook("backend-fail")
    failed = sandbox.script("backend.sh", "start")
    assert (failed.exit_code, failed.stderr) == (1, "mailout: fail\n")
    assert not processes.backend(sandbox.home)


def test_the_backend_of_20_10_records_its_release_in_a_file_when_there_is_no_table(sandbox: Sandbox) -> None:
    backend = sandbox.home / "release/backend"
    (backend / "V19.10.000.165").rename(backend / "V20.10.000.126")
    (backend / "current").unlink()
    (backend / "current").symlink_to("V20.10.000.126")
    assert sandbox.script("backend.sh", "start").exit_code == 0
    assert (sandbox.home / "var/log/release.log").read_text() == "BACKEND-OPENEMM;20.10.000.126\n"
