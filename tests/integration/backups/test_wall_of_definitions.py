"""What OpenEMM's database account writes into definitions, names and rows is never run by an administrator (DESIGN 3.13)."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard

from orchestrator.command import Process, run
from orchestrator.files import sha256_file
from orchestrator.hosts.backups import definitions, dump, manifest
from orchestrator.hosts.backups.definitions import Definitions
from orchestrator.hosts.backups.manifest import BackupError
from orchestrator.hosts.database.accounts import Account
from orchestrator.hosts.scratch.private_server import find_program

pytestmark = pytest.mark.integration

EVIL = "CREATE USER evil@localhost"
EVIL_FILE = Path("/tmp/orchestrate-evil")
ALL = f"{EVIL};;GRANT ALL ON *.* TO evil@localhost WITH GRANT OPTION;;"
TEXTS = {
    "ends the comment that a dump program puts a body into": f"'*/;;{ALL}/*'",
    "ends its own statement": f"';;{ALL}'",
    "changes the delimiter": f"'\nDELIMITER ;\n{EVIL};\nDELIMITER ;;\n'",
    "ends it with a slash and a G": f"'*/\\\\G {EVIL}\\\\G'",
    "runs a program of the client's": "'*/\n\\\\! touch /tmp/orchestrate-evil\nsystem touch /tmp/orchestrate-evil\n'",
    "reads a file of the client's": "'\n\\\\. /etc/passwd\nsource /etc/passwd\n'",
    "ends a quoted word": f"""'\\'";;{ALL}'""",
    "ends the text": f"'\nDELIMITER ;\n-- Dump completed\n{EVIL};\n'",
    "pretends to be a session": f"'\nend_0\nSET sql_mode = ''\nend_0\n{EVIL}\nend_0\n'",
}  # fmt: skip
OBJECTS: dict[str, Callable[[str], str]] = {
    "trigger": lambda text: f"CREATE TRIGGER t1 BEFORE INSERT ON log_tbl FOR EACH ROW BEGIN /* */ SET @a = {text}; END",
    "procedure": lambda text: f"CREATE PROCEDURE p1() BEGIN /* */ SET @a = {text}; END",
    "function": lambda text: f"CREATE FUNCTION f1() RETURNS INT DETERMINISTIC BEGIN /* */ SET @a = {text}; RETURN 1; END",
    "event": lambda text: f"CREATE EVENT e1 ON SCHEDULE EVERY 1 YEAR DO BEGIN /* */ SET @a = {text}; END",
    "view": lambda text: f"CREATE VIEW v1 AS SELECT {text} AS a",
    "comment of a routine": lambda text: f"CREATE PROCEDURE p1() COMMENT {text} SELECT 1",
    "comment of an event": lambda text: f"CREATE EVENT e1 ON SCHEDULE EVERY 1 YEAR COMMENT {text} DO SELECT 1",
    "comment of a table": lambda text: f"CREATE TABLE c1 (a INT) COMMENT {text}",
    "comment of a column": lambda text: f"CREATE TABLE c1 (a INT COMMENT {text})",
    "default of a column": lambda text: f"CREATE TABLE c1 (a VARCHAR(500) DEFAULT {text})",
    "row": lambda text: f"INSERT INTO log_tbl VALUES (LEFT({text}, 100))",
}  # fmt: skip
NAMES = {
    "a line of its own": f"x\n{EVIL};",
    "a comment that ends": f"x*/;;{EVIL};;/*",
    "a command of the client's": "x\n\\! touch /tmp/orchestrate-evil",
    "a back tick": f"x`;;{EVIL};;",
}  # fmt: skip


@dataclass
class Theirs:
    """The site, and what OpenEMM's own account does there."""

    site: Any

    def do(self, sql: str) -> None:
        user, password = self.account
        with Account(user, password, self.site.settings.database.socket).connect(self.site.database) as connection:
            connection.cursor().execute(sql)

    @property
    def account(self) -> tuple[str, str]:
        from orchestrator.hosts.database import accounts

        own, _ = accounts.application(self.site.settings)
        return own.user, own.password

    def became_administrator(self) -> bool:
        return bool(self.site.sql("SELECT 1 FROM mysql.user WHERE user = 'evil'")) or EVIL_FILE.exists()


