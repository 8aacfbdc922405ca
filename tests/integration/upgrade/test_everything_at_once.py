"""The whole way on the worst host there is: all that a real one was seen to do and that still lets it be upgraded, at once."""

from __future__ import annotations

import subprocess
import threading

import pytest
from upgrade_kit import GENERATING, NEW, Stages, at

from orchestrator import processes

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

NASTY = {
    "backend-outlives": "2",  # services go on after their script said that they had ended
    "once-left": "",  # a status that calls a healthy backend incomplete
    "status-fails": "",  # and no status at all
    "logon-waits": "9",  # a page that waits for a host on the internet
    "die-at": "logo-insert",  # the first start of 20.04 is killed where no later start mends it
}
START = 6.0  # seconds, in which emm.sh says nothing
LOST = {"mailaddress.sender.name", "mailaddress.replyto.name"}


def test_an_upgrade_comes_through_all_of_it_with_every_value_and_says_what_no_release_keeps(installed: Stages) -> None:
    for hook, content in NASTY.items():
        installed.hook(hook, content)
    (installed.home / "etc/sandbox.start_delay").write_text(f"{START}\n")
    kept = installed.config()
    log = installed.home / "tomcat/logs/catalina.out"
    reader = subprocess.Popen(["tail", "-f", log], stdout=subprocess.DEVNULL)  # somebody looks on
    said: list[str] = []

    def listen(event: dict[str, object]) -> None:
        said.append(str(event["data"]))

    try:
        answer = installed.say("upgrade", "--to", "20.10", "--yes", on=listen)
        for _ in range(3):
            if answer.state != "failed":
                break
            assert answer.error["next"], "no way on is told"
            answer = installed.say("resume", on=listen)
        answer.completed()
        assert reader.poll() is None, "what only looks on is left alone"
    finally:
        reader.kill()
        reader.wait()
    config = installed.config()
    assert {key: config[key] for key in kept if key in config} == kept
    assert not [key for key, value in config.items() if "[to be defined]" in value]
    (carried,) = [evidence for kind, evidence in installed.ledger() if kind == "values-carried"]
    assert set(carried["lost"]) >= LOST
    assert processes.backend(installed.home), "mail flows again"
    assert f"starting {NEW}" in " ".join(said), "what goes on is told while a script says nothing"
    assert log.stat().st_size < (1 << 20), "no page was asked again and again"


def test_a_dispatch_that_begins_while_the_run_is_prepared_is_waited_for(installed: Stages) -> None:
    """And nothing that outlives its script is taken for stopped."""
    installed.hook("backend-outlives", "3")
    sending = threading.Event()

    def send() -> None:
        installed.query(GENERATING)
        sending.set()
        threading.Timer(
            4.0, lambda: installed.query("UPDATE maildrop_status_tbl SET genstatus = 3 WHERE mailing_id = 4711")
        ).start()

    alive: list[int] = []
    on_stage, on_backup = (
        at("step-done", "stage", send),
        at("step-started", "hop1.backup", lambda: alive.append(len(processes.backend(installed.home)))),
    )

    def both(event: dict[str, object]) -> None:
        on_stage(event)
        on_backup(event)

    installed.say("upgrade", "--to", "20.04", "--yes", on=both).completed()
    assert sending.is_set()
    assert alive == [0]
