"""The scripts lie as the vendor's do (facts 11)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sandbox_kit import Sandbox, await_end

from orchestrator.command import run
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


def test_a_start_is_silent_until_the_line_is_there(sandbox: Sandbox) -> None:
    (sandbox.home / "etc/sandbox.start_delay").write_text("2")
    begun = time.monotonic()
    done = sandbox.script("emm.sh", "start", limit=30)
    assert time.monotonic() - begun > 2
    assert (done.stdout, done.stderr) == ("OpenEMM started\n", "")


def test_with_too_few_open_files_the_start_exits_with_2(sandbox: Sandbox) -> None:
    (sandbox.home / "tomcat/bin/emm.sh.additional.properties").write_text("")
    done = run(["sh", "-c", f"ulimit -Sn 1024; exec {sandbox.home}/bin/emm.sh start"], timeout=60, expect=None)
    assert (done.exit_code, done.stdout) == (2, "too few open files: 1024, wanted are 16348\n")
    assert not sandbox.running()


TOLD = ["once", "mailout", "update", "trigger", "generate", "mta", "pickdist", "slrtscn", "direct-path", "bav-update", "bavd",
        "bav", "mlcontrol"]  # fmt: skip


def test_backend_sh_tells_states_on_stderr_padded(sandbox: Sandbox) -> None:
    stopped = sandbox.script("backend.sh", "status")
    assert (stopped.exit_code, stopped.stdout) == (0, "")
    assert [line.partition(": ")[0] for line in stopped.stderr.splitlines()] == [f"{name:<12}" for name in TOLD]
    assert "mailout     : stopped" in stopped.stderr.splitlines()
    started = sandbox.script("backend.sh", "start")
    assert (started.exit_code, started.stdout) == (0, "")
    assert "mailout     : running" in started.stderr.splitlines()
    processes.end([pid for pid, command in commands(sandbox) if command[0] == "java"])
    assert "mailout     : incomplete" in sandbox.script("backend.sh", "status").stderr.splitlines()


def test_the_mail_servers_state_counts_any_process_called_master(sandbox: Sandbox) -> None:
    sandbox.script("backend.sh", "start")  # whose direct-path calls itself [master]
    told = sandbox.script("backend.sh", "status").stderr.splitlines()
    assert {"mta         : running", "mlcontrol   : running"} <= set(told)


def commands(sandbox: Sandbox) -> list[tuple[int, list[str]]]:
    """The backend's processes with their arguments."""
    own = processes.backend(sandbox.home)
    return [(pid, command) for pid, command in processes.commands() if pid in own]


def test_a_services_command_line_is_one_string_but_for_bav_and_java(sandbox: Sandbox) -> None:
    sandbox.script("backend.sh", "start")
    found = [command for _, command in commands(sandbox)]
    assert [f"python2 {sandbox.home}/scripts/trigger.py -bw [watchdog]"] in found
    whole = [command for command in found if len(command) > 1]
    assert sorted(command[0] for command in whole) == [f"{sandbox.home}/bin/bav", "java"]
    assert not any(str(sandbox.home) in argument for command in whole if command[0] == "java" for argument in command)
    assert len(found) == 12


def test_titles_hold_the_home_with_its_links_resolved(sandbox: Sandbox, tmp_path: Path) -> None:
    link = tmp_path / "home"
    link.symlink_to(sandbox.home)
    run([str(link / "bin/backend.sh"), "start"], timeout=60)
    assert len(commands(sandbox)) == 12
    assert not any(str(link) in part for _, command in commands(sandbox) for part in command)


def left(sandbox: Sandbox) -> set[str]:
    """The backend's processes in a word each."""
    return {Path(command[0].split()[1]).stem if len(command) == 1 else Path(command[0]).name for _, command in commands(sandbox)}


def test_a_stop_ends_bav_first_and_may_hang(sandbox: Sandbox) -> None:
    sandbox.script("backend.sh", "start")
    sandbox.hook("stop-hangs")
    stopped = run(["timeout", "2", str(sandbox.home / "bin/backend.sh"), "stop"], timeout=60, expect=None)
    assert (stopped.exit_code, stopped.stderr) == (124, "waiting for finishing mail generation .. ")
    assert {"trigger", "generate", "java"} <= left(sandbox)
    assert "bav" not in left(sandbox)


def test_services_outlive_the_script_that_says_they_are_stopped(sandbox: Sandbox) -> None:
    sandbox.script("backend.sh", "start")
    sandbox.hook("backend-outlives", "3")
    stopped = sandbox.script("backend.sh", "stop")
    assert "trigger     : stopped" in stopped.stderr.splitlines()
    assert {"trigger", "generate", "java"} <= left(sandbox)
    for pid in processes.backend(sandbox.home):
        await_end(pid)


def test_a_service_that_is_deaf_keeps_the_stop_waiting(sandbox: Sandbox) -> None:
    sandbox.script("backend.sh", "start")
    sandbox.hook("backend-deaf", "generate")
    stopped = run(["timeout", "2", str(sandbox.home / "bin/backend.sh"), "stop"], timeout=60, expect=None)
    assert stopped.exit_code == 124
    assert {"generate", "trigger", "java"} <= left(sandbox)
    assert "pickdist" not in left(sandbox)
    (sandbox.home / "etc/sandbox.d/backend-deaf").unlink()
    assert sandbox.script("backend.sh", "stop").exit_code == 0
    assert not left(sandbox)


def test_a_status_may_hang_fail_or_call_what_ran_once_incomplete(sandbox: Sandbox) -> None:
    sandbox.hook("once-left")
    assert "once        : incomplete (1 files remaining: tag-install.sh)" in sandbox.script("backend.sh", "status").stderr
    sandbox.hook("status-hangs")
    assert run(["timeout", "1", str(sandbox.home / "bin/backend.sh"), "status"], timeout=60, expect=None).exit_code == 124
    sandbox.hook("status-fails")
    failed = sandbox.script("backend.sh", "status")
    assert failed.exit_code == 1
    assert "ImportError: cannot import name 'Iterable'" in failed.stderr


def test_a_backend_that_cannot_start_exits_with_1_and_leaves_nothing(sandbox: Sandbox) -> None:
    sandbox.hook("backend-fail")
    failed = sandbox.script("backend.sh", "start")
    assert (failed.exit_code, failed.stderr) == (1, "mailout     : fail\n")
    assert not processes.backend(sandbox.home)


def test_the_backend_of_20_10_records_its_release_in_a_file_when_there_is_no_table(sandbox: Sandbox) -> None:
    backend = sandbox.home / "release/backend"
    (backend / "V19.10.000.165").rename(backend / "V20.10.000.126")
    (backend / "current").unlink()
    (backend / "current").symlink_to("V20.10.000.126")
    assert sandbox.script("backend.sh", "start").exit_code == 0
    assert (sandbox.home / "var/log/release.log").read_text() == "BACKEND-OPENEMM;20.10.000.126\n"
