"""OpenEMM's database and account on a real server, and dbcfg."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from database_kit import Context, Kit, ask

from orchestrator.hosts.database import dbcfg
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.hosts.server.server import RealServer
from tests.remedies.follow import follow, follow_on_terminal, seen
from workflows.host.server import Access
from workflows.model.answers import Verdict
from workflows.model.errors import RefusedError, WorkflowError
from workflows.steps.database.user import DatabaseAndUser

pytestmark = pytest.mark.integration

Sql = Callable[..., list[tuple[Any, ...]]]
DATABASE, USER = "kit_emm", "kit"


@pytest.fixture
def sql(mariadb: PrivateServer) -> Sql:
    return lambda text, *values: ask(mariadb.socket, text, *values)


def step(kit: Kit, **answers: Any) -> DatabaseAndUser:
    return DatabaseAndUser(kit.plan(database_name=DATABASE, database_user=USER, **answers))


def written(kit: Kit) -> dbcfg.DbConfig:
    return dbcfg.read(kit.home / "etc/dbcfg")


def test_database_account_and_dbcfg_are_made_with_the_least_rights_and_a_second_look_finds_nothing(kit: Kit, sql: Sql) -> None:
    done = kit.attempt(step(kit))
    config = written(kit)
    assert (config.user, config.name, config.dbms, config.host) == (USER, DATABASE, "mariadb", "127.0.0.1")
    assert len(config.password) == 28
    assert config.password.isalnum()
    assert stat.S_IMODE((kit.home / "etc/dbcfg").stat().st_mode) == 0o600
    grants = {row[0].partition(" IDENTIFIED")[0] for row in sql(f"SHOW GRANTS FOR {USER}@localhost")}
    assert grants == {
        f"GRANT USAGE ON *.* TO `{USER}`@`localhost`",
        f"GRANT ALL PRIVILEGES ON `kit\\_emm`.* TO `{USER}`@`localhost`",
        f"GRANT SELECT ON `mysql`.`proc` TO `{USER}`@`localhost`",
    }
    schema = "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
    assert sql(schema, DATABASE) == [("utf8mb4", "utf8mb4_unicode_ci")]
    assert kit.keys(step(kit)) == []
    assert done.facts["changed"]
    assert kit.attempt(step(kit)).facts == done.facts
    assert written(kit) == config


def test_the_password_stands_in_dbcfg_and_nowhere_else(kit: Kit) -> None:
    done = kit.attempt(step(kit))
    password = written(kit).password
    assert password not in repr(done)
    assert password not in repr(kit.server.access())
    for path in (kit.folder / "run").rglob("*"):
        assert path.is_dir() or password not in path.read_text()


@pytest.mark.parametrize("cut", ["write_access", "create", "grant"])
def test_cut_off_anywhere_it_goes_on_with_the_same_password(kit: Kit, cut: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = getattr(RealServer, cut)

    def killed(self: RealServer, *values: Any) -> None:
        made(self, *values)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RealServer, cut, killed)
        with pytest.raises(KeyboardInterrupt):
            kit.attempt(step(kit))
    before = written(kit)
    kit.attempt(step(kit))
    assert written(kit) == before
    assert kit.keys(step(kit)) == []


def test_undo_drops_what_the_run_made_and_may_be_run_twice(kit: Kit, sql: Sql) -> None:
    kit.attempt(step(kit))
    for _ in range(2):
        kit.undo(step(kit))
        assert sql("SHOW DATABASES LIKE 'kit%'") == []
        assert sql("SELECT 1 FROM mysql.user WHERE User = %s", USER) == []
        assert not (kit.home / "etc").exists()


def test_undo_leaves_what_was_there(kit: Kit, sql: Sql) -> None:
    sql(f"CREATE DATABASE {DATABASE}")
    sql(f"CREATE USER {USER}@localhost IDENTIFIED BY 'forgotten'")
    kit.attempt(step(kit))
    kit.undo(step(kit))
    assert sql("SHOW DATABASES LIKE 'kit%'") == [(DATABASE,)]
    assert sql("SELECT COUNT(*) FROM mysql.user WHERE User = %s", USER) == [(1,)]


def test_undo_never_drops_a_database_with_tables(kit: Kit, sql: Sql) -> None:
    kit.attempt(step(kit))
    sql(f"CREATE TABLE {DATABASE}.somebody (id INT)")
    with pytest.raises(RefusedError) as refused:
        kit.undo(step(kit))
    assert refused.value.error_key == "database-not-empty"
    assert sql(f"SHOW TABLES FROM {DATABASE}") == [("somebody",)]
    sql(f"DROP DATABASE {DATABASE}")  # by hand, as it says
    assert refused.value.next[1].startswith("orchestrate abort")
    kit.undo(step(kit))
    assert sql("SELECT 1 FROM mysql.user WHERE User = %s", USER) == []


def test_an_empty_database_and_an_account_without_dbcfg_are_an_earlier_attempt(kit: Kit, sql: Sql) -> None:
    sql(f"CREATE DATABASE {DATABASE}")
    sql(f"CREATE USER {USER}@localhost IDENTIFIED BY 'forgotten'")
    assert kit.keys(step(kit)) == ["database.user"]
    kit.attempt(step(kit))
    assert kit.keys(step(kit)) == []


def test_the_empty_dbcfg_of_the_vendors_tool_is_none(kit: Kit) -> None:
    (kit.home / "etc").mkdir()
    (kit.home / "etc/dbcfg").write_text("openemm: dbms=, host=localhost, user=, password=, name=openemm\n")
    assert kit.server.access() is None
    kit.attempt(step(kit))
    assert written(kit).user == USER
    kit.undo(step(kit))
    assert "user=, password=" in (kit.home / "etc/dbcfg").read_text()


def test_a_database_with_tables_is_never_taken_whatever_was_answered(kit: Kit, sql: Sql) -> None:
    sql(f"CREATE DATABASE {DATABASE}")
    sql(f"CREATE TABLE {DATABASE}.somebody (id INT)")
    (found,) = step(kit).look(kit.parts)
    assert (found.key, found.by_admin, found.now) == ("database.content", True, "1 tables")
    with pytest.raises(WorkflowError) as refused:
        kit.attempt(step(kit))
    assert refused.value.error_key == "difference-unanswered"
    with pytest.raises(RefusedError) as refused:
        kit.attempt(step(kit, differences={found.key: Verdict.REPLACE}))
    assert refused.value.error_key == "database-not-empty"
    assert sql(f"SHOW TABLES FROM {DATABASE}") == [("somebody",)]
    assert not (kit.home / "etc/dbcfg").exists()
    takes_back, _, another = refused.value.next
    assert takes_back.startswith("orchestrate abort")
    seen(another)
    kit.attempt(DatabaseAndUser(kit.plan(database_name="kit_other", database_user=USER)))
    assert written(kit).name == "kit_other"
    assert sql(f"SHOW TABLES FROM {DATABASE}") == [("somebody",)]


def test_an_account_of_something_else_is_not_taken_over_silently(kit: Kit, sql: Sql) -> None:
    sql("CREATE DATABASE kit_other")
    sql(f"CREATE USER {USER}@localhost IDENTIFIED BY 'in use'")
    sql(f"GRANT SELECT ON kit_other.* TO {USER}@localhost")
    (found,) = step(kit).look(kit.parts)
    assert (found.key, found.by_admin) == ("database.account", True)


def test_a_dbcfg_that_does_not_log_in_is_asked_about(kit: Kit, sql: Sql) -> None:
    kit.attempt(step(kit))
    sql(f"SET PASSWORD FOR {USER}@localhost = PASSWORD('somebody changed it')")
    (found,) = step(kit).look(kit.parts)
    assert (found.key, found.by_admin) == ("database.account", True)
    before = written(kit).password
    kit.attempt(step(kit, differences={found.key: Verdict.REPLACE}))
    assert written(kit).password != before
    assert kit.keys(step(kit)) == []


def test_a_dbcfg_that_works_is_right_whatever_names_it_has(kit: Kit, sql: Sql) -> None:
    sql("CREATE DATABASE kit_theirs")
    sql("CREATE USER kit_theirs@localhost IDENTIFIED BY 'theirs'")
    sql("GRANT ALL ON kit_theirs.* TO kit_theirs@localhost")
    (kit.home / "etc").mkdir()
    (kit.home / "etc/dbcfg").write_text(
        "openemm: dbms=mariadb, host=localhost, user=kit_theirs, password=theirs, name=kit_theirs\n"
    )
    assert kit.keys(step(kit)) == []
    assert kit.attempt(step(kit)).facts["database"] == "kit_theirs"
    assert sql("SHOW DATABASES LIKE 'kit%'") == [("kit_theirs",)]


def test_a_dbcfg_of_another_host_is_refused(kit: Kit) -> None:
    (kit.home / "etc").mkdir()
    (kit.home / "etc/dbcfg").write_text("openemm: dbms=mariadb, host=db.example.com, user=u, password=p, name=n\n")
    with pytest.raises(RefusedError) as refused:
        kit.keys(step(kit))
    assert refused.value.error_key == "database-elsewhere"
    follow(refused.value.next[0])
    assert kit.keys(step(kit)) == ["database.user"]


def test_a_wrong_password_of_root_is_said_and_nothing_is_changed(
    kit: Kit, sql: Sql, tmp_path: Path, mariadb: PrivateServer
) -> None:
    sql("CREATE USER kit_admin@localhost IDENTIFIED BY 'right'")
    sql("GRANT ALL ON *.* TO kit_admin@localhost WITH GRANT OPTION")
    file = tmp_path / "admin.cnf"
    file.write_text("[client]\nuser=kit_admin\npassword=wrong\n")
    file.chmod(0o600)
    with pytest.raises(RefusedError) as refused:
        kit.keys(step(kit, database_admin_file=str(file)))  # as a plan looks
    assert refused.value.error_key == "database-admin-refused"
    asks, another = refused.value.next
    assert follow_on_terminal(asks, "wrong", socket=mariadb.socket)[0] == 1
    assert follow_on_terminal(asks, "right", "quit", socket=mariadb.socket)[0] == 0
    seen(another)
    assert "wrong" not in refused.value.message
    assert sql("SHOW DATABASES LIKE 'kit%'") == []
    assert not (kit.home / "etc/dbcfg").exists()

    file.chmod(0o640)
    with pytest.raises(WorkflowError, match="open to others"):
        kit.attempt(step(kit, database_admin_file=str(file)))

    file.chmod(0o600)
    file.write_text("[client]\nuser=kit_admin\npassword=right\n")
    kit.attempt(step(kit, database_admin_file=str(file)))
    assert kit.keys(step(kit, database_admin_file=str(file))) == []


def test_a_root_who_gets_in_without_a_password_is_a_warning(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not kit.server.root_without_password()
    monkeypatch.setattr(RealServer, "root_without_password", lambda server: True)
    (warning,) = kit.attempt(step(kit)).facts["warnings"]
    assert "needs no password over TCP" in warning
    assert [note["message"] for note in Context(kit, "database-user").notes] == [warning]


def test_a_value_that_a_reader_of_dbcfg_would_split_is_not_written(kit: Kit) -> None:
    with pytest.raises(RefusedError) as refused:
        kit.server.write_access(Access("mariadb", DATABASE, USER, "with,comma"))
    assert refused.value.error_key == "dbcfg-value-unsafe"


def test_a_host_without_a_server_is_a_difference(tmp_path: Path) -> None:
    kit = Kit(tmp_path, admin_socket=tmp_path / "nobody.sock")
    assert kit.keys(step(kit)) == ["database.user"]
    assert list(kit.home.iterdir()) == []
