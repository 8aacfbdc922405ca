"""What an auditor asks, on a site with a year behind it, on both kinds of store."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.report.export import FILES, export
from orchestrator.runs import checkpoints
from orchestrator.runs.site import Site
from orchestrator.upkeep.importing import import_evidence
from orchestrator.views.audit import entry_at, sound_head
from orchestrator.views.history import Origin, moment, timeline
from state.verify import Problem
from tests.integration.audit.conftest import BEGAN
from workflows.model.errors import RefusedError, UsageError

Tamper = Callable[..., None]


def verify_program(folder: Path, *given: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-I", folder / "verify.py", *given], capture_output=True, text=True, check=False)


def test_the_year_is_told_with_failed_runs_and_what_was_not_ours(site: Site) -> None:
    history = timeline(site)
    assert [(s.version, s.origin) for s in history.spans if s.component == "frontend"] == [
        ("21.04.000.120", Origin.RUN), ("20.10.000.152", Origin.RUN), ("20.04.000.200", Origin.RUN),
        ("19.10.000.170", Origin.IMPORT), ("19.04.000.100", Origin.IMPORT),
    ]  # fmt: skip
    assert next(s for s in history.spans if s.component == "manual").origin is Origin.OBSERVED
    assert [(run.id, run.outcome) for run in history.runs] == [
        ("AAA2", "completed"), ("BAD1", "undone"), ("AAA1", "completed"), ("AAA0", "completed"),
    ]  # fmt: skip
    bad = history.runs[1]
    assert (bad.step, bad.key, bad.reason, bad.target) == ("hop1.database", "disk-full", "first try", "21.04.000.120")
    newest = history.spans[0]
    assert newest.started is not None
    assert newest.start is not None
    assert newest.started < newest.start


@pytest.mark.parametrize("days", [-300, -150, -10, 0.01, 50, 150, 250, 400])
def test_a_moment_is_told_as_the_whole_history_tells_it(site: Site, days: float) -> None:
    at = BEGAN + timedelta(days=days)
    whole = {s.component: s for s in timeline(site).spans if (s.since is None or s.since <= at) and (s.end is None or at < s.end)}
    told = {s.component: s for s in moment(site, at).spans}
    assert {name: (s.version, s.origin, s.since, s.run, s.outcome) for name, s in told.items()} == {
        name: (s.version, s.origin, s.since, s.run, s.outcome) for name, s in whole.items()
    }


def test_since_and_component_narrow_the_history(site: Site) -> None:
    late = timeline(site, "frontend", BEGAN + timedelta(days=250))
    assert [s.version for s in late.spans] == ["21.04.000.120"]
    assert [run.id for run in late.runs] == []
    assert [run.id for run in timeline(site, None, BEGAN + timedelta(days=150)).runs] == ["AAA2", "BAD1"]


def test_an_export_is_complete_private_and_proves_itself(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "export"
    done = export(site, folder)
    assert done.verdict.problem is None
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all((folder / name).stat().st_mode & 0o777 == 0o600 for name in FILES)
    lines = (folder / "entries.jsonl").read_text().splitlines()
    head = site.ledger.head()
    assert head is not None
    assert (len(lines), json.loads(lines[-1])["hash"]) == (head.seq, head.hash)
    rows = list(csv.DictReader((folder / "history.csv").read_text().splitlines()))
    assert {row["origin"] for row in rows} == {"run", "observed", "import", "before", "attempt"}
    program = verify_program(folder)
    assert (program.returncode, program.stderr) == (0, "")
    assert f"{head.seq} entries" in program.stdout
    assert not [path for path in folder.parent.iterdir() if path != folder]


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_an_export_never_touches_what_is_there(site: Site, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "there"
    {"folder": folder.mkdir, "file": folder.touch, "link": lambda: folder.symlink_to(tmp_path / "nowhere")}[kind]()
    with pytest.raises(UsageError) as caught:
        export(site, folder)
    assert caught.value.error_key == "folder-exists"
    assert folder.is_symlink() or not folder.is_dir() or not list(folder.iterdir())


def test_an_export_that_fails_leaves_nothing(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(report: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("orchestrator.report.page.page", fail)
    (tmp_path / "exports").mkdir()
    with pytest.raises(OSError, match="No space"):
        export(site, tmp_path / "exports" / "one")
    assert not list((tmp_path / "exports").iterdir())


COLUMNS = "time, boot_id, actor, run, kind, component, from_version, to_version, evidence, prev, hash"
INSERT = f"INSERT INTO ledger (site, seq, {COLUMNS}) SELECT site, 0, {COLUMNS} FROM ledger WHERE seq = 7"
CHANGES = [
    (["UPDATE ledger SET to_version = '99.99' WHERE seq = 7"], Problem(7, "changed")),
    (["DELETE FROM ledger WHERE seq = 7"], Problem(7, "removed")),
    (["UPDATE ledger SET seq = 1000 WHERE seq = 7", "UPDATE ledger SET seq = 7 WHERE seq = 9",
      "UPDATE ledger SET seq = 9 WHERE seq = 1000"], Problem(7, "reordered")),
    ([INSERT], Problem(1, "inserted")),
    (["UPDATE ledger SET evidence = 'no JSON' WHERE seq = 7"], Problem(7, "changed")),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "problem"), CHANGES, ids=[what.what for _, what in CHANGES])
def test_what_was_tampered_with_is_named_here_and_by_the_program(
    site: Site, tamper: Tamper, tmp_path: Path, statements: list[str], problem: Problem
) -> None:
    tamper(*statements)
    assert site.ledger.verify().problem == problem
    with pytest.raises(RefusedError):
        sound_head(site)
    entry_at(site, problem.seq)
    if "no JSON" in statements[0]:
        return
    done = export(site, tmp_path / "export")
    assert done.verdict.problem == problem
    assert "BROKEN" in (tmp_path / "export" / "report.html").read_text()
    program = verify_program(tmp_path / "export")
    assert program.returncode == 1
    assert program.stderr.startswith("BROKEN")


def test_a_cut_end_shows_against_the_newest_checkpoint_that_is_found(site: Site, tamper: Tamper) -> None:
    head = site.ledger.head()
    assert head is not None
    path = checkpoints.store(site.settings, head)
    assert checkpoints.read(path) == head
    tamper(f"DELETE FROM ledger WHERE seq > {head.seq - 3}")
    assert site.ledger.verify().problem is None
    kept = checkpoints.newest(site.settings)
    assert kept is not None
    assert kept.path == path
    assert site.ledger.verify(kept.head).problem == Problem(head.seq - 2, "truncated")


def test_the_manifest_of_a_backup_is_a_checkpoint_too(site: Site) -> None:
    head = site.ledger.head()
    assert head is not None
    folder = site.settings.backups / "AAA0-hop1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"id": "x", "checkpoint": checkpoints.facts(site.settings.name, head)}))
    (site.settings.backups / "other").mkdir()
    (site.settings.backups / "other" / "manifest.json").write_text(json.dumps({"checkpoint": checkpoints.facts("other", head)}))
    kept = checkpoints.newest(site.settings)
    assert kept is not None
    assert (kept.head, kept.path) == (head, folder / "manifest.json")
    assert checkpoints.read(folder / "manifest.json") == head


@pytest.mark.parametrize(
    "text", [None, "", "no JSON", "[]", "{}", '{"seq": "3", "hash": "ab", "time": "2026-01-01T00:00:00+00:00"}']
)
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "checkpoint.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError) as caught:
        checkpoints.read(path)
    assert caught.value.error_key == "checkpoint-unreadable"


class _Database:
    def __init__(self, releases: list[dict[str, str | None]], versions: list[dict[str, str | None]]) -> None:
        self.rows = (releases, versions)

    def outside_evidence(self) -> tuple[list[dict[str, str | None]], list[dict[str, str | None]]]:
        return self.rows


class _Host:
    def __init__(self, database: _Database) -> None:
        self.database = database


def test_importing_twice_adds_nothing_and_later_only_what_is_new(site: Site) -> None:
    row = {"application_name": "BACKEND-OPENEMM", "version_number": "20.10.000.126", "startup_timestamp": BEGAN.isoformat()}
    versions: list[dict[str, str | None]] = [{"version_number": "20.07.064", "updating_user": None}]
    site.host = _Host(_Database([row], versions))  # type: ignore[misc, assignment]
    done = import_evidence(site)
    assert (done.releases, done.versions, done.known) == (1, 1, 0)
    head = site.ledger.head()
    done = import_evidence(site)
    assert (done.releases, done.versions, done.known, site.ledger.head()) == (0, 0, 2, head)
    versions.append({"version_number": "20.07.110", "updating_user": "root"})
    done = import_evidence(site)
    assert (done.releases, done.versions, done.known) == (0, 1, 2)
    [entry] = site.ledger.entries(kind="outside-evidence", component="backend")
    assert entry.evidence["row"] == row
    assert site.ledger.verify().problem is None
