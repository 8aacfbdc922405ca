"""The application through scripts whose exit codes lie, on real processes, a real log and a real port."""

from __future__ import annotations

import contextlib
import http.server
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from home_tree import put

from orchestrator.hosts.application.application import LOG, LOG_HEAD, LOG_TAIL, ApplicationError, RealApplication
from orchestrator.settings import Settings
from workflows.host.application import AppState, HttpAnswer

# A child that keeps the script's output open, as a Java process would, and waits for its signal.
PAUSE = "import signal; signal.pause()\n"
JAVA = f'{sys.executable} -c "import signal; signal.pause()"'
EMM = """#!/bin/sh
echo "emm.sh $1"
case "$1" in
start) {java} -Dcatalina.base="$HOME/tomcat" org.apache.catalina.startup.Bootstrap & echo $! > "$HOME/emm.pid" ;;
stop) kill "$(cat "$HOME/emm.pid")" ;;
esac
exit {code}
"""
BACKEND = """#!/bin/sh
case "$1" in
start) {python} "$HOME/scripts/trigger3.py" & echo $! > "$HOME/backend.pid" ;;
stop) kill "$(cat "$HOME/backend.pid")" ;;
status)
    echo "trigger: running"
    [ -e "$HOME/incomplete" ] && echo "mailout: incomplete" >&2
    echo "mta: running" >&2
    echo "trigger: stopped" >&2 ;;
esac
exit {code}
"""
DEADLINE = 10.0


def script(home: Path, emm: str = EMM, backend: str = BACKEND, code: int = 1) -> None:
    put(home / "tomcat9/bin/emm.sh", emm.format(java=JAVA, code=code), 0o755)
    put(home / "release/backend/current/bin/backend.sh", backend.format(python=sys.executable, code=code), 0o755)
    put(home / "scripts/trigger3.py", PAUSE)


@pytest.fixture
def application(settings: Settings) -> Iterator[RealApplication]:
    script(settings.home)
    yield RealApplication(settings)
    for file in settings.home.glob("*.pid"):
        try:
            os.kill(int(file.read_text()), signal.SIGKILL)
        except ProcessLookupError:
            continue


def test_start_and_stop_are_told_by_processes_whatever_the_exit_codes(application: RealApplication) -> None:
    assert application.state() == AppState(frontend=False, backend=False)
    application.start_frontend()
    assert application.state() == AppState(frontend=True, backend=False)
    application.start_backend()
    assert application.state() == AppState(frontend=True, backend=True)
    application.stop_frontend()
    assert application.state() == AppState(frontend=False, backend=True)
    application.stop_backend()
    assert application.state() == AppState(frontend=False, backend=False)


def test_a_script_that_keeps_us_waiting_is_told_with_what_it_said_last(application: RealApplication, settings: Settings) -> None:
    script(settings.home, emm="#!/bin/sh\necho begun\nsleep 2.5\necho done\n")
    told: list[tuple[float, str]] = []
    application.start_frontend(lambda seconds, said: told.append((round(seconds), said)))
    assert told == [(1, "begun"), (2, "begun")]


def test_a_start_does_not_wait_for_the_application_to_close_its_output(application: RealApplication) -> None:
    begun = time.monotonic()
    application.start_frontend()
    assert time.monotonic() - begun < DEADLINE


def test_stopping_what_does_not_run_is_nothing_to_do(application: RealApplication, settings: Settings) -> None:
    (settings.home / "tomcat9/bin/emm.sh").unlink()
    (settings.home / "release/backend/current/bin/backend.sh").unlink()
    application.stop_frontend()
    application.stop_backend()


def test_a_service_that_its_script_alone_knows_is_stopped_too_but_not_the_mta(
    application: RealApplication, settings: Settings
) -> None:
    put(settings.home / "incomplete")
    assert not application.state().backend
    impatient = RealApplication(settings.model_copy(update={"stop_timeout": 0.5}))
    with pytest.raises(ApplicationError) as caught:
        impatient.stop_backend()
    assert caught.value.error_key == "application-still-running"
    assert caught.value.detail[0] == "mailout: its own script says that it runs, and no process of it is seen"
    (settings.home / "incomplete").unlink()
    application.stop_backend()


