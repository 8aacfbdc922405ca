"""Whatever is done to the ledger's rows, `audit verify` names the first bad one, and nothing else that reads them breaks off."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli import group
from orchestrator.report import verify as program
from orchestrator.report.export import FILES, export
from orchestrator.runs import checkpoints
from orchestrator.runs.site import Site
from orchestrator.upkeep.importing import drafts, import_evidence
from orchestrator.views.history import moment, timeline
from orchestrator.views.status import _remembered
from state.chain import DEPTH, NOTHING, EntryDraft, Line
from state.errors import LedgerBrokenError
from tests.integration.audit.conftest import BEGAN

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # MariaDB's columns take text and numbers alone

SEED = 20260301
DEEP = '{"a":' * 50_000 + "1" + "}" * 50_000
COLUMNS = Line._fields[1:]
VALUES: dict[str, Any] = {
    "bytes": b"\x00\xff", "bytes that were text": b"20.10.000.152", "no bytes": b"", "nothing": "", "nul": "a\0b",
    "a whole number": 7, "a number": 1.5, "infinity": float("inf"), "the highest number": 2**63 - 1, "a negative number": -1,
    "deep JSON": DEEP, "JSON as deep as Python reads": '{"a":' * 900 + "1" + "}" * 900,
    "lists a little too deep": '{"a":' + "[" * DEPTH + "]" * DEPTH + "}", "JSON that is no object": "[1]", "no JSON": "{",
    "a name twice": '{"a":1,"a":2}', "JSON with blanks": '{"a": 1}', "no number": '{"a":NaN}', "infinity in JSON": '{"a":1e999}',
    "a number of 5000 digits": '{"a":' + "9" * 5000 + "}", "half a character": '{"a":"\\ud800"}', "more behind it": '{"a":1}{}',
    "fields behind it": '{},"boot_id":"x"', "another object": '{"a":1}', "no time": "yesterday", "a time without a zone":
    "2026-03-01T22:15:04.000125", "a time of another zone": "2026-03-01T22:15:04.000125+02:00", "a day": "2026-03-01",
    "a time before all": "0001-01-01T00:00:00.000000Z", "a time without microseconds": "2026-03-01T22:15:04Z",
    "the 30th of February": "2026-02-30T00:00:00.000000Z", "screen": "\x1b[2J\u202e\n", "a hash": "ab" * 32, "zeros": NOTHING,
}  # fmt: skip
EVIDENCE: list[Any] = [None, True, 0, -1, 2**53 - 1, 1.5, 1e-7, 1e300, "", "x", "\x1b[2J", "=1+1", "<b>", "2026-02-30",
                       "0001-01-01", "9999-12-31T23:59:59-23:59", [], [1], [[]], [{}], {}, {"a": 1}, {"b": 1}]  # fmt: skip


class Rows:
    """The ledger's rows, changed as one could who has the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(sqlite3.connect(path)) as connection:
            for name in ("ledger_no_update", "ledger_no_delete"):
                connection.execute(f"DROP TRIGGER {name}")
            connection.commit()
            self.lines = [Line(*row) for row in connection.execute(f"SELECT {','.join(Line._fields)} FROM ledger ORDER BY seq")]

    def write(self, lines: Sequence[Line]) -> None:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("DELETE FROM ledger")
            marks = ",".join("?" * len(Line._fields))
            connection.executemany(f"INSERT INTO ledger ({','.join(Line._fields)}) VALUES ({marks})", lines)
            connection.commit()

    def changed(self, at: int, **values: Any) -> list[Line]:
        return [line._replace(**values) if number == at else line for number, line in enumerate(self.lines)]


def sealed(lines: Sequence[Line]) -> list[Line]:
    """With hashes that fit, as somebody would make them who writes all of it anew."""
    made: list[Line] = []
    for line in lines:
        following = line._replace(prev=made[-1].hash if made else NOTHING)
        made.append(following._replace(hash=following.digest()))
    return made


@pytest.fixture
def rows(site: Site) -> Rows:
    return Rows(site.settings.state / "state.db")


def program_says(folder: Path) -> int | None:
    """The first entry that the exported program finds wrong; None: all is well."""
    seq, prev = 0, NOTHING
    with (folder / "entries.jsonl").open("rb") as lines:
        for seq, line in enumerate(lines, 1):
            problem, prev = program.wrong(line, seq, prev)
            if problem is not None:
                return seq
    kept = json.loads((folder / "checkpoint.json").read_text())
    return None if (seq, prev) == (kept["seq"], kept["hash"]) else seq + 1


