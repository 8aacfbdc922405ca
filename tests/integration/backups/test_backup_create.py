"""Taking a dump: what is in it, what must never be seen, and what is left when it fails."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.hosts.backups import backups, dump
from orchestrator.hosts.backups.backups import RealBackups
from orchestrator.hosts.backups.manifest import BackupError
from orchestrator.hosts.backups.room import RoomError
from orchestrator.hosts.database.faults import DatabaseError
from orchestrator.hosts.scratch import private_server
from tests.remedies.follow import follow

pytestmark = pytest.mark.integration
PASSWORD = "s3 cr#t'\"\\x;ß"


@pytest.fixture
def programs(open_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs are found before the installed ones, also by nobody."""
    folder = open_folder / f"bin-{tmp_path.name}"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setattr(private_server, "SEARCH", f"{folder}:{private_server.SEARCH}")
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def script(path: Path, *lines: str) -> None:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


def sql_of(folder: Path) -> str:
    return b"".join(dump.read(folder / "dump.sql.zst")).decode()


def test_a_dump_holds_rows_and_every_kind_of_object_but_not_the_marks(site: Any) -> None:
    made = site.create()
    sql = sql_of(site.folder)
    for part in (
        "Café 😀",
        "TRIGGER customer_added",
        "PROCEDURE `tidy`",
        "FUNCTION `greet`",
        "EVENT `nightly`",
        "VIEW `second_view`",
    ):
        assert part in sql
    assert "DEFINER=`nobody`@`nowhere`" in sql
    assert "orchestrate_mark_tbl" not in sql
    assert made.rows == {"agn_dbversioninfo_tbl": 2, "company_tbl": 2, "customer_1_tbl": 500, "image_tbl": 20, "log_tbl": 0}
    assert made.versions == {"19.10.002", "20.07.492"}
    assert made.verified is None


def test_the_manifest_says_what_is_needed_to_judge_the_dump(site: Any) -> None:
    made = site.create()
    manifest = json.loads((site.folder / "manifest.json").read_text())
    assert manifest["format"] == 1
    assert manifest["checkpoint"] == {"seq": 3, "hash": "ab"}
    assert manifest["release"] == "19.10.000.170"
    assert manifest["quiesced"] is True
    assert manifest["dump"]["size"] == Path(made.path).stat().st_size == made.size
    assert manifest["dump"]["raw_size"] == len(sql_of(site.folder).encode())
    assert "trigger customer_added" in manifest["objects"]


def test_nobody_else_may_read_dump_manifest_or_folder(site: Any) -> None:
    site.create()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [site.folder, *site.folder.iterdir()]}
    assert modes == {"R-hop1": 0o700, "dump.sql.zst": 0o600, "manifest.json": 0o600}


def test_the_line_that_older_clients_choke_on_is_not_in_the_dump(site: Any) -> None:
    site.create()
    assert "sandbox mode" not in sql_of(site.folder)


def test_the_password_stands_in_a_private_option_file_and_in_no_argument(site: Any, programs: Path) -> None:
    seen = programs / "seen"
    script(
        programs / "mariadb-dump",
        f'for argument in "$0" "$@"; do printf "%s\\n" "$argument"; done >> {seen}',
        f'stat -L -c "mode %a" "${{1#*=}}" >> {seen}',
        f"env >> {seen}",
        'exec /usr/bin/mariadb-dump "$@"',
    )
    site.create()
    text = seen.read_text()
    assert "s3 cr" not in text
    assert "mode 600" in text
    assert text.splitlines()[1].startswith("--defaults-extra-file=")
    assert not list(site.folder.glob(".client*"))


def test_a_wrong_password_is_told_without_it(site: Any) -> None:
    dbcfg = site.settings.home / "etc" / "dbcfg"
    dbcfg.write_text(dbcfg.read_text().replace(PASSWORD, "wr0ng-one"))
    with pytest.raises(DatabaseError, match="Access denied") as caught:
        site.create()
    assert caught.value.error_key == "database-access-denied"
    assert "wr0ng" not in json.dumps(caught.value.as_dict())
    assert "wr0ng" not in "".join(str(error) for error in (caught.value.__cause__, caught.value.__context__))


def test_a_server_that_is_not_there_is_told(site: Any, tmp_path: Path) -> None:
    database = site.settings.database.model_copy(update={"socket": tmp_path / "none.sock"})
    site.settings = site.settings.model_copy(update={"database": database})
    with pytest.raises(DatabaseError) as caught:
        site.create()
    assert caught.value.error_key == "database-down"


def test_a_database_that_is_gone_is_told(site: Any) -> None:
    site.sql(f"DROP DATABASE {site.database}")
    with pytest.raises(DatabaseError) as caught:
        site.create()
    assert caught.value.error_key == "database-missing"


def test_a_dump_program_that_fails_leaves_nothing_that_looks_like_a_backup(site: Any, programs: Path) -> None:
    script(programs / "mariadb-dump", "echo '-- MariaDB dump'", "echo 'mariadb-dump: Got error: 2013' >&2", "exit 2")
    with pytest.raises(BackupError, match="2013") as caught:
        site.create()
    assert caught.value.error_key == "dump-failed"
    assert "exit 2" in str(caught.value.command)
    assert list(site.folder.iterdir()) == []
    assert site.backups.find("R-hop1") is None


def test_a_dump_program_that_ends_well_without_its_last_line_is_not_believed(site: Any, programs: Path) -> None:
    script(programs / "mariadb-dump", "echo 'CREATE TABLE a (b INT);'")
    with pytest.raises(BackupError) as caught:
        site.create()
    assert caught.value.error_key == "backup-incomplete"
    assert list(site.folder.iterdir()) == []