def test_a_script_that_fails_and_leaves_no_process_has_not_started_it(application: RealApplication, settings: Settings) -> None:
    script(settings.home, emm="#!/bin/sh\necho no Java here >&2\nexit 2\n")
    with pytest.raises(ApplicationError) as caught:
        application.start_frontend()
    assert caught.value.error_key == "application-not-started"
    assert caught.value.command == f"{settings.home}/bin/emm.sh start   exit 2"
    assert caught.value.detail == ("no Java here",)


def test_a_script_that_says_all_is_well_is_believed_by_nobody(application: RealApplication, settings: Settings) -> None:
    script(settings.home, emm="#!/bin/sh\nexit 0\n")
    application.start_frontend()
    assert not application.state().frontend


def test_a_missing_script_is_told(application: RealApplication, settings: Settings) -> None:
    (settings.home / "tomcat9/bin/emm.sh").unlink()
    with pytest.raises(ApplicationError) as caught:
        application.start_frontend()
    assert caught.value.error_key == "script-missing"


def test_an_application_that_does_not_stop_is_named_and_not_killed(application: RealApplication, settings: Settings) -> None:
    application.start_frontend()
    script(settings.home, emm="#!/bin/sh\necho stopped\nexit 0\n")
    impatient = RealApplication(settings.model_copy(update={"stop_timeout": 0.5}))
    with pytest.raises(ApplicationError) as caught:
        impatient.stop_frontend()
    pid = (settings.home / "emm.pid").read_text().strip()
    assert caught.value.error_key == "application-still-running"
    assert any(pid in line for line in caught.value.detail)
    assert caught.value.command is not None
    assert caught.value.command.endswith("exit 0")
    assert application.state().frontend


def test_a_stop_script_that_waits_for_ever_is_ended_and_the_application_is_not(
    application: RealApplication, settings: Settings
) -> None:
    application.start_backend()
    waiting = settings.home / "waiting.pid"
    backend = f'#!/bin/sh\n[ "$1" = status ] && exit 0\necho $$ > {waiting}\nexec sleep 1000\n'
    put(settings.home / "release/backend/current/bin/backend.sh", backend, 0o755)
    impatient = RealApplication(settings.model_copy(update={"stop_timeout": 0.5}))
    with pytest.raises(ApplicationError) as caught:
        impatient.stop_backend()
    assert "did not end" in str(caught.value.command)
    assert not Path(f"/proc/{waiting.read_text().strip()}/exe").exists()
    assert application.state().backend


