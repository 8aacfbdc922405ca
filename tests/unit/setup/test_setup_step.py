"""What every step of an installation keeps: right is left alone, an administrator is asked, and undo gives everything back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from orchestrator.hosts.files.files import RealFiles
from orchestrator.hosts.files.register import ContentStore
from orchestrator.runs.engine import Engine
from orchestrator.runs.events import Bus
from state.journal import RunRecord
from state.store import Store
from workflows.host import Host
from workflows.model.answers import Answers, Verdict
from workflows.model.errors import WorkflowError
from workflows.model.installation import Difference, InstallPlan
from workflows.model.plans import Hop, LineRules, Release
from workflows.model.step import Context, Done, Step, StepDefaults
from workflows.steps.setup import SetupStep

SITE, KEY = "test", "limit.files"
WANTED = "limit = 16384\n"


@dataclass(frozen=True)
class Limit(SetupStep):
    """A file must have one line; what stands in it otherwise is an administrator's."""

    part: ClassVar[str] = "limit"
    guide: ClassVar[tuple[str, ...]] = ("4.7",)
    path: str = ""
    broken: Callable[[], bool] = field(default=lambda: False)

    def look(self, host: Host) -> Sequence[Difference]:
        text = host.files.read(self.path)
        return [] if text == WANTED else [Difference(KEY, "the limit", text, WANTED, by_admin=text is not None)]

    def files(self, host: Host) -> Sequence[str]:
        return [self.path]

    def seen(self, host: Host) -> Mapping[str, Any]:
        return {"mode": host.files.mode(self.path)}

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        host.files.write(self.path, "half" if self.broken() else WANTED)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "state.db", tool_version="0.1.0") as opened:
        yield opened


def _step(path: Path, verdict: Verdict | None = None, broken: Callable[[], bool] = lambda: False) -> Limit:
    hop = Hop(1, "none", Release("20.10", ()), LineRules("20.10"), final=True, name="install")
    differences = {KEY: verdict} if verdict else {}
    answers = Answers(url="http://a.example.com", name="a.example.com", mailloop_domain="b.example.com", differences=differences)
    return Limit(InstallPlan(source="none", target="20.10", hop=hop, answers=answers), str(path), broken)


class Stumble(StepDefaults):
    """Fails, so that the run can be taken back."""

    name = title = "stumble"

    def do(self, ctx: Context) -> Done:
        raise WorkflowError("cannot go on", key="made-to-fail")


def _begin(store: Store, step: Limit, run: str = "TEST", *more: Step) -> Engine:
    host: Any = SimpleNamespace(files=RealFiles(), register=ContentStore(Path(step.path).parent / "kept"))
    steps: list[Step] = [step, *more]
    record = store.journal.create(
        run_id=run, site=SITE, workflow="fake", plan={}, options={}, actor={}, reason=None, tool_version="0.1.0",
        steps=[(one.name, one.title) for one in steps],
    )  # fmt: skip
    return Engine(record, steps, host=host, journal=store.journal, ledger=store.ledger(SITE), bus=Bus())


def _run(store: Store, step: Limit, run: str = "TEST") -> RunRecord:
    return _begin(store, step, run).run()


def _kinds(store: Store) -> list[str]:
    return [entry.kind for entry in store.ledger(SITE).entries() if entry.kind.startswith("setup")]


def test_what_is_missing_is_made_and_recorded(store: Store, tmp_path: Path) -> None:
    record = _run(store, _step(tmp_path / "limits"))
    assert record.state == "completed"
    assert (tmp_path / "limits").read_text() == WANTED
    assert record.steps[0].facts["changed"] is True
    assert _kinds(store) == ["setup-changed"]


def test_what_is_right_is_left_alone_and_no_entry_is_made(store: Store, tmp_path: Path) -> None:
    (tmp_path / "limits").write_text(WANTED)
    before = (tmp_path / "limits").stat().st_mtime_ns
    record = _run(store, _step(tmp_path / "limits"))
    assert record.steps[0].summary == "was right"
    assert (tmp_path / "limits").stat().st_mtime_ns == before
    assert _kinds(store) == []


def test_what_somebody_configured_is_not_overwritten_without_an_answer(store: Store, tmp_path: Path) -> None:
    (tmp_path / "limits").write_text("limit = 9\n")
    record = _run(store, _step(tmp_path / "limits"))
    assert record.state == "failed"
    assert record.headline is not None
    assert record.headline["key"] == "difference-unanswered"
    assert [way.split()[:2] for way in record.headline["next"]] == [["orchestrate", "abort"], ["the", "same"]]
    assert (tmp_path / "limits").read_text() == "limit = 9\n"


def test_it_stays_when_the_answer_is_keep_and_goes_when_it_is_replace(store: Store, tmp_path: Path) -> None:
    (tmp_path / "limits").write_text("limit = 9\n")
    assert _run(store, _step(tmp_path / "limits", Verdict.KEEP), "KEEP").steps[0].summary == "was right"
    assert (tmp_path / "limits").read_text() == "limit = 9\n"
    assert _run(store, _step(tmp_path / "limits", Verdict.REPLACE), "REPL").state == "completed"
    assert (tmp_path / "limits").read_text() == WANTED


def test_a_change_without_effect_is_no_success(store: Store, tmp_path: Path) -> None:
    record = _run(store, _step(tmp_path / "limits", broken=lambda: True))
    assert record.headline is not None
    assert record.headline["key"] == "setup-not-effective"


@pytest.mark.parametrize("before", [None, "limit = 9\n"])
def test_undo_gives_back_content_mode_and_absence(store: Store, tmp_path: Path, before: str | None) -> None:
    path = tmp_path / "limits"
    if before is not None:
        path.write_text(before)
        path.chmod(0o604)
    engine = _begin(store, _step(path, Verdict.REPLACE), "TEST", Stumble())
    assert engine.run().state == "failed"
    assert path.read_text() == WANTED
    record = engine.undo()
    assert record.state == "undone"
    assert (path.read_text() if path.exists() else None) == before
    assert before is None or path.stat().st_mode & 0o777 == 0o604
    assert _kinds(store) == ["setup-changed", "setup-undone"]


def test_undo_does_not_throw_away_what_somebody_wrote_since(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "limits"
    path.write_text("limit = 9\n")
    engine = _begin(store, _step(path, Verdict.REPLACE), "TEST", Stumble())
    engine.run()
    path.write_text("limit = 32768\n")
    record = engine.undo()
    assert record.state == "undo-failed"
    assert [entry.evidence["key"] for entry in store.ledger(SITE).entries() if entry.evidence.get("undoing")] == ["file-changed"]
    assert path.read_text() == "limit = 32768\n"
