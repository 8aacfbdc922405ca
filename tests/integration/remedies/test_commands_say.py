"""What commands print when they refuse, or when they are done: it is done as it is printed, and what was wrong is right."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from orchestrator import settings
from orchestrator.cli.app import App
from orchestrator.hosts.backups.backups import RealBackups
from orchestrator.runs.site import Site
from orchestrator.sandbox.host import LONGEST_PATH
from orchestrator.settings import load
from tests.integration.upgrade.upgrade_kit import Answer, Stages
from tests.remedies.follow import follow, seen, shown
from workflows.model.errors import UsageError

pytestmark = pytest.mark.integration
Do = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def host(stages: Stages) -> Stages:
    """On 19.10, and nothing was done there yet."""
    stages.put_back("start")
    return stages


@pytest.fixture
def do(host: Stages) -> Do:
    def followed(remedy: str, **more: Any) -> CompletedProcess[str]:
        return follow(remedy, site=host.host, socket=host.server.socket, **more)

    return followed


# --- the ledger -------------------------------------------------------------------------------------------------------


def test_an_empty_ledger_is_begun_by_an_import(host: Stages, do: Do, tmp_path: Path) -> None:
    host.forget()
    (way,) = host.say("audit", "verify").refused(1, "store-missing")["next"]
    do(way, named={"VERSION": "20.04"})
    with Site.open(load(str(host.host), {})):  # a store with nothing in it
        pass
    export = ("audit", "export", str(tmp_path / "ledger"))
    (way,) = host.say(*export).refused(2, "ledger-empty")["next"]
    (then,) = shown(do(way).stdout)
    do(then)
    (proves,) = shown(do_text(host, *export))
    do(proves)
    (way,) = host.say(*export).refused(2, "folder-exists")["next"]
    do(way, named={"OTHER-DIR": str(tmp_path / "other")})
    assert (tmp_path / "other/verify.py").is_file()


def test_a_ledger_without_a_checkpoint_gets_one(host: Stages, do: Do) -> None:
    shutil.rmtree(host.host / "state/checkpoints", ignore_errors=True)
    (way,) = shown(do_text(host, "audit", "verify"))
    (then,) = shown(do(way).stdout)
    assert "checkpoint" in do(then).stdout
    assert shown(do_text(host, "audit", "verify")) == []
    (way,) = host.say("audit", "verify", "--checkpoint", str(host.host / "none")).refused(2, "checkpoint-unreadable")["next"]
    do(way)


def do_text(host: Stages, *args: str) -> str:
    """What a command prints for people."""
    return host.run(*args).stdout


# --- configuration ----------------------------------------------------------------------------------------------------


def test_a_value_that_is_missing_or_secret_is_given_as_it_says(host: Stages, do: Do, tmp_path: Path) -> None:
    (tmp_path / "value").write_text("news@example.com\n")
    (tmp_path / "value").chmod(0o600)
    named = {"VALUE": "news@example.com", "FILE": str(tmp_path / "value")}
    for way in host.say("config", "set", "mailaddress.sender").refused(2, "config-value-missing")["next"]:
        do(way, named=named)
    command = ("config", "set", "system.smtp.password", "secret", "--force-key")
    (way,) = host.say(*command).refused(2, "secret-on-command-line")["next"]
    do(way.replace("set ", "set --force-key ", 1) if host.say("config", "show", "system.smtp").code else way, named=named,
       expect=(0, 2))  # fmt: skip


def test_a_key_that_is_not_known_is_forced(host: Stages, do: Do) -> None:
    command = ("config", "set", "site.own", "1")
    shows, forces = host.say(*command).refused(2, "config-key-unknown")["next"]
    do(shows)
    do(forces, last=command)
    assert host.config()["site.own"] == "1"
    (way,) = shown(do_text(host, "config", "show", "no.such"))
    do(way)


def test_a_release_that_knows_no_hosts_is_told_without_one(host: Stages, do: Do) -> None:
    host.query("ALTER TABLE config_tbl CHANGE hostname other VARCHAR(300)")
    command = ("config", "set", "system.licence", "4", "--yes")
    try:
        (way,) = host.say(*command, "--host", "a.example.com").refused(3, "config-no-hosts")["next"]
        do(way, last=(*command, "--host", "a.example.com"))
    finally:
        host.query("ALTER TABLE config_tbl CHANGE other hostname VARCHAR(300)")


def test_a_url_without_a_mailloop_domain_is_given_with_one(host: Stages, do: Do) -> None:
    host.query("DELETE FROM config_tbl WHERE class = 'mailloop' OR name LIKE '%%mailloop%%'")
    (way,) = host.say("config", "url", "https://news.example.com", "--yes").refused(2, "mailloop-missing")["next"]
    ways = shown(do(way).stdout)
    for then in ways:
        do(then)


def test_a_mailloop_domain_that_is_the_server_is_given_as_another(host: Stages) -> None:
    command = ("config", "url", "https://news.example.com", "--yes", "--mailloop")
    (way,) = host.say(*command, "news.example.com").refused(3, "mailloop-is-server")["next"]
    seen(way)
    assert host.say(*command, "mailing.example.com").code == 0
    assert host.config()["system.url"] == "https://news.example.com"


def test_what_somebody_changed_meanwhile_is_looked_at_anew(host: Stages, do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ("config", "set", "system.licence", "5", "--yes")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(App, "sure", lambda *_: host.query("UPDATE config_tbl SET value = '6' WHERE name = 'licence'"))
        (way,) = host.say(*command).refused(3, "configuration-changed")["next"]
    do(way, last=command)
    assert host.config()["system.licence"] == "5"


def test_an_address_that_nobody_has_set_is_set(host: Stages, do: Do) -> None:
    def finding() -> dict[str, Any] | None:
        found = host.say("doctor").last["findings"]
        return next((f for f in found if f["key"] == "mail-addresses" and f["severity"] == "warning"), None)

    host.query("DELETE FROM config_tbl WHERE class = 'mailaddress'")
    host.query("INSERT INTO config_tbl (class, name, value) VALUES ('mailaddress', 'sender', '[to be defined]')")
    host.query("INSERT INTO config_tbl (class, name, value) VALUES ('mailaddress', 'support', '[to be defined]')")
    while found := finding():
        do(found["fix"], named={"ADDRESS": "news@example.com"})
    assert host.config()["mailaddress.support"] == "news@example.com"


def test_a_setting_that_needs_a_restart_names_it(host: Stages, do: Do) -> None:
    for key, value in (("system.mail.host", "mx.example.com"), ("system.licence", "3")):
        (way,) = shown(do_text(host, "--yes", "config", "set", key, value))
        do(way)


def test_a_password_is_made_up(host: Stages, do: Do, tmp_path: Path) -> None:
    (way,) = host.say("admin-password", "--yes").refused(2, "answer-missing")["next"]
    do(way)
    (way,) = host.say("admin-password", "--first").refused(2, "first-password-gone")["next"]
    do(way)
    do("orchestrate admin-password --generate")


# --- questions --------------------------------------------------------------------------------------------------------


def test_a_question_without_a_terminal_names_the_option_that_answers(host: Stages, do: Do) -> None:
    command = ("config", "set", "system.licence", "7")
    (way,) = host.say(*command).refused(2, "answer-missing")["next"]
    do(way, last=command)
    assert host.config()["system.licence"] == "7"


def test_a_check_that_is_not_known_names_the_option_alone(host: Stages, do: Do) -> None:
    command = ("doctor", "--fix", "no-such-check")
    for way in host.say(*command).refused(2, "check-unknown")["next"]:
        do(way, last=command, expect=(0, 3))


def test_what_cannot_be_detached_is_done_without(host: Stages, do: Do) -> None:
    command = ("upgrade", "--to", "19.10", "--detach")
    (way,) = host.say(*command, "--yes").refused(2, "detach-unavailable")["next"]
    do(way, last=command)


def test_what_is_no_option_names_the_help(host: Stages, do: Do) -> None:
    for way in host.say("status", "--nothing").refused(2, "usage")["next"]:
        assert "Usage" in do(way).stdout


# --- backups ----------------------------------------------------------------------------------------------------------


def test_a_site_without_a_backup_makes_one_and_a_broken_one_is_replaced(host: Stages, do: Do) -> None:
    shutil.rmtree(host.host / "backups")
    (way,) = shown(do_text(host, "backup", "list"))
    do(way)
    (made,) = host.say("backup", "list").last["backups"]
    dump = host.host / "backups" / made["id"] / "dump.sql.zst"
    data = dump.read_bytes()
    dump.write_bytes(data[:99] + bytes([data[99] ^ 1]) + data[100:])
    for way in host.say("backup", "verify", made["id"]).error["next"]:
        do(way)
    (new,) = (one for one in host.say("backup", "list").last["backups"] if one["id"] != made["id"])
    assert new["verified"]
    do(f"orchestrate backup verify {new['id']}    proves it, then it counts")


def test_a_backup_whose_kept_database_is_gone_is_restored_by_a_new_run(host: Stages, do: Do) -> None:
    backup = host.say("backup", "create").last["backup"]["id"]
    assert host.say("backup", "restore", backup, "--yes").code == 0
    for (name,) in host.query("SHOW DATABASES LIKE 'openemm\\_%%'", database=None):
        host.query(f"DROP DATABASE {name}", database=None)
    do(f"orchestrate backup restore {backup}    as a new run, which keeps it under a name of its own")
    run = host.say("runs").last["runs"][0]["id"]
    do("orchestrate runs forget RUN    drops what that run kept for a way back", named={"RUN": run})
    assert not host.query("SHOW DATABASES LIKE 'openemm\\_%%'", database=None)


def test_tables_of_an_old_format_are_converted(host: Stages, do: Do) -> None:
    host.query("CREATE TABLE of_old_format (id INT) ROW_FORMAT=COMPACT")
    try:
        (way,) = shown(do_text(host, "database", "check-format"))
        do(way)
        assert shown(do_text(host, "database", "check-format")) == []
    finally:
        host.query("DROP TABLE of_old_format")


def test_too_little_room_is_made_by_pruning(host: Stages, do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = host.say("backup", "create").last["backup"]["id"]
    monkeypatch.setattr(RealBackups, "room_to_restore", lambda *_: (1 << 60, "/"))
    looks, prunes = host.say("backup", "restore", backup, "--yes").refused(3, "no-room-for-restore")["next"]
    do(looks)
    do(prunes)


# --- settings and sandboxes -------------------------------------------------------------------------------------------


def test_a_user_that_is_not_there_is_named_otherwise(host: Stages, do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATE_USER", "nobody-of-that-name")
    (way,) = host.say("restart", "--yes").error["next"][:1]
    do(f"{way}; orchestrate --yes restart" if "    " not in way else way, named={"NAME": "root"})


def test_sandboxes_are_made_where_it_is_said(open_folder: Path, do: Do, host: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    here = open_folder / "sb"
    (way,) = host.say("sandbox", "create", str(here), "--release", "22.10").refused(2, "sandbox-release-unknown")["next"]
    ways = shown(do(way).stdout)
    (destroys,) = host.say("sandbox", "create", str(here)).refused(3, "sandbox-folder-not-empty")["next"]
    for then in ways[:3]:
        do(then, ORCHESTRATE_SITE=str(here))
    do(destroys)
    (way,) = host.say("sandbox", "start", str(here)).refused(3, "sandbox-missing")["next"]
    seen(way)
    (same,) = site_missing(str(here))
    if os.geteuid() == 0:
        (as_root,) = as_nobody(host, "sandbox", "create", str(here)).refused(1, "permission-denied")["next"]
        do(as_root, last=("sandbox", "create", str(here)))
        seen(same)  # which is that command again
    else:
        do(same)
    monkeypatch.setattr(settings, "SITE_FILE", open_folder / "none")
    seen(site_missing(None)[1])  # the same command again
    do(ways[-1])
    assert not here.exists()
    (way,) = host.say("sandbox", "create", "/" + 99 * "x").refused(2, "sandbox-path-too-long")["next"]
    seen(way)
    assert len(way.split()[-1]) <= LONGEST_PATH


def as_nobody(host: Stages, *args: str) -> Answer:
    """What is said to somebody without rights."""
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        return host.say(*args)
    finally:
        os.seteuid(0)


def site_missing(named: str | None) -> Sequence[str]:
    with pytest.raises(UsageError) as missing:
        load(named, {"ORCHESTRATE_HOME": "/nowhere", "ORCHESTRATE_STATE": "/nowhere"})
    assert missing.value.error_key == "site-not-found"
    return missing.value.next
