"""The configuration and emm-master's password, on a real database with the application's own account."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pymysql
import pytest

from orchestrator.cli.group import run
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.runs.site import Site
from orchestrator.sandbox import host
from orchestrator.settings import load
from tests.remedies.follow import seen
from workflows.rules.password import hashed

pytestmark = pytest.mark.integration

Say = Callable[..., tuple[int, list[dict[str, Any]]]]
Sql = Callable[..., list[tuple[Any, ...]]]
TABLES = ("config_tbl", "company_info_tbl", "company_tbl", "admin_tbl")
ROOT = Path(__file__).parents[3]
PEM = "-----BEGIN PRIVATE KEY-----\nnot-to-be-seen\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def sql(sandbox: Path) -> Iterator[Sql]:
    """Ask the sandbox's database; what configures OpenEMM is put back behind the test."""
    server: PrivateServer = host.database(sandbox)
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("USE openemm")

        def ask(statement: str, *values: object) -> list[tuple[Any, ...]]:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

        cursor.execute("CREATE DATABASE kept_config")
        for table in TABLES:
            cursor.execute(f"CREATE TABLE kept_config.{table} AS SELECT * FROM {table}")
        try:
            yield ask
        finally:
            cursor.execute("SET foreign_key_checks = 0")
            for table in TABLES:
                cursor.execute(f"DELETE FROM {table}")
                cursor.execute(f"INSERT INTO {table} SELECT * FROM kept_config.{table}")
            cursor.execute("DROP DATABASE kept_config")


def ledger(sandbox: Path, kind: str) -> list[dict[str, Any]]:
    with Site.open(load(str(sandbox), {}), readonly=True) as site:
        return [{**entry.evidence, "actor": entry.actor} for entry in site.ledger.entries(kind=kind)]


def shown(say: Say, key: str) -> dict[str, Any]:
    code, [document] = say("config", "show", key)
    assert code == 0
    found: dict[str, Any] = next(one for one in document["settings"] if one["key"] == key)
    return found


def test_the_settings_are_shown_as_the_application_sees_them(say: Say, sql: Sql) -> None:
    sql("INSERT INTO config_tbl (class, name, value, hostname) VALUES ('system', 'licence', '7', 'news.sandbox.test')")
    sql("INSERT INTO config_tbl (class, name, value, hostname) VALUES ('system', 'licence', '8', 'other')")
    _, [document] = say("config", "show")
    assert document["host"] == "news.sandbox.test"
    licence = shown(say, "system.licence")
    assert (licence["value"], licence["host"]) == ("7", "news.sandbox.test")
    assert [(one["host"], one["value"]) for one in licence["others"]] == [(None, "0"), ("other", "8")]
    assert shown(say, "mailout.queue.note")["table"] == "company_info_tbl"
    _, [some] = say("config", "show", "BIRT.*")
    assert [one["key"] for one in some["settings"]] == ["birt.privatekey", "birt.publickey"]