def test_a_start_script_that_waits_for_ever_is_an_error(
    application: RealApplication, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.hosts.application.application.START_MARGIN", 0.2)
    script(settings.home, emm="#!/bin/sh\nexec sleep 1000\n")
    impatient = RealApplication(settings.model_copy(update={"start_timeout": 0.2}))
    with pytest.raises(ApplicationError) as caught:
        impatient.start_frontend()
    assert caught.value.error_key == "application-start-timeout"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run as another")
def test_scripts_run_as_the_openemm_user_with_its_home(
    application: RealApplication, settings: Settings, open_folder: Path
) -> None:
    out = open_folder / "who"
    out.mkdir(mode=0o777)
    out.chmod(0o777)
    home = open_folder / "home-of-nobody"
    put(home / "bin/emm.sh", f'#!/bin/sh\necho "$(id -un) $HOME $PWD ${{SECRET-none}}" > {out}/told\n', 0o755)
    RealApplication(settings.model_copy(update={"home": home, "user": "nobody"})).start_frontend()
    assert (out / "told").read_text() == f"nobody {home} {home} none\n"


def test_only_what_is_written_behind_the_mark_is_read(application: RealApplication, settings: Settings) -> None:
    mark = application.log_mark()
    with (settings.home / LOG).open("a") as log:
        log.write("a new line\n")
    assert application.log_since(mark) == "a new line\n"


def test_a_log_that_is_not_there_yet_is_read_from_its_beginning(application: RealApplication, settings: Settings) -> None:
    (settings.home / LOG).unlink()
    mark = application.log_mark()
    assert application.log_since(mark) == ""
    put(settings.home / LOG, "first\n")
    assert application.log_since(mark) == "first\n"


def test_a_log_cut_to_nothing_begins_anew(application: RealApplication, settings: Settings) -> None:
    mark = application.log_mark()
    os.truncate(settings.home / LOG, 0)
    with (settings.home / LOG).open("a") as log:
        log.write("after\n")
    assert application.log_since(mark) == "after\n"


def test_a_rotated_log_is_read_to_its_end_and_then_the_new_one(application: RealApplication, settings: Settings) -> None:
    log = settings.home / LOG
    mark = application.log_mark()
    with log.open("a") as file:
        file.write("before rotation\n")
    log.rename(log.with_name("catalina.out.1"))
    put(log, "after rotation\n")
    assert application.log_since(mark) == "before rotation\nafter rotation\n"


def test_a_flood_is_cut_in_the_middle_and_says_by_how_much(application: RealApplication, settings: Settings) -> None:
    mark = application.log_mark()
    with (settings.home / LOG).open("ab") as log:
        log.write(b"first\n" + bytes(10 << 20) + b"\nServer startup in")
    text = application.log_since(mark)
    left_out = len(b"first\n") + (10 << 20) + len(b"\nServer startup in") - LOG_HEAD - LOG_TAIL
    assert text.startswith("first\n")
    assert text.endswith("\nServer startup in")
    assert f"\n[{left_out} bytes left out]\n" in text
    assert len(text) < (4 << 20) + 100


PAGES = {
    "/serverstatus/version.action": (200, None, "20.04.000.200"),
    "/logon.action": (302, "/here.action", ""),
    "/here.action": (500, None, "no database"),
    "/away/logon.action": (302, "http://example.invalid/", "elsewhere"),
    "/round/logon.action": (302, "/round/logon.action", ""),
    "/slow/serverstatus/version.action": (200, None, "20.04.000.200"),
    "/slow/logon.action": (200, None, "logon"),
}


class Page(http.server.BaseHTTPRequestHandler):
    asked = 0
    open = threading.Event()  # until then the slow page does not answer

    def do_GET(self) -> None:
        if self.path == "/slow/logon.action":
            Page.asked += 1
            Page.open.wait(30)
        status, location, body = PAGES.get(self.path, (404, None, "not found"))
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def at(settings: Settings, base: str) -> RealApplication:
    return RealApplication(settings.model_copy(update={"http": base}))


def test_pages_are_asked_on_loopback_without_a_proxy(settings: Settings, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    application = at(settings, f"http://127.0.0.1:{port}")
    assert application.version() == HttpAnswer(200, "20.04.000.200")
    assert waited_for(application) == HttpAnswer(500, "no database")


def waited_for(application: RealApplication) -> HttpAnswer:
    """What the page answers in the end."""
    while (answer := application.database_round_trip(60.0)) is None:
        pass
    return answer


def test_a_page_that_takes_its_time_is_asked_once_and_can_be_left(settings: Settings, port: int) -> None:
    application = at(settings, f"http://127.0.0.1:{port}/slow")
    Page.asked, Page.open = 0, threading.Event()
    assert application.database_round_trip(60.0) is None
    assert application.database_round_trip(60.0) is None
    assert application.version().status == 200
    Page.open.set()
    assert waited_for(application).status == 200
    assert Page.asked == 1
    assert waited_for(application).status == 200
    assert Page.asked == 2  # once its answer was told, the next question is a new one


def test_a_page_that_never_answers_is_given_up_after_the_limit(settings: Settings, port: int) -> None:
    application = at(settings, f"http://127.0.0.1:{port}/slow")
    Page.open = threading.Event()
    while (answer := application.database_round_trip(0.5)) is None:
        pass
    Page.open.set()
    assert answer.status == 0


def test_a_page_that_leads_to_another_host_is_the_answer_itself(settings: Settings, port: int) -> None:
    assert waited_for(at(settings, f"http://127.0.0.1:{port}/away")) == HttpAnswer(302, "elsewhere")


def test_a_page_that_leads_to_itself_ends(settings: Settings, port: int) -> None:
    assert waited_for(at(settings, f"http://127.0.0.1:{port}/round")).status == 302


def test_no_answer_is_status_zero(settings: Settings) -> None:
    assert at(settings, "http://127.0.0.1:1").version().status == 0
