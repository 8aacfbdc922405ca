"""A backup counts when it has been restored: what makes a dump fail, and how it is told."""

from __future__ import annotations

import hashlib
import json
import pwd
import shutil
from collections.abc import Callable
from os import geteuid
from pathlib import Path
from typing import Any

import pymysql
import pytest
import zstandard

from orchestrator.hosts.backups import dump
from orchestrator.hosts.backups.manifest import BackupError
from orchestrator.hosts.backups.room import RoomError
from orchestrator.hosts.scratch import scratch
from tests.remedies.follow import seen
from workflows.model.errors import RefusedError

pytestmark = pytest.mark.integration


def rewrite(site: Any, edit: Callable[[bytes], bytes]) -> None:
    """Change the SQL of the dump, and let the manifest agree with the new file."""
    path, manifest = site.folder / "dump.sql.zst", site.folder / "manifest.json"
    sql = edit(b"".join(dump.read(path)))
    path.write_bytes(zstandard.compress(sql))
    values = json.loads(manifest.read_text())
    values["dump"] |= {
        "size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "raw_size": len(sql),
        "objects_at": sql.find(b"-- Triggers, routines, events and views") % (len(sql) + 1),
    }  # fmt: skip
    manifest.write_text(json.dumps(values))


def failure(site: Any) -> BackupError:
    with pytest.raises(BackupError) as caught:
        site.verify()
    assert list(site.settings.scratch.iterdir()) == []
    return caught.value


def test_a_proven_backup_says_how_it_was_proven(site: Any) -> None:
    site.create()
    told: list[tuple[int, int | None]] = []
    proven = site.backups.verify("R-hop1", lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] == len(b"".join(dump.read(site.folder / "dump.sql.zst")))
    assert proven.verified is not None
    assert proven.proof["tables"] == 5
    assert proven.proof["rows_total"] == 524
    assert proven.proof["objects"] == 7
    assert "MariaDB" in proven.proof["server"]
    assert site.backups.find("R-hop1") == proven
    assert list(site.settings.scratch.iterdir()) == []


def test_a_dump_truncated_by_a_byte_is_corrupt(site: Any) -> None:
    site.create()
    path = site.folder / "dump.sql.zst"
    path.write_bytes(path.read_bytes()[:-1])
    assert failure(site).error_key == "backup-corrupt"
    assert site.backups.find("R-hop1") is None


def test_a_dump_with_a_changed_byte_is_corrupt(site: Any) -> None:
    site.create()
    path = site.folder / "dump.sql.zst"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert failure(site).error_key == "backup-corrupt"


def test_a_file_that_is_no_zstd_is_corrupt_whatever_its_digest(site: Any) -> None:
    site.create()
    path, manifest = site.folder / "dump.sql.zst", site.folder / "manifest.json"
    path.write_bytes(b"no dump")
    values = json.loads(manifest.read_text())
    values["dump"] |= {"size": 7, "sha256": hashlib.sha256(b"no dump").hexdigest()}
    manifest.write_text(json.dumps(values))
    assert failure(site).error_key == "backup-corrupt"


def test_a_dump_without_its_file_is_corrupt(site: Any) -> None:
    site.create()
    (site.folder / "dump.sql.zst").unlink()
    assert failure(site).error_key == "backup-corrupt"


def test_a_dump_cut_at_the_end_of_a_statement_is_incomplete(site: Any) -> None:
    site.create()
    rewrite(site, lambda sql: sql[: sql.rindex(b"*/;\n") + 4])
    assert failure(site).error_key == "backup-incomplete"


def test_a_dump_that_does_not_restore_is_told_with_a_capped_output(site: Any) -> None:
    site.create()
    rewrite(
        site, lambda sql: sql.replace(b"INSERT INTO `customer_1_tbl` VALUES", b"INSERT INTO `customer_1_tbl` " + b"X" * 300_000)
    )
    error = failure(site)
    assert error.error_key == "backup-does-not-restore"
    assert len(json.dumps(error.as_dict())) < 10_000
    assert "ERROR 1064" in " ".join(error.detail)
    assert "defaults-extra-file" not in str(error.command)


def test_a_table_with_a_row_fewer_is_named_with_both_counts(site: Any) -> None:
    site.create()
    rewrite(
        site, lambda sql: sql.replace(b"(500,1,'500@example.com')", b"(499,1,'x')").replace(b"(499,1,'499@example.com'),\n", b"")
    )
    error = failure(site)
    assert error.error_key == "backup-differs"
    assert error.detail == ("table customer_1_tbl: 500 rows expected, 499 rows restored",)


