"""A stop is proven by what is left, not by what a script says (facts 24.1); and nothing is stopped that could not start."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator

import pytest
from upgrade_kit import Event, Stages, same

from orchestrator import processes
from orchestrator.hosts.application.application import RealApplication
from orchestrator.sandbox import processes as sandbox
from tests.crash.bench import Picture
from tests.remedies.follow import follow
from workflows.host.application import Tell

pytestmark = pytest.mark.integration
UPGRADE = ("upgrade", "--to", "20.04", "--yes")


@pytest.fixture
def impatient(installed: Stages, monkeypatch: pytest.MonkeyPatch) -> Stages:
    monkeypatch.setenv("ORCHESTRATE_STOP_TIMEOUT", "6")
    return installed


@pytest.fixture
def few_files() -> Iterator[int]:
    """Fewer open files than emm.sh of the sandbox asks for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024) - 100, hard))
    yield min(soft, 1024) - 100
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(("hook", "content"), [("backend-deaf", "generate"), ("backend-outlives", ""), ("stop-hangs", "")])
def test_a_service_that_goes_on_stops_the_hop_before_its_sql_and_a_resume_goes_on(
    impatient: Stages, hook: str, content: str
) -> None:
    before = impatient.versions()
    impatient.hook(hook, content)
    error = impatient.say(*UPGRADE).failed("hop1.stop", "application-still-running")
    assert any(line.startswith("generate: process ") for line in error["detail"])
    assert impatient.versions() == before
    assert not list((impatient.host / "backups").glob("*/dump*"))
    impatient.say("resume").failed("hop1.stop", "application-still-running")
    impatient.mend(hook)
    if hook == "backend-outlives":
        impatient.end_backend()  # as the admin does, whom the error names the processes
    impatient.until("hop1.database", "resume")
    assert impatient.versions() != before


def test_an_abort_of_a_stop_that_failed_leaves_all_running(impatient: Stages, as_installed: Picture) -> None:
    impatient.hook("backend-deaf", "generate")
    impatient.say(*UPGRADE).failed("hop1.stop", "application-still-running")
    impatient.mend("backend-deaf")
    assert impatient.say("abort", "--yes").code == 0
    same(impatient.picture(), as_installed)
    assert impatient.application()
    assert {process.service for process in processes.backend(impatient.home)} >= {"bav", "pickdist", "generate", "trigger"}


def test_a_stop_that_was_cut_short_is_looked_at_again(installed: Stages) -> None:
    script = installed.home / "release/backend/current/bin/backend.sh"
    text = script.read_text()
    script.write_text(text.replace('stop | status) verb "$1" || exit 1 ;;', 'stop | status) verb "$1"; kill -KILL $$ ;;'))
    (way,) = installed.say("restart", "--yes").failed("restart.stop", "stop-cut-short")["next"]
    script.write_text(text)
    installed.by_hand("backend.sh", "start")  # as a watchdog may have done meanwhile
    follow(way, site=installed.host)
    assert installed.say("status").last["open_run"] is None


def test_nothing_is_stopped_where_emm_sh_would_start_nothing(installed: Stages, few_files: int) -> None:
    answer = installed.say(*UPGRADE)
    assert (answer.code, answer.key) == (3, "open-files"), answer.last
    assert installed.application()
    error = installed.say("restart", "--yes").failed("restart.stop", "open-files-too-few")
    assert f"may have {few_files} files open" in error["message"]
    assert error["next"][0].endswith(" >> /etc/security/limits.d/90-openemm.conf")
    assert installed.application()
    resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE)[1:] * 2)
    follow(error["next"][1], site=installed.host)
    assert installed.say("status").last["open_run"] is None


def test_a_start_that_keeps_us_waiting_is_told_and_a_pause_asked_meanwhile_is_not_lost(one_hop: Stages) -> None:
    (one_hop.home / "etc/sandbox.start_delay").write_text("4")
    (one_hop.home / "tomcat/logs/catalina.out").write_text("")
    told: list[str] = []

    def hear(event: Event) -> None:
        if (event["kind"], event["step"]) == ("step-progress", "hop1.start"):
            told.append(event["data"]["message"])
            if len(told) == 2:
                signal.raise_signal(signal.SIGINT)

    answer = one_hop.say("resume", on=hear)
    assert (answer.code, answer.state, answer.step) == (4, "paused", "hop1.migrate"), answer.all[-2000:]
    assert told[0].startswith("starting 20.04.000.200, 1 s: ")
    assert any(line.endswith(" s: Starting service [Catalina]") for line in told), told
    one_hop.say("resume").completed()


def test_a_backend_whose_services_do_not_run_is_started_again_once_that_is_gone(
    one_hop: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_hop.until("hop1.verify")
    start = RealApplication.start_backend

    def without_generate(self: RealApplication, tell: Tell) -> None:
        start(self, tell)
        sandbox.end([process.pid for process in processes.backend(one_hop.home) if process.service == "generate"])

    monkeypatch.setattr(RealApplication, "start_backend", without_generate)
    looks, resumes = one_hop.say("resume").failed("hop1.backend", "backend-not-running")["next"]
    assert "generate stopped" in follow(looks, site=one_hop.host, expect=(0, 3)).stdout
    follow(resumes, site=one_hop.host)
    assert {process.service for process in processes.backend(one_hop.home)} >= {"generate", "trigger", "pickdist"}


def test_a_start_of_the_backend_that_was_cut_off_leaves_some_services_and_a_resume_starts_all(one_hop: Stages) -> None:
    one_hop.until("hop1.verify")
    one_hop.by_hand("backend.sh", "start")
    sandbox.end([p.pid for p in processes.backend(one_hop.home) if p.service not in {"bav", "mailout"}])
    one_hop.say("resume").completed()
    assert {process.service for process in processes.backend(one_hop.home)} >= {"generate", "trigger", "pickdist", "bav"}
