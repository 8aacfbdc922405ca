"""The stand-in's backend as the tool sees and stops it: many processes, titles, and a script that says what it likes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator import processes
from orchestrator.command import run
from orchestrator.hosts.application import services
from orchestrator.hosts.application.application import ApplicationError, RealApplication
from orchestrator.hosts.mail import sources
from orchestrator.sandbox import processes as sandbox
from orchestrator.sandbox.home import Access, install
from orchestrator.sandbox.packages import RELEASES, build
from orchestrator.settings import Settings
from workflows.model.errors import WorkflowError

SERVICES = {"mailout", "update", "trigger", "generate", "pickdist", "slrtscn", "direct-path", "bav-update", "bavd", "bav"}


class Backend:
    """A home without a database, and the tool for it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        build(folder)
        install(self.home, folder, RELEASES[0], Access(1, folder / "nowhere", "x"))

    def settings(self, home: Path | None = None, stop_timeout: float = 20.0) -> Settings:
        return Settings(name="test", home=home or self.home, user="", state=self.home.parent, stop_timeout=stop_timeout)

    def tool(self, stop_timeout: float = 20.0) -> RealApplication:
        return RealApplication(self.settings(stop_timeout=stop_timeout))

    def start(self) -> None:
        run([str(self.home / "bin/backend.sh"), "start"], timeout=60)

    def hook(self, name: str, content: str = "") -> Path:
        file = self.home / "etc/sandbox.d" / name
        file.write_text(content)
        return file

    def pids(self) -> set[int]:
        return set(sandbox.backend(self.home))

    def seen(self) -> dict[str, list[int]]:
        """What the tool sees, by service."""
        found: dict[str, list[int]] = {}
        for process in processes.backend(self.home):
            found.setdefault(process.service, []).append(process.pid)
        return found

    def end_but(self, *names: str) -> None:
        seen = self.seen()
        sandbox.end([pid for name in seen.keys() - set(names) for pid in seen[name]], signal.SIGKILL)


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    made = Backend(tmp_path)
    made.start()
    yield made
    sandbox.end(list(made.pids()), signal.SIGKILL)


def refused(tool: RealApplication, key: str = "application-still-running") -> WorkflowError:
    with pytest.raises(ApplicationError) as caught:
        tool.stop_backend()
    assert caught.value.error_key == key, caught.value.detail
    return caught.value


def test_every_service_is_seen_by_its_name_and_stopped(backend: Backend) -> None:
    seen = backend.seen()
    assert seen.keys() == SERVICES
    assert {pid for pids in seen.values() for pid in pids} == backend.pids()
    assert services.up(RealApplication(backend.settings()).services()) == services.up(dict.fromkeys(seen, "running"))
    backend.tool().stop_backend()
    assert not backend.tool().state().backend
    assert not backend.pids()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_one_service_alone_is_a_backend_that_runs(backend: Backend, name: str) -> None:
    backend.end_but(name)
    assert backend.seen().keys() == {name}
    assert backend.tool().state().backend
    backend.tool().stop_backend()
    assert not backend.pids()


def test_java_whose_watchdog_died_is_seen_although_it_names_no_home(backend: Backend) -> None:
    backend.end_but("mailout")
    watchdog = next(p.pid for p in processes.backend(backend.home) if p.program != "java")
    sandbox.end([watchdog], signal.SIGKILL)
    assert [process.program for process in processes.backend(backend.home)] == ["java"]


def test_services_that_end_after_their_script_are_waited_for(backend: Backend) -> None:
    backend.hook("backend-outlives", "2")
    begun = time.monotonic()
    backend.tool().stop_backend()
    assert time.monotonic() - begun > 2
    assert not backend.pids()


def test_services_that_never_end_are_named_with_pid_and_title(backend: Backend) -> None:
    backend.hook("backend-outlives")
    error = refused(backend.tool(6.0))
    (pid,) = backend.seen()["trigger"]
    assert f"trigger: process {pid} python2 {backend.home}/scripts/trigger.py -bw [watchdog]"[:100] in "\n".join(error.detail)
    assert str(pid) in error.next[0]
    assert error.command is not None
    assert error.command.endswith("exit 0")