def test_a_dump_program_that_says_nothing_for_too_long_is_ended(
    site: Any, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "STALL_SECONDS", 0.05)
    script(programs / "mariadb-dump", "exec sleep 60")
    with pytest.raises(BackupError) as caught:
        site.create()
    assert caught.value.error_key == "dump-stalled"


def test_an_account_that_may_not_read_a_routine_is_told_which_right_it_lacks(site: Any) -> None:
    user = "oe" + site.database.removeprefix("backups")
    site.sql(f"REVOKE SELECT ON mysql.proc FROM '{user}'@'localhost'")
    with pytest.raises(BackupError, match="may not see the definition of function greet") as caught:
        site.create()
    follow(caught.value.next[0], socket=site.settings.database.socket)
    site.create()


def test_a_complete_backup_is_returned_as_it_is(site: Any) -> None:
    first = site.create()
    site.sql("INSERT INTO log_tbl VALUES ('later')")
    assert site.create() == first


def test_an_id_that_is_taken_by_another_release_is_refused(site: Any) -> None:
    site.create()
    with pytest.raises(BackupError, match=r"19\.10\.000\.170") as caught:
        site.backups.create("R-hop1", "20.04", quiesced=True, checkpoint={}, progress=lambda done, total: None)
    assert caught.value.error_key == "backup-exists"


def test_a_backup_that_was_cut_off_is_made_anew(site: Any) -> None:
    site.folder.mkdir(parents=True)
    for left in ("dump.sql.zst", "dump.sql.zst.part", ".client-x.cnf", "manifest.json"):
        (site.folder / left).write_text("half")
    assert site.backups.find("R-hop1") is None
    site.create()
    assert sorted(path.name for path in site.folder.iterdir()) == ["dump.sql.zst", "manifest.json"]
    assert "Dump completed" in sql_of(site.folder)


def test_two_commands_do_not_work_on_one_backup(site: Any) -> None:
    site.create()
    descriptor = os.open(site.folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(BackupError) as caught:
            site.verify()
    finally:
        os.close(descriptor)
    assert caught.value.error_key == "backup-in-use"


@pytest.fixture
def written_meanwhile(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody adds a row between the dump's snapshot and the one behind it."""
    write = dump.write

    def writing(source: dump.Source, target: Path, *, progress: Any, snapshot_taken: Callable[[], None]) -> Any:
        def late() -> None:
            site.sql("INSERT INTO log_tbl VALUES ('meanwhile')")
            snapshot_taken()

        return write(source, target, progress=progress, snapshot_taken=late)

    monkeypatch.setattr(backups.dump, "write", writing)


@pytest.mark.usefixtures("written_meanwhile")
def test_a_table_written_to_while_mail_runs_is_named_and_still_proven(site: Any) -> None:
    made = site.create(quiesced=False)
    assert json.loads((site.folder / "manifest.json").read_text())["moved"] == ["log_tbl"]
    proven = site.verify()
    assert proven.verified is not None
    assert proven.rows == {**made.rows, "log_tbl": 0}


@pytest.mark.usefixtures("written_meanwhile")
def test_a_stopped_application_that_writes_is_found_out(site: Any) -> None:
    with pytest.raises(BackupError) as caught:
        site.create(quiesced=True)
    assert caught.value.error_key == "database-not-quiesced"
    assert caught.value.detail == ("table log_tbl: 0 rows, then 1",)
    assert site.backups.find("R-hop1") is None


@pytest.fixture
def large(make_site: Callable[..., Any]) -> Any:
    """A site with 3 MB that do not compress."""
    fill = "INSERT INTO image_tbl SELECT RANDOM_BYTES(1024) FROM seq_1_to_3000"
    return make_site(["CREATE TABLE image_tbl (data LONGBLOB)", fill, "ANALYZE TABLE image_tbl"])


def test_too_small_a_disk_is_told_before_anything_is_written(large: Any, small_disk: Path) -> None:
    large.settings = large.settings.model_copy(update={"backups": small_disk})
    with pytest.raises(RoomError, match=r"\d{7} bytes needed, \d{6,7} free") as caught:
        large.create()
    assert caught.value.error_key == "no-room-for-backup"
    assert list(large.folder.iterdir()) == []


def test_a_disk_that_becomes_full_is_told_and_left_clean(large: Any, small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "require_room", lambda path, needed, what: None)
    large.settings = large.settings.model_copy(update={"backups": small_disk})
    with pytest.raises(RoomError, match="it became full") as caught:
        large.create()
    assert caught.value.error_key == "no-room-for-backup"
    assert list(large.folder.iterdir()) == []


def test_the_room_needed_covers_dump_and_test_restore(large: Any) -> None:
    assert large.backups.room_needed() > 3 * 3_000_000


def test_a_database_without_anything_can_be_dumped(make_site: Callable[..., Any]) -> None:
    assert make_site([]).create().rows == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the dump program as nobody")
def test_a_server_that_nobody_reaches_is_found_before_anything_is_stopped(site: Any, open_folder: Path, tmp_path: Path) -> None:
    shut = open_folder / f"shut-{tmp_path.name}"
    shut.mkdir(mode=0o700)
    (shut / "mariadb.sock").symlink_to(site.settings.database.socket)
    database = site.settings.database.model_copy(update={"socket": shut / "mariadb.sock"})
    backups = RealBackups(site.settings.model_copy(update={"database": database}))
    with pytest.raises(BackupError, match=r"\(13\)") as caught:
        backups.can_restore()
    assert caught.value.error_key == "dump-failed"
    follow(caught.value.next[0])
    backups.can_restore()
