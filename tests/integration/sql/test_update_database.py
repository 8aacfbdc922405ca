"""The step that updates the database, on a real server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from sql_kit import Context, content, drive, fill, make, step
from sql_nasty import BASE, FILES, VERSION

from orchestrator.hosts.scratch.private_server import PrivateServer
from tests.remedies.follow import seen
from workflows.model.errors import WorkflowError
from workflows.model.step import Done, PauseRequested, Probe, StatementState

pytestmark = pytest.mark.integration

Hop = Callable[[Mapping[str, str]], Path]
DATABASE = "sql_step"
UPDATE = "emm-mysql-update-{}-basic.sql"


@pytest.fixture
def hop(server: PrivateServer, tmp_path: Path) -> Hop:
    def build(files: Mapping[str, str]) -> Path:
        folder = tmp_path / "hop"
        make(folder, server.socket, DATABASE, BASE, files)
        return folder

    return build


@pytest.fixture
def ask(server: PrivateServer) -> Callable[[str], list[tuple[object, ...]]]:
    def query(sql: str) -> list[tuple[object, ...]]:
        with server.connect(DATABASE) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    return query


Ask = Callable[[str], list[tuple[object, ...]]]


def failing(folder: Path) -> WorkflowError:
    with pytest.raises(WorkflowError) as failed:
        drive(folder)
    return failed.value


def test_a_hop_tells_what_it_did(hop: Hop, ask: Ask) -> None:
    folder = hop(FILES)
    context = Context(folder)
    done = drive(folder, context=context)
    assert done.summary == "7 files, 61 statements, 4 new versions"
    assert (done.facts["versions_before"], done.facts["versions_after"]) == (2, 6)
    assert [note["file"] for note in done.facts["benign"]] == ["emm-mysql-update-19.10.400.sql"]
    note = done.ledger[0]
    assert (note.kind, note.from_version, note.to_version) == ("database-updated", "19.10.000.170", "20.04.000.200")
    assert all(len(file["sha256"]) == 64 and file["seconds"] >= 0 for file in note.evidence["files"])
    assert context.notes == ["harmless error, known of this file (facts 13.2)"]
    assert ("19.10.300, statement 4 of 25", 20, 61) in context.said
    assert ask("SHOW TABLES LIKE 'orchestrate%'") == []


def test_done_again_it_changes_nothing_and_says_the_same(hop: Hop, server: PrivateServer) -> None:
    folder = hop(FILES)
    first = drive(folder)
    before = content(server.socket, DATABASE)
    again = drive(folder)
    assert content(server.socket, DATABASE) == before
    assert again.facts == first.facts
    assert {file["seconds"] for file in again.ledger[0].evidence["files"]} == {None}


def test_only_updates_without_a_version_row_run(hop: Hop, ask: Ask) -> None:
    folder = hop({UPDATE.format("19.07.559"): "DROP TABLE company_tbl;", UPDATE.format("20.01.001"): VERSION.format("20.01.001")})
    assert drive(folder).facts["files"] == [UPDATE.format("20.01.001")]
    assert ask("SELECT COUNT(*) FROM company_tbl") == [(3,)]


def test_an_error_names_its_place_and_resume_runs_that_very_statement_again(hop: Hop, ask: Ask) -> None:
    text = "UPDATE company_tbl SET logins = logins + 1;\nALTER TABLE nowhere_tbl ADD a INT;\n" + VERSION.format("19.10.100")
    folder = hop({UPDATE.format("19.10.100"): text})
    for _ in range(2):
        error = failing(folder)
        assert error.error_key == "sql-failed"
        assert error.message.startswith("cannot run emm-mysql-update-19.10.100-basic.sql, statement 2 of 4, line 2: ERROR 1146")
        assert error.detail == ("errno 1146", "ALTER TABLE nowhere_tbl ADD a INT")
        assert any("runs this very statement again" in line for line in error.next)
    ask("CREATE TABLE nowhere_tbl (b INT)")
    drive(folder)
    assert ask("SELECT DISTINCT logins FROM company_tbl") == [(1,)]
    assert ask("SHOW COLUMNS FROM nowhere_tbl LIKE 'a'")


def test_dml_that_fails_leaves_nothing(hop: Hop, ask: Ask) -> None:
    folder = hop(
        {UPDATE.format("19.10.100"): "INSERT INTO company_tbl (company_id) VALUES (9), (1);\n" + VERSION.format("19.10.100")}
    )
    assert "ERROR 1062" in failing(folder).message
    assert ask("SELECT COUNT(*) FROM company_tbl") == [(3,)]


def test_a_procedure_that_failed_half_way_has_the_restore_point_put_back(hop: Hop, ask: Ask) -> None:
    text = (
        "DELIMITER ;;\nCREATE PROCEDURE half() BEGIN INSERT INTO config_tbl VALUES ('half', 'x', 'y');\n"
        "INSERT INTO company_tbl SELECT 1, 'x', 0, 0 FROM company_tbl WHERE company_id = 3; END;;\nDELIMITER ;\nCALL half;\n"
    )
    folder = hop({UPDATE.format("19.10.100"): text + VERSION.format("19.10.100")})
    assert any("puts the restore point of this hop back" in line for line in failing(folder).next)
    (folder / "base").write_text(BASE.replace("(3, 'grün', 30, 0)", "(4, 'grün', 30, 0)"))  # the cause is gone
    context = Context(folder)
    drive(folder, context=context)
    assert context.notes == ["statement in doubt, the restore point is put back and the SQL begins anew"]
    assert ask("SELECT COUNT(*) FROM config_tbl WHERE class = 'half'") == [(1,)]
    assert (folder / "restored-openemm_kept_7k3q_h1_a1").exists()


def test_a_pause_leaves_every_statement_settled(hop: Hop, server: PrivateServer) -> None:
    folder = hop(FILES)
    drive(folder)
    expected = content(server.socket, DATABASE)
    fill(str(server.socket), DATABASE, BASE)
    for name in ("journal", "intent"):
        (folder / name).unlink()
    pauses = 0
    done: Done | None = None
    while done is None:
        context = Context(folder, pause_at=4)
        try:
            done = drive(folder, context=context)
        except PauseRequested:
            pauses += 1
            assert StatementState.DOING not in {record.state for record in context.statements.records()}
    assert pauses > 5
    assert content(server.socket, DATABASE) == expected


def test_a_file_that_was_changed_since_is_refused(hop: Hop) -> None:
    folder = hop({UPDATE.format("19.10.100"): "SELECT 1;\nALTER TABLE nowhere_tbl ADD a INT;"})
    failing(folder)
    file = folder / UPDATE.format("19.10.100")
    held = file.read_text()
    file.write_text("SELECT 1;\nSELECT 2;")
    changed = failing(folder)
    assert changed.error_key == "sql-file-changed"
    seen(changed.next[0])
    file.write_text(held)
    assert failing(folder).error_key == "sql-failed"  # it goes on, to what was wrong before


def test_a_file_that_cannot_be_split_stops_the_step_before_its_first_statement(hop: Hop, ask: Ask) -> None:
    folder = hop({UPDATE.format("19.10.100"): "DROP TABLE company_tbl;", UPDATE.format("19.10.200"): "SELECT 'cut sho"})
    assert failing(folder).error_key == "sql-file-unreadable"
    assert ask("SELECT COUNT(*) FROM company_tbl") == [(3,)]


def test_a_mandatory_version_that_is_missing_fails_the_step_unless_its_error_is_benign(hop: Hop) -> None:
    folder = hop({UPDATE.format("19.10.100"): VERSION.format("19.10.100")})
    (folder / "mandatory").write_text("19.10.100\n19.10.101\n")
    error = failing(folder)
    assert (error.error_key, error.detail) == ("sql-versions-missing", ("19.10.101",))


def test_a_restart_cut_off_is_gone_on_with(hop: Hop, server: PrivateServer) -> None:
    folder = hop(FILES)
    drive(folder)
    expected = content(server.socket, DATABASE)
    Context(folder).remember(restart="openemm_kept_7k3q_h1_a1")
    context = Context(folder)
    drive(folder, context=context)
    assert context.intent["restart"] is None
    assert content(server.socket, DATABASE) == expected


def test_undo_puts_the_restore_point_back_once_and_says_what_is_lost(hop: Hop, server: PrivateServer, ask: Ask) -> None:
    folder = hop(FILES)
    before = content(server.socket, DATABASE)
    context = Context(folder)
    assert step().undo(context) == ()
    drive(folder)
    (folder / "rows-7K3Q-hop1").write_text(json.dumps({"config_tbl": 0, "company_tbl": 3}))
    for _ in range(2):
        notes = step().undo(context)
        assert [(note.kind, note.evidence["kept_as"]) for note in notes] == [("backup-restored", "openemm_kept_7k3q_h1")]
    assert content(server.socket, DATABASE) == before
    assert context.notes == ["data-lost-by-undo"]
    told = json.loads((folder / "notes").read_text().splitlines()[-1])
    assert told["tables"]["config_tbl"] == [0, 15]
    context.host.database.close()


def test_a_stale_restore_point_is_renewed_before_the_first_statement(hop: Hop) -> None:
    folder = hop(FILES)
    (folder / "rows-7K3Q-hop1").write_text(json.dumps({"config_tbl": 0, "company_tbl": 3}))
    context = Context(folder)
    done = drive(folder, context=context)
    assert context.intent["backup"] == "7K3Q-hop1-1"
    assert "agn_dbversioninfo_tbl" in json.loads((folder / "rows-7K3Q-hop1-1").read_text())
    assert [note.kind for note in done.ledger] == ["backup-created", "backup-verified", "database-updated"]
    assert [note.evidence["backup"] for note in step().undo(context)] == ["7K3Q-hop1-1"], "undo goes back to the newer one"
    context.host.database.close()


def test_an_application_started_in_between_is_stopped_and_what_it_wrote_is_in_a_new_restore_point(hop: Hop) -> None:
    folder = hop(FILES)
    context = Context(folder)
    context.host.application.runs = True
    drive(folder, context=context)
    assert not context.host.application.runs
    assert context.notes[0].startswith("the application had been started in between")
    assert context.intent["backup"] == "7K3Q-hop1-1"


def test_nothing_begun_is_nothing_taken_back(hop: Hop, server: PrivateServer) -> None:
    folder = hop(FILES)
    before = content(server.socket, DATABASE)
    context = Context(folder)
    assert step().undo(context) == ()
    assert content(server.socket, DATABASE) == before
    context.host.database.close()


def test_probe_says_whether_anything_was_begun(hop: Hop) -> None:
    folder = hop(FILES)
    context = Context(folder)
    assert step().probe(context) is Probe.NOT_STARTED
    drive(folder)
    assert step().probe(context) is Probe.PARTIAL