def test_a_stop_that_hangs_at_a_deaf_service_is_ended_with_all_it_started(backend: Backend) -> None:
    hook = backend.hook("backend-deaf", "generate")
    error = refused(backend.tool(2.0))
    assert any(line.startswith("generate: process ") for line in error.detail)
    assert "did not end" in str(error.command)
    assert not [p for p in processes.running() if "backend.sh" in " ".join(p.args) and str(backend.home) in " ".join(p.args)]
    assert backend.tool().state().backend
    hook.unlink()
    backend.tool().stop_backend()
    assert not backend.pids()


def test_a_stop_that_hangs_behind_bav_is_no_stop(backend: Backend) -> None:
    backend.hook("stop-hangs")
    error = refused(backend.tool(2.0))
    assert {line.partition(":")[0] for line in error.detail if ": process " in line} == SERVICES - {"bav"}
    assert error.detail[-1] == "waiting for finishing mail generation .. "


def test_a_script_that_was_killed_stopped_nothing_even_where_nothing_is_left(backend: Backend) -> None:
    script = backend.home / "release/backend/current/bin/backend.sh"
    text = script.read_text()
    script.write_text(text.replace('stop | status) verb "$1" || exit 1 ;;', 'stop | status) verb "$1"; kill -KILL $$ ;;'))
    error = refused(backend.tool(), "stop-cut-short")
    assert not backend.pids()
    assert error.next
    script.write_text(text)
    backend.tool().stop_backend()  # as `resume` does


@pytest.mark.parametrize("hook", ["status-hangs", "status-fails", "once-left"])
def test_a_status_that_tells_nothing_says_neither_stopped_nor_running(
    backend: Backend, hook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "STATUS_SECONDS", 1.0)
    backend.hook(hook)
    assert backend.tool().state().backend
    begun = time.monotonic()
    backend.tool().stop_backend()
    backend.tool().stop_backend()
    assert not backend.pids()
    assert time.monotonic() - begun < 15
    assert not [p for p in processes.running() if str(backend.home) in " ".join(p.args)]


def test_without_any_python_the_processes_alone_count(backend: Backend) -> None:
    (backend.home / "opt/python3/bin/python3").unlink()
    error = refused(backend.tool(1.0))
    assert {line.partition(":")[0] for line in error.detail if ": process " in line} == SERVICES


def test_what_config_sh_exports_itself_is_no_choice_of_a_mail_server(backend: Backend) -> None:
    variables = Path(f"/proc/{backend.seen()['bav'][0]}/environ").read_bytes().split(b"\0")
    assert b"MTA=postfix" in variables
    assert sources.environment(backend.home).says is None


def test_a_home_that_is_a_link_is_the_same_home(backend: Backend, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(backend.home)
    tool = RealApplication(backend.settings(home=link))
    assert tool.state().backend
    tool.stop_backend()
    assert not backend.pids()


def test_a_neighbour_whose_name_begins_alike_is_another(backend: Backend, tmp_path: Path) -> None:
    shorter = tmp_path / "hom"
    shorter.mkdir()
    assert not RealApplication(backend.settings(home=shorter)).state().backend
    assert not RealApplication(backend.settings(home=tmp_path)).state().backend


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run as another")
def test_a_service_of_another_user_counts(backend: Backend, open_folder: Path) -> None:
    scripts = open_folder / "of-another/scripts"
    scripts.mkdir(parents=True)
    (scripts / "trigger3.py").write_text("import signal; signal.pause()\n")
    child = os.posix_spawn(
        "/usr/sbin/runuser", ["runuser", "-u", "nobody", "--", "/usr/bin/python3", str(scripts / "trigger3.py")], {}
    )
    try:
        deadline = time.monotonic() + 20
        while not (found := processes.backend(scripts.parent)) and time.monotonic() < deadline:
            os.sched_yield()
        assert [process.service for process in found] == ["trigger"]
    finally:
        sandbox.end([*(process.pid for process in found), child])
        os.waitpid(child, 0)