@pytest.fixture(name="theirs")
def a_database_that_is_theirs(site: Any) -> Any:
    yield Theirs(site)
    site.sql("DROP USER IF EXISTS evil@localhost")


@pytest.mark.parametrize("made", OBJECTS.values(), ids=OBJECTS)
def test_no_text_in_it_is_run(theirs: Theirs, made: Callable[[str], str]) -> None:
    site = theirs.site
    for number, text in enumerate(TEXTS.values()):
        for name in ("t1", "p1", "f1", "e1", "v1", "c1"):
            made_as = made(text).replace(f" {name}", f" {name}_{number}")
            if made_as != made(text):
                break
        theirs.do(made_as)
    before = everything(site)
    site.trusted()
    kept = site.restore()
    assert not theirs.became_administrator()
    assert everything(site) == before
    site.backups.restore_kept(kept, keep_as=f"{site.database}_again", progress=lambda done, total: None)
    assert not theirs.became_administrator()
    assert everything(site) == before


@pytest.mark.parametrize("kind", ["table", "procedure", "view", "trigger", "event"])
def test_no_name_is_run(theirs: Theirs, kind: str) -> None:
    site = theirs.site
    for name in NAMES.values():
        quoted = "`" + name.replace("`", "``") + "`"
        theirs.do({
            "table": f"CREATE TABLE {quoted} (a INT)",
            "procedure": f"CREATE PROCEDURE {quoted}() SELECT 1",
            "view": f"CREATE VIEW {quoted} AS SELECT 1",
            "trigger": f"CREATE TRIGGER {quoted} BEFORE INSERT ON log_tbl FOR EACH ROW SET @a = 1",
            "event": f"CREATE EVENT {quoted} ON SCHEDULE EVERY 1 YEAR DO SELECT 1",
        }[kind])  # fmt: skip
    before = everything(site)
    site.trusted()
    site.restore()
    assert not theirs.became_administrator()
    assert everything(site) == before


