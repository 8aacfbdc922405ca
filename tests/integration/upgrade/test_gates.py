"""Mail is what matters (facts 7): nothing is stopped while it is made or sent, unless told so, and never outside the window."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from upgrade_kit import GENERATING, Answer, Stages

pytestmark = pytest.mark.integration
UPGRADE = ("upgrade", "--to", "20.04", "--yes")


@pytest.fixture(scope="module")
def waiting(stages: Stages) -> Stages:
    """A run that waits for mailing 4711 to be generated; each test leaves it waiting."""
    stages.put_back("start")
    stages.query(GENERATING)
    answer = stages.say(*UPGRADE, "--wait", "1s")
    assert_waits(stages, answer, "world mailing 4711 is being generated")
    return stages


def assert_waits(host: Stages, answer: Answer, reason: str) -> None:
    assert (answer.code, answer.state, answer.step) == (4, "waiting", "hop1.wait-for-dispatch"), answer.all[-2000:]
    said = [document["data"]["reason"] for document in answer.documents if document.get("kind") == "step-waiting"]
    assert reason in said, said
    assert host.application()  # nothing was stopped


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("UPDATE maildrop_status_tbl SET genstatus = 1 WHERE mailing_id = 4711", "world mailing 4711 is about to be generated"),
        ("UPDATE mailing_tbl SET work_status = 'mailing.status.sending' WHERE mailing_id = 1", "mailing 1 is being sent"),
        ("UPDATE job_queue_tbl SET running = 1 WHERE description = 'DBCleaner'", "job DBCleaner is running"),
        (
            "UPDATE maildrop_status_tbl SET genstatus = 0, senddate = NOW() + INTERVAL 10 MINUTE WHERE mailing_id = 4711",
            "mailing 4711 is planned",
        ),
    ],
)
def test_what_is_waited_for_is_named(waiting: Stages, sql: str, reason: str) -> None:
    waiting.query("UPDATE maildrop_status_tbl SET genstatus = 3 WHERE mailing_id = 4711")
    waiting.query(sql)
    answer = waiting.say("resume", "--wait", "0")
    waiting.query("UPDATE mailing_tbl SET work_status = 'mailing.status.sent' WHERE mailing_id = 1")
    waiting.query("UPDATE job_queue_tbl SET running = 0")
    waiting.query("UPDATE maildrop_status_tbl SET genstatus = 2, genchange = NOW() WHERE mailing_id = 4711")
    (said,) = [document["data"]["reason"] for document in answer.documents if document.get("kind") == "step-waiting"]
    assert said.startswith(reason)
    assert answer.code == 4


def test_a_waiting_run_goes_on_when_the_mail_is_out(installed: Stages) -> None:
    installed.query(GENERATING)
    assert_waits(installed, installed.say(*UPGRADE, "--wait", "0"), "world mailing 4711 is being generated")
    installed.query("UPDATE maildrop_status_tbl SET genstatus = 3 WHERE mailing_id = 4711")
    installed.say("resume", "--wait", "0").completed()


def test_a_dispatch_that_is_ignored_as_told_is_recorded(installed: Stages) -> None:
    installed.query(GENERATING)
    installed.until("hop1.wait-for-dispatch", *UPGRADE, "--ignore-dispatch", "--reason", "told by the boss")
    (evidence,) = [evidence for kind, evidence in installed.ledger() if kind == "dispatch-ignored"]
    assert evidence == {"dispatches": ["world mailing 4711 is being generated"]}


def test_a_stop_is_kept_to_its_window(installed: Stages) -> None:
    now = datetime.now().astimezone()
    later, end, begin = (now + timedelta(hours=hours) for hours in (2, 3, -1))
    shut = f"{later:%H:%M}-{end:%H:%M}"
    answer = installed.say(*UPGRADE, "--window", shut, "--wait", "0")
    assert_waits(installed, answer, f"the maintenance window {shut}")
    assert installed.say("abort", "--yes").state == "undone"
    installed.until("hop1.wait-for-dispatch", *UPGRADE, "--window", f"{begin:%H:%M}-{later:%H:%M}")


def test_a_window_that_is_none_is_refused(waiting: Stages) -> None:
    answer = waiting.say(*UPGRADE, "--window", "at night")
    assert (answer.code, answer.key) == (2, "window-malformed")
