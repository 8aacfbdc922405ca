"""A queue is handed over whole, wherever it is cut off: two real queues of files, cut before every change in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.hosts.mail import sendmail, sendmail_queue, stage
from orchestrator.hosts.mail.archive import DatedArchive
from orchestrator.hosts.mail.message import digest
from orchestrator.hosts.mail.sendmail import Sendmail
from orchestrator.hosts.units.systemd import Systemd
from workflows.host.application import AppState
from workflows.host.mail import QueuedMail
from workflows.model.answers import Mta
from workflows.model.errors import WorkflowError
from workflows.model.plans import Hop, LineRules, Release
from workflows.rules.mta import Leftovers, MtaPlan
from workflows.steps.mail import queue as mta_queue
from workflows.steps.mail.queue import MoveQueue

ARRIVED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BODIES = (b"one\n", b"two without an end", b"", b"\x80\xff\n.\nFrom here\n", b"twin\n", b"twin\n", b"\n\n")


class Cut(BaseException):
    """The process is gone."""


class Places:
    """Counts the places passed and cuts at one of them."""

    def __init__(self) -> None:
        self.passed = 0
        self.at = 0

    def __call__(self, _name: str = "") -> None:
        self.passed += 1
        if self.passed == self.at:
            raise Cut


class Context:
    """What a step is given; what it remembers outlives a cut."""

    run = "7K3Q"
    attempt = 1

    def __init__(self, old: Any, new: Any, archive: DatedArchive, places: Places) -> None:
        self.intent: dict[str, Any] = {}
        self._places = places
        mail = SimpleNamespace(server=lambda mta: old if mta is Mta.POSTFIX else new, archive=archive)
        application = SimpleNamespace(state=lambda: AppState(frontend=False, backend=False))
        self.host = SimpleNamespace(mail=mail, system=SimpleNamespace(now=lambda: ARRIVED), application=application)

    def remember(self, **facts: Any) -> None:
        self._places()
        self.intent.update(facts)
        self._places()

    def report(self, *_args: Any) -> None:
        """Nobody looks."""


class Bench:
    """Two queues with seven mails in the first, and a boot that starts both servers."""

    def __init__(self, folder: Path, places: Places) -> None:
        self.sent: Counter[tuple[Any, ...]] = Counter()
        self.old, self.new = (self._server(folder / name) for name in ("old", "new"))
        self.archive = DatedArchive(folder / "archive")
        self.ctx: Any = Context(self.old, self.new, self.archive, places)
        for n, body in enumerate(BODIES):
            name = "twin" if body == b"twin\n" else f"m{n}"
            content = f"Message-ID: <{name}@x>\nSubject: a\n\tfolded\n\n".encode() + body
            mail = QueuedMail(f"id{n}", "", "", held=False, sender="" if n == 2 else "news@x.test",
                              recipients=("a@y.test", "b@y.test")[: 1 + n % 2] if name != "twin" else ("c@y.test",),
                              size=len(content), arrived=ARRIVED, message_id=f"<{name}@x>", body=digest(body))  # fmt: skip
            sendmail_queue.write(folder / "old/mqueue", f"id{n}", mail, content)

    @staticmethod
    def _server(folder: Path) -> Sendmail:
        (folder / "mqueue").mkdir(parents=True)
        (folder / "sendmail.cf").write_text(f"O QueueDirectory={folder}/mqueue\n")
        return Sendmail(folder, Systemd(), config=folder)

    def boot(self) -> None:
        """Both daemons run for a while: each sends every other mail that it can find."""
        for server in (self.old, self.new):
            mails = server.queue()[::2]
            self.sent += Counter(mail.fingerprint for mail in mails)
            server.remove(mails)

    def count(self) -> Counter[tuple[Any, ...]]:
        mails = [*self.old.queue(), *self.new.queue()]
        archived = list(Path(self.archive.folder("7K3Q")).glob("*.eml"))
        return self.sent + Counter(mail.fingerprint for mail in mails) + Counter((str(p.read_bytes()),) for p in archived)


@pytest.fixture(autouse=True)
def _own_queues_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)  # a cut ends the process, not the machine
    monkeypatch.setattr(sendmail, "SYSTEM_QUEUES", {"mqueue": "/nowhere"})
    monkeypatch.setattr(Sendmail, "processes", lambda _server: [])
    monkeypatch.setattr(mta_queue, "BATCH", 3)


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Places:
    made = Places()
    for module in (sendmail, stage):
        monkeypatch.setattr(module, "place", made)
    return made


def step(leftovers: Leftovers = Leftovers.REQUEUE) -> MoveQueue:
    hop = Hop(1, "19.10", Release("19.10", ()), LineRules("19.10"), final=True, name="mta")
    return MoveQueue(MtaPlan("postfix", "sendmail", "h.test", hop, leftovers))


def cut_at(tmp_path: Path, places: Places, number: int) -> Bench:
    bench = Bench(tmp_path / f"cut{number}", Places())
    bench.ctx._places = places
    places.passed, places.at = 0, number
    return bench


def passes(tmp_path: Path, places: Places) -> int:
    bench = cut_at(tmp_path, places, 0)
    before = bench.count()
    step().do(bench.ctx)
    assert bench.count() == before
    assert bench.old.queue() == []
    assert len(bench.new.queue()) == len(BODIES)
    return places.passed


@pytest.mark.parametrize("booted", [False, True], ids=["killed", "booted"])
def test_cut_anywhere_and_run_again_every_mail_arrives_once(tmp_path: Path, places: Places, *, booted: bool) -> None:
    most, whole = passes(tmp_path, places), Bench(tmp_path / "whole", Places()).count()
    assert most > 2 * len(BODIES)
    for number in range(1, most + 1):
        bench = cut_at(tmp_path, places, number)
        with pytest.raises(Cut):
            step().do(bench.ctx)
        if booted:
            bench.boot()
        step().do(bench.ctx)
        assert bench.count() == whole, f"cut at {number}"
        assert bench.old.queue() == [], f"cut at {number}"


@pytest.mark.parametrize("booted", [False, True], ids=["killed", "booted"])
def test_cut_anywhere_and_taken_back_every_mail_is_in_the_old_queue_once(tmp_path: Path, places: Places, *, booted: bool) -> None:
    most, whole = passes(tmp_path, places), Bench(tmp_path / "whole", Places()).count()
    for number in range(1, most + 1):
        bench = cut_at(tmp_path, places, number)
        with pytest.raises(Cut):
            step().do(bench.ctx)
        if booted:
            bench.boot()
        step().undo(bench.ctx)
        step().undo(bench.ctx)
        assert bench.count() == whole, f"cut at {number}"
        assert bench.new.queue() == [], f"cut at {number}"


@pytest.mark.parametrize("booted", [False, True], ids=["killed", "booted"])
def test_the_way_back_may_itself_be_cut_anywhere(tmp_path: Path, places: Places, *, booted: bool) -> None:
    most, whole = passes(tmp_path, places), Bench(tmp_path / "whole", Places()).count()
    for number in range(1, most + 1):
        bench = Bench(tmp_path / f"back{number}", Places())
        bench.ctx._places = places
        places.passed, places.at = 0, 0
        step().do(bench.ctx)
        places.passed, places.at = 0, number
        try:
            step().undo(bench.ctx)
        except Cut:
            if booted:
                bench.boot()
            step().undo(bench.ctx)
        assert bench.count() == whole, f"cut at {number}"
        assert bench.new.queue() == [], f"cut at {number}"


def test_a_discarded_queue_lies_in_the_archive_and_comes_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "x", Places())
    before = {mail.id: (mail.fingerprint, Path(mail.path).read_bytes()) for mail in bench.old.queue()}
    step(Leftovers.DISCARD).do(bench.ctx)
    assert bench.old.queue() == []
    assert bench.archive.count("7K3Q") == len(BODIES)
    step(Leftovers.DISCARD).undo(bench.ctx)
    assert {mail.id: (mail.fingerprint, Path(mail.path).read_bytes()) for mail in bench.old.queue()} == before
    assert bench.archive.count("7K3Q") == 0


def test_what_was_taken_from_a_server_that_a_boot_had_started_is_back_in_its_queue_when_nothing_is_handed_over(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "x", Places())
    bench.old.take(working=False)
    assert bench.old.queue() == []
    step(Leftovers.WAIT).do(bench.ctx)
    assert (len(bench.old.queue()), bench.old.taken(), bench.new.queue()) == (len(BODIES), [], [])


class Working:
    """A server that has mails in hand."""

    mta = Mta.POSTFIX

    def __init__(self, rounds: int) -> None:
        self.left = rounds
        self.took: list[bool] = []

    def processes(self) -> list[int]:
        return [4711]

    def take(self, *, working: bool) -> int:
        self.took.append(working)
        return 0

    def busy(self) -> int:
        self.left -= 1
        return max(self.left, 0)


@pytest.mark.parametrize(
    ("rounds", "takes_what_it_works_on", "told"), [(1, False, False), (100, False, False), (300, True, False), (900, True, True)]
)
def test_a_server_is_stopped_only_when_it_sends_nothing_or_does_not_come_to_rest(
    rounds: int, *, takes_what_it_works_on: bool, told: bool
) -> None:
    clock = [ARRIVED]
    notes: list[str] = []
    wait = SimpleNamespace(wait=lambda seconds: clock.append(clock[-1] + timedelta(seconds=seconds)))
    host = SimpleNamespace(system=SimpleNamespace(now=lambda: clock[-1]), application=wait)
    ctx: Any = SimpleNamespace(host=host, report=lambda _: None, note=lambda message, **_: notes.append(message))
    server: Any = Working(rounds)
    mta_queue.come_to_rest(ctx, server)
    assert (server.took[-1], bool(notes)) == (takes_what_it_works_on, told)
    assert (clock[-1] - ARRIVED).total_seconds() <= 2 * mta_queue.REST_SECONDS + 1


def test_held_mails_stay_held_where_they_are(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "x", Places())
    path = Path(bench.old.queue()[0].path)
    path.rename(path.with_name(f"hf{path.name[2:]}"))
    step().do(bench.ctx)
    assert [mail.held for mail in bench.old.queue()] == [True]
    assert len(bench.new.queue()) == len(BODIES) - 1


def test_a_mail_that_arrives_as_another_stays_in_the_old_queue_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path / "x", Places())
    whole = bench.count()
    write = sendmail_queue.write

    def garble(folder: Path, key: str, mail: QueuedMail, data: bytes) -> None:
        write(folder, key, mail, data.replace(b"two", b"too"))

    monkeypatch.setattr(sendmail_queue, "write", garble)
    with pytest.raises(WorkflowError) as raised:
        step().do(bench.ctx)
    assert raised.value.error_key == "requeue-differs"
    monkeypatch.setattr(sendmail_queue, "write", write)
    step().undo(bench.ctx)
    assert bench.count() == whole
    assert bench.new.queue() == []


def test_a_gate_says_what_is_left_and_since_when(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "x", Places())
    facts: Mapping[str, Any] = vars(mta_queue.shut(bench.ctx, bench.old, step(Leftovers.WAIT).plan))
    assert facts["reason"] == "7 mails in Sendmail's queue (mqueue 7), the oldest for 0 min"
    assert mta_queue.shut(bench.ctx, bench.new, step(Leftovers.WAIT).plan) is None
    assert mta_queue.shut(bench.ctx, bench.old, step().plan) is None