def test_whoever_loads_rows_may_touch_one_database_and_is_gone_afterwards(
    theirs: Theirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, seen = theirs.site, []
    real = dump.load

    def load(account: Account, database: str, *rest: Any) -> None:
        with account.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW GRANTS")
            seen.append([str(row[0]).partition(" IDENTIFIED")[0] for row in cursor.fetchall()])
        real(account, database, *rest)

    monkeypatch.setattr(dump, "load", load)
    site.proven()
    site.restore()
    assert len(seen) == 2  # the test restore, and the restore
    for usage, one in seen:
        assert usage.startswith("GRANT USAGE ON *.* TO ")
        assert one.startswith("GRANT ")
        assert " ON `backups" in one
    assert not site.sql("SELECT user FROM mysql.user WHERE user LIKE 'orchestrate%'")


def everything(site: Any) -> Definitions:
    """Also what a client's text would have lost: each as the server says it."""
    return definitions.read(Account("root", "", site.settings.database.socket), site.database)


def test_the_text_is_what_a_client_makes_of_it(site: Any) -> None:
    """A restore by hand, as the reference says it."""
    for number, text in enumerate(TEXTS.values()):
        site.sql(f"CREATE PROCEDURE q_{number}() BEGIN /* */ SET @a = {text}; END")
    before = everything(site)
    site.create()
    site.sql(f"CREATE DATABASE {site.database}_hand")
    client = [find_program(dump.CLIENT_NAMES), "--no-defaults", f"--socket={site.settings.database.socket}", "--comments"]
    sql = b"".join(dump.read(site.folder / "dump.sql.zst"))
    run([*client, "--binary-mode", f"{site.database}_hand"], timeout=60, input=sql)
    by_hand = definitions.read(Account("root", "", site.settings.database.socket), f"{site.database}_hand")
    assert not before.differ(by_hand)
    assert len(before.each) == len(by_hand.each)


def old_text(site: Any) -> bytes:
    """Triggers, routines, events and views as version 0.1.0 dumped them: for a client."""
    tool = [
        find_program(dump.DUMP_NAMES),
        "--no-defaults",
        f"--socket={site.settings.database.socket}",
        "--no-data",
        "--comments",
    ]
    views = [str(row[0]) for row in site.sql(f"SHOW FULL TABLES IN {site.database} WHERE Table_type = 'VIEW'")]
    first = run([*tool, "--no-create-info", "--triggers", "--routines", "--events", site.database], timeout=60).stdout
    second = run([*tool, "--skip-triggers", site.database, *views], timeout=60).stdout
    return (first + second).replace("/*M!999999\\- enable the sandbox mode */ \n", "").encode()


def as_version_0_1_0(site: Any, more: bytes = b"") -> None:
    """Its backup, with the same manifest. more: in front of what it says of triggers, routines, events and views."""
    path, old = site.folder / "dump.sql.zst", more + old_text(site)
    made = manifest.read(site.folder)
    sql = b"".join(dump.read(path, 0, made.dump.objects_at)) + old
    path.write_bytes(zstandard.compress(sql))
    facts = {"size": path.stat().st_size, "sha256": sha256_file(path), "raw_size": len(sql)}
    manifest.write(site.folder, made.model_copy(update={"dump": made.dump.model_copy(update=facts)}))


def definers(site: Any) -> set[str]:
    name = site.database
    return {
        str(row[0])
        for kind, schema in (("TRIGGERS", "TRIGGER"), ("ROUTINES", "ROUTINE"), ("EVENTS", "EVENT"), ("VIEWS", "TABLE"))
        for row in site.sql(f"SELECT DEFINER FROM information_schema.{kind} WHERE {schema}_SCHEMA = '{name}'")
    }


def test_a_dump_of_version_0_1_0_comes_back_as_their_own(theirs: Theirs) -> None:
    site = theirs.site
    site.create()
    as_version_0_1_0(site)
    assert definers(site) == {"root@localhost", "nobody@nowhere"}
    assert site.backups.verify("R-hop1", lambda done, total: None).proof["objects"] == 7
    kept = site.restore()
    assert definers(site) == {f"{theirs.account[0]}@localhost"}
    assert site.sql("SELECT * FROM second_view")
    swap_file = site.folder / f"swap-{kept}.sql"
    swap_file.write_bytes(old_text(site))
    site.backups.restore_kept(kept, keep_as=f"{site.database}_again", progress=lambda done, total: None)
    assert definers(site) == {f"{theirs.account[0]}@localhost"}


def test_what_a_body_has_put_into_a_dump_of_version_0_1_0_has_no_rights_but_their_own(theirs: Theirs) -> None:
    site = theirs.site
    site.trusted()
    as_version_0_1_0(site, f"{EVIL};\n".encode())
    with pytest.raises(BackupError) as caught:
        site.restore()
    assert caught.value.error_key == "backup-does-not-restore"
    assert "CREATE USER" in str(caught.value)
    assert not theirs.became_administrator()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run a program as somebody else")
@pytest.mark.parametrize("names", [dump.DUMP_NAMES, dump.CLIENT_NAMES], ids=["the dump program", "the client"])
def test_what_reads_their_text_runs_as_nobody(site: Any, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may ask a client for files, and an old client obeys the text it is fed: it finds nothing that is anybody's."""
    seen, real = [], dump.start

    def start(args: Sequence[str], **how: Any) -> Process:
        process = real(args, **how)
        if Path(args[0]).name in names:
            status = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
            seen.append({key: status[key].split() for key in ("Uid", "Gid", "Groups", "CapEff")})
        return process

    monkeypatch.setattr(dump, "start", start)
    site.proven()
    site.restore()
    assert seen
    for status in seen:
        (uid,) = {*status["Uid"], *status["Gid"]}
        with pytest.raises(KeyError):
            pwd.getpwuid(int(uid))
        assert not status["Groups"]
        assert int(status["CapEff"][0], 16) == 0