def test_lost_objects_and_versions_are_named(site: Any) -> None:
    site.create()
    rewrite(site, lambda sql: sql.replace(b"`tidy`", b"`tidied`").replace(b"20.07.492", b"20.07.493"))
    error = failure(site)
    assert error.error_key == "backup-differs"
    assert "database version 20.07.492: missing" in error.detail
    assert "database version 20.07.493: not expected" in error.detail
    assert "procedure tidy: missing" in error.detail


def test_a_proven_backup_that_is_damaged_later_is_proven_no_longer(site: Any) -> None:
    site.trusted()
    path = site.folder / "dump.sql.zst"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert failure(site).error_key == "backup-corrupt"
    assert site.backups.find("R-hop1").verified is None


def test_a_backup_without_a_manifest_cannot_be_judged_but_is_listed(site: Any) -> None:
    site.create()
    (site.folder / "manifest.json").unlink()
    assert failure(site).error_key == "backup-unverifiable"
    (listed,) = site.backups.list()
    assert listed.id == "R-hop1"
    assert listed.verified is None
    assert "no manifest" in listed.proof["unverifiable"]


def test_a_damaged_manifest_is_listed_as_unverifiable(site: Any) -> None:
    site.create()
    for text in ("", "{", "[]", '{"format": 2}', '{"format": 1}', "\x00"):
        (site.folder / "manifest.json").write_text(text)
        assert failure(site).error_key == "backup-unverifiable"
        assert "unverifiable" in site.backups.list()[0].proof


def test_a_manifest_of_another_backup_is_not_believed(site: Any) -> None:
    site.create()
    site.folder.rename(site.folder.with_name("other"))
    assert site.backups.find("other") is None
    assert "R-hop1" in site.backups.list()[0].proof["unverifiable"]


def test_backups_are_listed_newest_first(site: Any) -> None:
    assert site.backups.list() == []
    site.create("one")
    site.create("two")
    assert [backup.id for backup in site.backups.list()] == ["two", "one"]


def test_a_backup_that_is_not_there_is_told(site: Any) -> None:
    assert failure_of(site, "none").error_key == "backup-not-found"


def failure_of(site: Any, backup: str) -> BackupError:
    with pytest.raises(BackupError) as caught:
        site.verify(backup)
    return caught.value


def test_no_room_for_the_test_restore_is_told_before_it(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site.create()
    monkeypatch.setattr("orchestrator.hosts.backups.room.SCRATCH_BASE", 1 << 60)
    with pytest.raises(RoomError) as caught:
        site.verify()
    assert caught.value.error_key == "no-room-for-backup"


def test_a_server_that_a_killed_test_restore_left_behind_is_removed_by_the_next(site: Any) -> None:
    cut = scratch.scratch_server(site.settings.scratch, "R-hop1", small=True)
    left = cut.__enter__()
    assert left.running()
    site.proven()
    assert not left.running()
    assert list(site.settings.scratch.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        cut.__exit__(None, None, None)


def test_a_scratch_folder_too_deep_for_a_socket_is_told(site: Any) -> None:
    deep = site.settings.scratch / ("d" * 90)
    deep.mkdir()
    site.settings = site.settings.model_copy(update={"scratch": deep})
    site.create()
    with pytest.raises(RefusedError) as caught:
        site.verify()
    assert caught.value.error_key == "scratch-path-too-long"
    with pytest.raises(RefusedError):  # which is asked before anything is stopped
        site.backups.can_restore()
    assert list(deep.iterdir()) == []
    named = seen(caught.value.next[0]).command.partition("ORCHESTRATE_SCRATCH=")[2]
    site.settings = site.settings.model_copy(update={"scratch": Path(named)})
    assert site.verify()


@pytest.mark.skipif(geteuid() != 0, reason="only root may run a server as somebody else")
def test_the_server_of_a_test_restore_may_touch_nothing_of_anybodys(site: Any, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("of mysql")
    shutil.chown(mine, "mysql")
    base = site.settings.scratch
    with (
        scratch.scratch_server(base, "R-hop1", small=True) as server,
        server.connect() as connection,
        connection.cursor() as cursor,
    ):
        pid = server.pid()
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        uid = int(status["Uid"].split()[0])
        with pytest.raises(KeyError):
            pwd.getpwuid(uid)
        assert set(status["Uid"].split() + status["Gid"].split()) == {str(uid)}
        assert not status["Groups"].strip()
        assert int(status["CapEff"], 16) == 0
        assert not [line for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines() if f" {uid} " in line]
        for file in (mine, "/etc/passwd", server.data / "ibdata1"):
            cursor.execute("SELECT LOAD_FILE(%s)", (str(file),))
            assert cursor.fetchone() == (None,)
        for target in (tmp_path / "new", server.data / "new", server.folder / "nothing/new"):
            with pytest.raises(pymysql.err.MySQLError):
                cursor.execute("SELECT 1 INTO OUTFILE %s", (str(target),))
    assert not list(base.iterdir())