def all_readers(site: Site, folder: Path) -> int | None:
    """Everything that reads the ledger does; the entry at which it is broken, on which the exported program agrees."""
    began = time.monotonic()
    done = export(site, folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    list(csv.reader((folder / "history.csv").read_text().splitlines()))
    timeline(site)
    moment(site, BEGAN)
    site.ledger.head()
    site.ledger.pinned_digest("x")
    _remembered(site.settings)
    broken = done.verdict.problem.seq if done.verdict.problem else None
    assert program_says(folder) == broken, done.verdict
    assert time.monotonic() - began < 10
    return broken


def cases(columns: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Each attack on each column; with every one, one column that all readers are tried on."""
    for number, attack in enumerate(VALUES):
        for column in columns:
            yield attack, column, column == columns[number % len(columns)]


def test_a_changed_column_is_named(site: Site, rows: Rows, tmp_path: Path) -> None:
    for number, (attack, column, everything) in enumerate(cases(COLUMNS)):
        at = number % len(rows.lines)
        changed = rows.changed(at, **{column: VALUES[attack]})
        if changed == rows.lines or (column == "seq" and VALUES[attack] in {1, 7}):
            continue
        rows.write(changed)
        problem = site.ledger.verify().problem
        assert problem is not None, (attack, column)
        assert problem.seq == at + 1 or (column == "seq" and problem.seq <= at + 1), (attack, column)
        assert not everything or all_readers(site, tmp_path / str(number)) == problem.seq, (attack, column)


def test_a_changed_column_under_hashes_that_fit_is_named_or_does_no_harm(site: Site, rows: Rows, tmp_path: Path) -> None:
    for number, (attack, column, everything) in enumerate(
        cases([name for name in COLUMNS if name not in {"seq", "prev", "hash"}])
    ):
        at = 1 + number % (len(rows.lines) - 1)
        try:
            lines = sealed(rows.changed(at, **{column: VALUES[attack]}))
        except TypeError:
            continue  # no hash fits what is no text
        rows.write(lines)
        problem = site.ledger.verify().problem
        assert problem is None or problem.seq == at + 1, (attack, column)
        assert problem is None or column in {"time", "actor", "evidence"} or type(VALUES[attack]) is not str, (attack, column)
        assert not everything or all_readers(site, tmp_path / str(number)) in {None, at + 1}, (attack, column)


def test_at_random(site: Site, rows: Rows, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    sound = 0
    for number in range(40):
        at = chance.randrange(1, len(rows.lines))
        line = rows.lines[at]
        evidence = json.loads(line.evidence) | {
            name: chance.choice(EVIDENCE)
            for name in ("startup", "row", "rows", "table", "backup", "size", "sha256", "proof", "workflow", "source", "target",
                         "step", "key", "before") if chance.random() < 0.5
        }  # fmt: skip
        actor = {"uid": chance.choice(EVIDENCE), "user": chance.choice(EVIDENCE), "reason": chance.choice(EVIDENCE)}
        kind = chance.choice([line.kind, *{other.kind for other in rows.lines}])
        changed = rows.changed(at, kind=kind, evidence=canonical(evidence), actor=canonical(actor))
        rows.write(sealed(changed))
        assert all_readers(site, tmp_path / f"export-{number}") is None, f"mutation {number} of {SEED}"
        sound += 1
        rows.write(changed)
        assert site.ledger.verify().problem is not None
    assert sound == 40


def canonical(value: Any) -> str:
    import rfc8785

    text: str = rfc8785.dumps(value).decode()
    return text


def test_an_entry_whose_end_was_changed_is_not_gone_on_from(site: Site, rows: Rows) -> None:
    for value in (b"x", "yesterday"):
        rows.write(rows.changed(len(rows.lines) - 1, time=value))
        with pytest.raises(LedgerBrokenError) as caught:
            site.ledger.append([EntryDraft("note")], actor={"uid": 0})
        assert caught.value.key == "ledger-broken"
        assert caught.value.next


COMMANDS = (
    ["audit", "verify"],
    ["history"],
    ["history", "--csv"],
    ["history", "--at", "2026-03-01"],
    ["runs"],
    ["audit", "checkpoint"],
)


@pytest.fixture
def commands(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[], Iterator[tuple[str, int, str]]]:
    """Runs the commands that read the ledger: each with its exit code and what it said."""
    file = tmp_path / "site.toml"
    settings = {
        "name": site.settings.name,
        "home": site.settings.home,
        "state": site.settings.state,
        "backups": site.settings.backups,
    }
    file.write_text("".join(f"{name} = {json.dumps(str(value))}\n" for name, value in settings.items()))

    def run() -> Iterator[tuple[str, int, str]]:
        for json_ in ([], ["--json"]):
            for command in COMMANDS:
                code = group.run(["--site", str(file), *json_, *command])
                said = capsys.readouterr()
                yield " ".join(command), code, said.out + said.err

    return run


@pytest.mark.parametrize("attack", ["bytes", "deep JSON", "no time", "screen"])
def test_no_command_ends_in_a_traceback(rows: Rows, commands: Callable[[], Iterator[tuple[str, int, str]]], attack: str) -> None:
    value = VALUES[attack]
    last = len(rows.lines) - 1
    rows.write(rows.changed(last, time=value, evidence=value, actor=value, kind=value))
    for command, code, said in commands():
        assert "Traceback" not in said, command
        assert "internal" not in said, command
        assert code == (1 if command == "audit verify" else code), command
        assert "\x1b" not in said, command
        if command == "audit verify":
            assert "BROKEN" in said or '"sound": false' in said
            assert str(last + 1) in said


def test_a_start_up_of_openemms_own_tables_at_no_time_harms_nothing(site: Site, rows: Rows, tmp_path: Path) -> None:
    del rows
    times = ["0000-00-00 00:00:00", "2026-02-30 00:00:00", "yesterday", "", None, "0001-01-01T00:00:00", "\x1b[2J", "=1+1"]
    releases = [
        {"application_name": time, "host_name": time, "version_number": time, "startup_timestamp": time} for time in times
    ]  # fmt: skip
    versions = [{"version_number": time, "updating_user": time, "update_timestamp": time} for time in times]
    site.ledger.append(drafts(releases, versions), actor=site.actor)
    assert all_readers(site, tmp_path / "export") is None


def test_importing_bears_what_was_imported_once(site: Site, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = next(at for at, line in enumerate(rows.lines) if line.kind == "outside-evidence")
    for evidence in EVIDENCE:
        said = canonical({"table": evidence, "rows": evidence, "row": evidence, "startup": evidence})
        rows.write(sealed(rows.changed(outside, evidence=said)))
        monkeypatch.setattr(type(site.host.database), "outside_evidence", lambda _: ([], []))
        assert import_evidence(site).releases == 0


CHECKPOINTS = {
    "no JSON": "{", "a list": "[]", "deep JSON": DEEP,
    "a seq of text": '{"seq":"1","hash":"x","time":"2026-03-01T00:00:00+00:00"}',
    "a time that is none": '{"seq":1,"hash":"x","time":"yesterday"}', "a time that is a number": '{"seq":1,"hash":"x","time":7}',
    "a time without a zone": '{"seq":1,"hash":"x","time":"2026-03-01T00:00:00"}', "nothing": "", "bytes": "\ud8ff",
}  # fmt: skip


@pytest.mark.parametrize("attack", CHECKPOINTS)
def test_a_checkpoint_that_is_none_proves_nothing_and_harms_nothing(
    site: Site, rows: Rows, commands: Callable[[], Iterator[tuple[str, int, str]]], attack: str
) -> None:
    del rows
    folder = site.settings.state / checkpoints.FOLDER
    folder.mkdir()
    (folder / "000000000001.json").write_bytes(CHECKPOINTS[attack].encode(errors="surrogatepass"))
    (site.settings.backups / "x").mkdir(parents=True)
    (site.settings.backups / "x" / "manifest.json").write_bytes(CHECKPOINTS[attack].encode(errors="surrogatepass"))
    assert all("internal" not in said and "Traceback" not in said for _, _, said in commands())
    with pytest.raises(Exception, match="cannot read a checkpoint") as caught:
        checkpoints.read(folder / "000000000001.json")
    assert getattr(caught.value, "error_key", None) == "checkpoint-unreadable"
