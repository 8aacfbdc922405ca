"""Mails on their way out of and into Sendmail's queues of files, as Sendmail's own locks and folders have them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.hosts.mail import sendmail, sendmail_queue
from orchestrator.hosts.mail.message import digest
from orchestrator.hosts.mail.sendmail import Sendmail
from orchestrator.hosts.units.systemd import Systemd
from workflows.host.mail import QueuedMail

CONTENT = b"Message-ID: <m@x>\nSubject: a\n\nbody\n"
MAIL = QueuedMail("id", "", "", held=False, sender="news@x.test", recipients=("a@y.test",), size=len(CONTENT),
                  arrived=datetime(2026, 11, 22, tzinfo=UTC), message_id="<m@x>", body=digest(b"body\n"))  # fmt: skip
HOLD = (
    "import fcntl, sys; f = open(sys.argv[1], 'rb+'); fcntl.{how}(f, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture(params=["whole", "split"])
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A queue folder, or one split in qf, df and xf."""
    folder = tmp_path / "mqueue"
    names = ("qf", "df", "xf") if request.param == "split" else (".",)
    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)
    (tmp_path / "sendmail.cf").write_text(f"O QueueDirectory={folder}\n")
    return folder / names[0]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sendmail:
    monkeypatch.setattr(sendmail, "SYSTEM_QUEUES", {"mqueue": "/nowhere"})
    return Sendmail(tmp_path / "home", Systemd(), config=tmp_path)


@contextmanager
def held(path: Path, how: str) -> Iterator[None]:
    """Another process has the file locked, as a queue runner does."""
    command = [sys.executable, "-c", HOLD.format(how=how), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "held\n"
        yield
        runner.communicate()


def test_a_mail_is_taken_and_put_back_with_both_its_files(server: Sendmail, queue: Path) -> None:
    sendmail_queue.write(queue, "one", MAIL, CONTENT)
    before = server.queue()
    assert server.take(working=True) == 1
    assert server.queue() == []
    assert [mail.fingerprint for mail in server.taken()] == [MAIL.fingerprint]
    assert server.content(server.taken()[0]) == CONTENT
    server.put_back()
    assert (server.queue(), server.taken()) == (before, [])
    assert list(queue.parent.rglob(".orchestrate")) == []


def test_a_taken_mail_whose_body_was_not_yet_moved_is_whole_and_goes_for_good(server: Sendmail, queue: Path) -> None:
    sendmail_queue.write(queue, "one", MAIL, CONTENT)
    body = sendmail_queue.body_file(queue / "qfone")
    server.take(working=True)
    sendmail_queue.body_file(Path(server.taken()[0].path)).rename(body)
    assert [mail.fingerprint for mail in server.taken()] == [MAIL.fingerprint]
    server.drop(server.taken())
    assert [path for path in queue.parent.rglob("*one*") if path.is_file()] == []


@pytest.mark.parametrize("how", ["lockf", "flock"])
def test_a_mail_that_a_runner_is_sending_is_left_and_told_as_in_hand(server: Sendmail, queue: Path, how: str) -> None:
    sendmail_queue.write(queue, "one", MAIL, CONTENT)
    with held(queue / "qfone", how):
        assert (server.take(working=True), server.busy(), len(server.queue())) == (0, 1, 1)
    assert (server.take(working=True), server.busy(), len(server.queue())) == (1, 0, 0)


def test_what_is_made_is_in_the_queue_only_when_it_is_published(server: Sendmail, queue: Path) -> None:
    for _ in range(2):
        server.make([("0aaaaaaaaaaaaa", MAIL, CONTENT), ("0bbbbbbbbbbbbb", MAIL, CONTENT)])
    assert server.queue() == []
    assert {key: mail.fingerprint for key, mail in server.made().items()} == dict.fromkeys(
        ("0aaaaaaaaaaaaa", "0bbbbbbbbbbbbb"), MAIL.fingerprint
    )
    server.unmake(["0bbbbbbbbbbbbb"])
    assert server.publish() == 1
    assert [(mail.id, mail.fingerprint, Path(mail.path).parent) for mail in server.queue()] == [
        ("0aaaaaaaaaaaaa", MAIL.fingerprint, queue)
    ]
    assert (server.made(), server.publish()) == ({}, 0)