def test_no_secret_is_shown(say: Say, sql: Sql, sandbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sql("INSERT INTO config_tbl (class, name, value) VALUES ('x', 'password', 'not-to-be-seen'), ('x', 'y', %s)", PEM)
    sql("INSERT INTO config_tbl (class, name, value) VALUES ('x', 'url', 'https://joe:not-to-be-seen@example.com')")
    _, [document] = say("config", "show", "x.")
    assert "not-to-be-seen" not in json.dumps(document)
    assert run(["--site", str(sandbox), "config", "show"]) == 0
    assert "not-to-be-seen" not in capsys.readouterr().out


def test_a_value_is_set_and_the_ledger_knows_who_changed_what(say: Say, sql: Sql, sandbox: Path) -> None:
    code, [document] = say("config", "set", "mailaddress.sender", "news@example.com", "--yes", "--reason", "new name")
    assert (code, document["changed"], document["restart"]) == (0, True, False)
    assert sql("SELECT value, hostname FROM config_tbl WHERE class = 'mailaddress'") == [("news@example.com", None)]
    entry = ledger(sandbox, "configuration-changed")[-1]
    assert entry | {"actor": None} == {
        "table": "config_tbl", "key": "mailaddress.sender", "from": None, "to": "news@example.com", "actor": None,
    }  # fmt: skip
    assert (entry["actor"]["uid"], entry["actor"]["reason"]) == (os.getuid(), "new name")
    code, [document] = say("config", "set", "mailaddress.sender", "news@example.com", "--yes")
    assert (code, document["changed"]) == (0, False)


def test_a_value_for_one_host_stands_beside_that_for_all(say: Say, sql: Sql) -> None:
    assert say("config", "set", "system.licence", "5", "--host", "news.sandbox.test", "--yes")[0] == 0
    assert sorted(map(str, sql("SELECT value, hostname FROM config_tbl WHERE name = 'licence'"))) == [
        "('0', None)", "('5', 'news.sandbox.test')",
    ]  # fmt: skip
    _, [document] = say("config", "set", "system.licence", "6", "--yes")
    assert "wins there" in document["notes"][0]
    assert shown(say, "system.licence")["value"] == "5"


def test_a_value_of_company_info_is_changed_there(say: Say, sql: Sql) -> None:
    assert say("config", "set", "mailout.queue.note", "it's 100 % \\ ü", "--yes")[0] == 0
    assert sql("SELECT cvalue FROM company_info_tbl WHERE cname = 'mailout.queue.note'") == [("it's 100 % \\ ü",)]
    assert say("config", "set", "maxadminmails", "50", "--yes")[0] == 0
    assert sql("SELECT company_id, cvalue FROM company_info_tbl WHERE cname = 'maxadminmails'") == [(0, "50")]


def test_rows_that_are_there_twice_are_changed_both(say: Say, sql: Sql) -> None:
    sql("INSERT INTO config_tbl (class, name, value, hostname) VALUES ('system', 'licence', '9', '')")
    assert say("config", "set", "system.licence", "0", "--yes")[0] == 0
    assert sql("SELECT DISTINCT value FROM config_tbl WHERE name = 'licence'") == [("0",)]


def test_the_times_of_a_row_are_kept_where_the_schema_has_them(say: Say, sql: Sql) -> None:
    sql("ALTER TABLE config_tbl ADD creation_date TIMESTAMP NULL, ADD change_date TIMESTAMP NULL")
    try:
        assert say("config", "set", "system.mail.host", "mx.example.com", "--yes")[0] == 0
        assert say("config", "set", "system.licence", "3", "--yes")[0] == 0
        rows = sql(
            "SELECT name, creation_date IS NULL, change_date IS NULL FROM config_tbl WHERE name IN ('mail.host', 'licence')"
        )
        assert sorted(rows) == [("licence", 1, 0), ("mail.host", 0, 0)]
    finally:
        sql("ALTER TABLE config_tbl DROP creation_date, DROP change_date")


def test_a_secret_is_set_from_a_file_only_and_kept_nowhere(say: Say, sql: Sql, sandbox: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text(PEM)
    code, [error] = say("config", "set", "birt.privatekey", "not-to-be-seen", "--yes")
    assert (code, error["key"]) == (2, "secret-on-command-line")
    code, [document] = say("config", "set", "birt.privatekey", "--from-file", str(key), "--yes")
    assert (code, document["restart"]) == (0, True)
    assert sql("SELECT value FROM config_tbl WHERE name = 'privatekey'") == [(PEM,)]
    assert "not-to-be-seen" not in json.dumps([error, document, ledger(sandbox, "configuration-changed")])
    for file in (sandbox / "state").iterdir():
        assert b"not-to-be-seen" not in file.read_bytes()


@pytest.mark.parametrize(
    ("args", "key", "code"),
    [
        (["set", "no.such", "1", "--yes"], "config-key-unknown", 2),
        (["set", "SYSTEM.licence", "1", "--yes", "--force-key"], "config-key-unknown", 2),
        (["set", "system.url", "http://[to be defined]", "--yes", "--force-key"], "config-value-placeholder", 2),
        (["set", "system.url"], "config-value-missing", 2),
        (["set", "system.url", "https://x.example.com"], "answer-missing", 2),
        (["set", "system.licence", "--from-file", "/no/such"], "system-error", 1),
        (["set", "system.defaultMailloopDomain", "news.sandbox.test", "--yes"], "mailloop-is-server", 3),
        (["url", "mail.example.com", "--yes"], "config-value-malformed", 2),
        (["url", "https://mail.example.com", "--mailloop", "https://loop.example.com", "--yes"], "config-value-malformed", 2),
        (["url", "https://mail.example.com", "--mailloop", "mail.example.com", "--yes"], "mailloop-is-server", 3),
        (["url", "https://mail.example.com", "--mailloop", "news.sandbox.test", "--yes"], "mailloop-is-server", 3),
        (["url", "https://mail.example.com", "--keep", "system.licence", "--yes"], "config-key-unknown", 2),
        (["url", "https://mail.example.com"], "answer-missing", 2),
    ],
)
def test_what_cannot_be_meant_changes_nothing(args: list[str], key: str, code: int, say: Say, sql: Sql) -> None:
    before = [sql(f"SELECT * FROM {table}") for table in TABLES]
    found, [error] = say("config", *args)
    assert (found, error["key"]) == (code, key)
    assert [sql(f"SELECT * FROM {table}") for table in TABLES] == before


def test_an_unknown_key_is_set_when_told_so(say: Say, sql: Sql) -> None:
    assert say("config", "set", "own.key", "1", "--yes", "--force-key")[0] == 0
    assert sql("SELECT class, name, value FROM config_tbl WHERE class = 'own'") == [("own", "key", "1")]


def test_a_url_sets_all_that_follows_from_it_in_all_companies(say: Say, sql: Sql) -> None:
    sql("INSERT INTO company_tbl (shortname, rdir_domain, mailloop_domain) VALUES ('two', '[to be defined]', NULL)")
    code, [document] = say("config", "url", "https://mail.example.com/", "--keep", "system.RdirLandingpage", "--yes")
    assert (code, document["changed"]) == (0, True)
    assert sql("SELECT DISTINCT rdir_domain, mailloop_domain FROM company_tbl") == [
        ("https://mail.example.com", "loop.sandbox.test")
    ]
    values = dict(sql("SELECT CONCAT(class, '.', name), value FROM config_tbl"))
    assert values["system.url"] == values["system.defaultRdirDomain"] == "https://mail.example.com"
    assert values["birt.url"] == "https://mail.example.com/birt"
    assert values["mailout.ini.domain"] == "mail.example.com"
    assert (values["system.RdirLandingpage"], values["system.support_emergency_url"]) == ("https://www.sandbox.test/", "")
    code, [again] = say("config", "url", "https://mail.example.com", "--keep", "system.RdirLandingpage", "--yes")
    assert (code, again["changed"], again["changes"]) == (0, False, [])


def test_a_url_wins_on_this_host_too_and_others_are_named(say: Say, sql: Sql) -> None:
    for name in ("news.sandbox.test", "other"):
        sql("INSERT INTO config_tbl (class, name, value, hostname) VALUES ('webservices', 'url', 'https://old', %s)", name)
    _, [document] = say("config", "url", "https://mail.example.com", "--yes")
    assert shown(say, "webservices.url")["value"] == "https://mail.example.com/2.0/"
    assert any("host other has a value of its own" in note for note in document["notes"])
    assert not any("host news.sandbox.test" in note for note in document["notes"])


def test_without_a_mailloop_domain_one_must_be_named(say: Say, sql: Sql) -> None:
    sql("UPDATE config_tbl SET value = '[to be defined]' WHERE name = 'defaultMailloopDomain'")
    code, [error] = say("config", "url", "https://mail.example.com", "--yes")
    assert (code, error["key"]) == (2, "mailloop-missing")
    assert say("config", "url", "https://mail.example.com", "--mailloop", "loop.example.com", "--yes")[0] == 0
    assert sql("SELECT DISTINCT mailloop_domain FROM company_tbl") == [("loop.example.com",)]


def test_all_changes_are_made_or_none(say: Say, sql: Sql, sandbox: Path) -> None:
    before = [sql(f"SELECT * FROM {table}") for table in TABLES]
    entries = len(ledger(sandbox, "configuration-changed"))
    sql("CREATE TRIGGER stop_it BEFORE UPDATE ON company_tbl FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'")
    try:
        code, [error] = say("config", "url", "https://mail.example.com", "--yes")
    finally:
        sql("DROP TRIGGER stop_it")
    assert (code, error["key"]) == (1, "database-failed")
    assert [sql(f"SELECT * FROM {table}") for table in TABLES] == before
    assert len(ledger(sandbox, "configuration-changed")) == entries


@pytest.mark.parametrize(("errno", "kind"), [(1180, "not-committed"), (2013, "commit-in-doubt")])
def test_a_commit_that_fails_is_in_the_ledger_too(
    errno: int, kind: str, *, say: Say, sql: Sql, sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit(connection: Any) -> None:
        raise pymysql.err.OperationalError(errno, "Got error during COMMIT")

    with monkeypatch.context() as patched:
        patched.setattr(pymysql.connections.Connection, "commit", commit)
        assert say("config", "set", "system.licence", "4", "--yes")[0] == 1
    assert sql("SELECT value FROM config_tbl WHERE name = 'licence'") == [("0",)]
    with Site.open(load(str(sandbox), {}), readonly=True) as site:
        *_, change, told = site.ledger.entries()
    assert (change.kind, told.kind, told.evidence) == ("configuration-changed", kind, {"entries": [change.seq]})


def test_nothing_is_changed_while_a_run_is_open(say: Say, sql: Sql, dispatch: Path) -> None:
    assert say("restart", "--yes", "--wait", "0")[0] == 4
    try:
        for args in (
            ["config", "set", "system.licence", "9"],
            ["config", "url", "https://x.example.com"],
            ["admin-password", "--generate"],
        ):
            code, [error] = say(*args, "--yes")
            assert (code, error["key"]) == (3, "run-open")
    finally:
        assert say("abort", "--yes")[0] == 0
    assert sql("SELECT value FROM config_tbl WHERE name = 'licence'") == [("0",)]


# --- emm-master -------------------------------------------------------------------------------------------------------


def salt(sandbox: Path) -> str:
    return (sandbox / "home/conf/keys/emm.salt").read_text().splitlines()[0]


def stored(sql: Sql) -> tuple[str, int, datetime]:
    [row] = sql("SELECT secure_password_hash, is_one_time_pass, pwdchange_date FROM admin_tbl WHERE admin_id = 1")
    return row[0], row[1], row[2]


def test_a_generated_password_is_shown_once_and_must_be_changed(say: Say, sql: Sql, sandbox: Path) -> None:
    code, [document] = say("admin-password", "--generate", "--yes", "--reason", "forgotten")
    assert code == 0
    secret, once, changed = stored(sql)
    assert secret == hashed(document["password"], salt(sandbox))
    [(now,)] = sql("SELECT NOW()")
    assert (once, now - changed >= timedelta(days=91)) == (1, True)
    entry = ledger(sandbox, "admin-password-set")[-1]
    assert (entry["username"], entry["generated"], entry["actor"]["reason"]) == ("emm-master", True, "forgotten")
    for file in (sandbox / "state").iterdir():
        content = file.read_bytes()
        assert document["password"].encode() not in content
        assert secret.encode() not in content


def test_with_quiet_the_password_is_all_that_is_printed(sql: Sql, sandbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--site", str(sandbox), "--quiet", "admin-password", "--generate", "--yes"]) == 0
    assert stored(sql)[0] == hashed(capsys.readouterr().out.removesuffix("\n"), salt(sandbox))


def test_a_password_is_asked_for_unseen_on_a_terminal(sql: Sql, sandbox: Path) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator.cli.main", "--site", str(sandbox), "admin-password"],
        stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    seen = b""
    for waited in (b"New password", b"Once more"):
        while waited not in seen:
            seen += os.read(master, 65536)
        os.write(master, b"Geheim-123\n")
    try:
        while chunk := os.read(master, 65536):
            seen += chunk
    except OSError:
        pass
    os.close(master)
    assert process.wait() == 0, seen
    assert b"Geheim-123" not in seen
    assert stored(sql)[0] == hashed("Geheim-123", salt(sandbox))


def test_without_a_terminal_a_password_is_not_asked_for(say: Say) -> None:
    code, [error] = say("admin-password")
    assert (code, error["key"]) == (2, "answer-missing")
    code, [error] = say("admin-password", "--generate")
    assert (code, error["key"]) == (2, "answer-missing")


@pytest.mark.parametrize(("content", "key"), [(None, "salt-missing"), (b"\n", "salt-empty"), (b"x" * 33, "salt-too-long")])
def test_a_salt_that_cannot_be_used_leaves_the_password(
    content: bytes | None, key: str, say: Say, sql: Sql, sandbox: Path
) -> None:
    file = sandbox / "home/conf/keys/emm.salt"
    before, kept = stored(sql), file.read_bytes()
    file.unlink()
    try:
        if content is not None:
            file.write_bytes(content)
        code, [error] = say("admin-password", "--generate", "--yes")
    finally:
        file.write_bytes(kept)
    assert (code, error["key"]) == (3, key)
    assert stored(sql) == before
    if key == "salt-empty":
        seen(error["next"][0])
        _, [document] = say("admin-password", "--generate", "--yes")
        assert stored(sql)[0] == hashed(document["password"], salt(sandbox))


def test_the_salt_file_that_the_configuration_names_is_read(say: Say, sql: Sql, sandbox: Path) -> None:
    other = sandbox / "home/etc/other.salt"
    other.write_bytes(b"other-salt \xe4\r\n")
    sql("INSERT INTO config_tbl (class, name, value) VALUES ('system', 'salt.file', '${HOME}/etc/other.salt')")
    _, [document] = say("admin-password", "--generate", "--yes")
    assert stored(sql)[0] == hashed(document["password"], "other-salt ä")


def test_a_database_without_emm_master_is_told(say: Say, sql: Sql) -> None:
    sql("SET foreign_key_checks = 0")
    sql("DELETE FROM admin_tbl WHERE admin_id = 1")
    code, [error] = say("admin-password", "--generate", "--yes")
    assert (code, error["key"]) == (3, "admin-missing")
