"""What is refused before anything is changed: a key, an exit code, a command that comes next, and the host as it was."""

from __future__ import annotations

import hashlib
import io
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from upgrade_kit import OLD, Stages, same

from tests.crash.bench import Picture

pytestmark = pytest.mark.integration
UPGRADE = ("upgrade", "--to", "20.10", "--yes")
GUI = "openemm-gui-20.04.000.200.tar.gz"


@pytest.fixture(scope="module")
def host(stages: Stages, as_installed: Picture) -> Stages:
    """On 19.10; every test leaves it as it was."""
    stages.put_back("start")
    return stages


@pytest.fixture(autouse=True)
def unchanged(host: Stages, as_installed: Picture) -> Iterator[None]:
    """Nothing was changed: links, files, database; a test that failed spoils nothing for the next."""
    yield
    try:
        same(as_installed, host.picture())
        assert host.application()
    except BaseException:
        host.put_back("start")
        raise


@pytest.mark.parametrize(
    ("target", "code", "key"),
    [
        ("18.04", 2, "version-unknown-line"),
        ("20.07", 2, "version-unknown-line"),
        ("twenty", 2, "version-malformed"),
        ("20", 2, "version-malformed"),
        ("20.10.", 2, "version-malformed"),
        ("19.04", 2, "target-older"),
        ("19.10.000.100", 2, "target-older"),
        ("20.10.000.999", 3, "release-missing"),
        ("21.04", 3, "line-missing"),
    ],
)
def test_a_target_that_cannot_be_reached_is_refused(host: Stages, target: str, code: int, key: str) -> None:
    for command in ("plan", "check", "upgrade"):
        answer = host.say(command, "--to", target, *(["--yes"] if command == "upgrade" else []))
        answer.refused(code, key)


@pytest.mark.parametrize("target", ["19.10", OLD])
def test_the_release_that_runs_is_nothing_to_do(host: Stages, target: str) -> None:
    answer = host.say("upgrade", "--to", target, "--yes")
    assert (answer.code, answer.last["changed"]) == (0, False)


@contextmanager
def changed(file: Path, text: str) -> Iterator[None]:
    """The file has another text within."""
    kept = file.read_text()
    file.write_text(text)
    try:
        yield
    finally:
        file.write_text(kept)


# --- the database -----------------------------------------------------------------------------------------------------


def test_a_database_that_is_down_is_refused(host: Stages) -> None:
    host.server.stop()
    answer = host.say(*UPGRADE)
    host.server.start()
    answer.refused(3, "database-down")


def test_a_wrong_password_is_refused_and_never_shown(host: Stages) -> None:
    dbcfg = host.home / "etc/dbcfg"
    kept = dbcfg.read_text()
    password = kept.partition("password=")[2].partition(",")[0]
    with changed(dbcfg, kept.replace(password, "not-the-password")):
        answer = host.say(*UPGRADE)
    answer.refused(3, "database-access-denied")
    assert "not-the-password" not in answer.all


@pytest.mark.parametrize("rights", ["", "SELECT, INSERT, UPDATE, DELETE"])
def test_a_user_without_rights_is_refused(host: Stages, rights: str) -> None:
    host.query("REVOKE ALL ON openemm.* FROM openemm@localhost")
    if rights:
        host.query(f"GRANT {rights} ON openemm.* TO openemm@localhost")
    answer = host.say(*UPGRADE)
    host.query("GRANT ALL ON openemm.* TO openemm@localhost")
    error = answer.refused(3, "database-rights" if rights else "database-access-denied")
    if rights:
        assert "ALTER" in error["message"]
        assert any("GRANT ALL ON openemm.*" in line for line in error["detail"])


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda text: text + text.replace("openemm:", "emm:", 1), "dbcfg-several-entries"),
        (lambda text: text.replace("password=", "password=a,b", 1), "dbcfg-comma-in-password"),
        (lambda text: "", "dbcfg-no-entry"),
    ],
)
def test_a_dbcfg_that_its_readers_would_read_differently_is_refused(host: Stages, change: Callable[[str], str], key: str) -> None:
    dbcfg = host.home / "etc/dbcfg"
    with changed(dbcfg, change(dbcfg.read_text())):
        host.say(*UPGRADE).refused(3, key)


def test_an_sql_mode_in_which_the_update_files_mean_something_else_is_refused(host: Stages) -> None:
    ((before,),) = host.query("SELECT @@GLOBAL.sql_mode")
    host.query("SET GLOBAL sql_mode = 'ORACLE'")
    answer = host.say(*UPGRADE)
    host.query("SET GLOBAL sql_mode = %s", before)
    error = answer.refused(3, "sql-mode")
    assert any("STRICT_ALL_TABLES" in line for line in error["detail"])


# --- the disk ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["ORCHESTRATE_BACKUPS", "ORCHESTRATE_SCRATCH"])
def test_a_disk_without_room_is_refused(host: Stages, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    small = Path(tempfile.mkdtemp())  # a server's socket needs a short path
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    monkeypatch.setenv(setting, str(small))
    try:
        error = host.say(*UPGRADE).refused(3, "disk-room")
    finally:
        subprocess.run(["umount", small], check=True)
        small.rmdir()
    assert str(small) in error["message"]


# --- packages ---------------------------------------------------------------------------------------------------------


def hostile(content: bytes) -> bytes:
    """The same package with a member that would be written outside."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(content)) as source, tarfile.open(fileobj=plain, mode="w:gz") as target:
        for member in source:
            target.addfile(member, source.extractfile(member) if member.isfile() else None)
        bad = tarfile.TarInfo("../../escaped")
        bad.size = 4
        target.addfile(bad, io.BytesIO(b"evil"))
    return plain.getvalue()


@pytest.mark.parametrize(
    ("change", "sums", "key"),
    [
        (lambda data: data[: len(data) // 2], "none", "package-cut-short"),
        (lambda data: data[: len(data) // 2], "old", "package-cut-short"),
        (lambda data: data + b"\0", "old", "package-digest-mismatch"),
        (hostile, "new", "package-unsafe-member"),
    ],
)
def test_a_package_that_is_not_what_it_should_be_stops_before_anything_is_stopped(
    host: Stages, change: Callable[[bytes], bytes], sums: str, key: str
) -> None:
    package, listed = host.host / "packages" / GUI, host.host / "packages/SHA256SUMS"
    kept = package.read_bytes()
    text = {"none": "", "old": listed.read_text(), "new": listed.read_text().replace(sha256(kept), sha256(change(kept)))}[sums]
    package.write_bytes(change(kept))
    try:
        with changed(listed, text):
            answer = host.say(*UPGRADE)
    finally:
        package.write_bytes(kept)
    assert (answer.code, answer.key) == (1, key), answer.all
    assert GUI in answer.error["message"]
    assert answer.error["unharmed"]
    assert answer.error["next"]
    assert not list(host.host.rglob("escaped"))
    if answer.state:
        assert (answer.state, host.say("abort", "--yes").code) == ("failed", 0)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- what the tool itself works with ----------------------------------------------------------------------------------


def test_a_store_of_a_newer_tool_is_left_alone(host: Stages) -> None:
    host.say("status")
    store = host.host / "state/state.db"
    with sqlite3.connect(store) as connection:
        ((revision,),) = connection.execute("SELECT version_num FROM alembic_version")
        connection.execute("UPDATE alembic_version SET version_num = 'r9999'")
    host.say(*UPGRADE).refused(1, "store-too-new")
    with sqlite3.connect(store) as connection:
        assert connection.execute("UPDATE alembic_version SET version_num = ?", (revision,)).rowcount == 1
    connection.close()
