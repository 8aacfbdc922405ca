"""A new 20.10 out of the sandbox's package: schema, configuration from one URL, and the first password."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from database_kit import FRONTEND, TARGET, Context, Kit, ask

from orchestrator.command import run
from orchestrator.hosts.database.openemm_data import RealOpenemmData
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.sandbox.database import bundle
from orchestrator.sandbox.database.full import full_text
from orchestrator.sandbox.installation import Installation
from orchestrator.sandbox.packages import SHIPPED_SALT
from orchestrator.sandbox.startup import StartUp
from orchestrator.upkeep.first_password import take_first_password
from tests.remedies.follow import follow
from workflows.model.answers import Verdict
from workflows.model.errors import RefusedError, UsageError, WorkflowError
from workflows.rules.password import hashed
from workflows.steps.application.admin_password import AdminPassword
from workflows.steps.application.basic_configuration import BasicConfiguration
from workflows.steps.database.schema import CreateSchema
from workflows.steps.database.user import DatabaseAndUser

pytestmark = pytest.mark.integration

Sql = Callable[..., list[tuple[Any, ...]]]
DATABASE, USER = "kit_new", "kit"
WANTED = {
    "system.url": "https://news.example.com", "birt.url": "https://news.example.com/birt",
    "birt.url.intern": "http://localhost:8080/birt", "system.defaultRdirDomain": "https://news.example.com",
    "system.RdirLandingpage": "", "system.support_emergency_url": "", "webservices.url": "https://news.example.com/2.0/",
    "system.defaultMailloopDomain": "loop.example.com", "mailout.ini.domain": "news.example.com",
}  # fmt: skip
TABLES = ("config_tbl", "company_tbl", "admin_tbl", "company_info_tbl")


@pytest.fixture(scope="module")
def made(quick: PrivateServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """A host with the schema of a new 20.10, and a runtime as it is shipped."""
    kit = Kit(tmp_path_factory.mktemp("new"), socket=quick.socket)
    kit.answers = kit.plan(database_name=DATABASE, database_user=USER).answers
    kit.attempt(DatabaseAndUser(kit.plan()))
    kit.frontend({
        **bundle("20.10"), "sql/mysql/emm-mysql-fulldb-basic.sql": full_text(),
        "classes/emm.properties": f"ApplicationVersion={TARGET}\n",
    })  # fmt: skip
    kit.made = kit.attempt(CreateSchema(kit.plan()))
    for table in TABLES:
        ask(quick.socket, f"CREATE TABLE {DATABASE}.kept_{table} AS SELECT * FROM {DATABASE}.{table}")
    yield kit
    ask(quick.socket, f"DROP DATABASE {DATABASE}")
    ask(quick.socket, f"DROP USER {USER}@localhost")


@pytest.fixture
def new(made: Kit, sql: Sql) -> Iterator[Kit]:
    keys = made.home / "conf/keys"
    keys.mkdir(parents=True, exist_ok=True)
    for file in keys.iterdir():
        file.unlink()
    (keys / "emm.salt").write_text(f"{SHIPPED_SALT}\n")
    for half in ("private", "public"):
        (keys / f"birt_{half}.pem").write_text("shipped\n")
    yield made
    made.present = False
    for step in ("configuration", "admin-password"):
        for name in ("intent", "notes"):
            (made.folder / "run" / step / name).unlink(missing_ok=True)
    take_first_password(made.settings)
    sql("SET FOREIGN_KEY_CHECKS = 0")
    for table in TABLES:
        sql(f"DELETE FROM {DATABASE}.{table}")
        sql(f"INSERT INTO {DATABASE}.{table} SELECT * FROM {DATABASE}.kept_{table}")


@pytest.fixture
def sql(quick: PrivateServer) -> Iterator[Sql]:
    import pymysql

    with pymysql.connect(unix_socket=str(quick.socket), user="root", charset="utf8mb4", autocommit=True) as connection:

        def asked(text: str, *values: object) -> list[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(text, values or None)
                return list(cursor.fetchall())

        yield asked


def configuration(sql: Sql) -> dict[str, str | None]:
    return {f"{class_}.{name}": value for class_, name, value in sql(f"SELECT class, name, value FROM {DATABASE}.config_tbl")}


def admin(sql: Sql) -> tuple[Any, ...]:
    found = "secure_password_hash, is_one_time_pass, pwdchange_date < CURRENT_TIMESTAMP - INTERVAL 90 DAY"
    return sql(f"SELECT {found} FROM {DATABASE}.admin_tbl WHERE admin_id = 1")[0]


# --- the schema -------------------------------------------------------------------------------------------------------


def test_a_new_20_10_has_all_versions_and_its_updates_run_right_after_the_full_schema(made: Kit, sql: Sql) -> None:
    files = made.made.facts["files"]
    assert files[0] == "emm-mysql-fulldb-basic.sql"
    assert files[4] == "emm-mysql-update-18.10.490.sql"
    assert made.made.facts["versions_after"] == 239  # 233 at the end of the chain, and six that only a new one has (facts 13.3)
    only_fresh = "19.01.635", "19.07.420", "19.10.432", "20.01.307", "20.01.418", "20.01.447"
    assert sql(f"SELECT COUNT(*) FROM {DATABASE}.agn_dbversioninfo_tbl WHERE version_number IN %s", only_fresh) == [(6,)]
    assert sql(f"SHOW COLUMNS FROM {DATABASE}.admin_tbl LIKE 'limiting_target_id'")
    assert sql(f"SHOW TABLES FROM {DATABASE} LIKE 'release_log_tbl'") == [("release_log_tbl",)]
    assert sql(f"SELECT COUNT(*) FROM {DATABASE}.messages_tbl")[0][0] > 190
    assert sql(f"SELECT COUNT(*) FROM {DATABASE}.admin_permission_tbl")[0][0] > 90


# --- the configuration ------------------------------------------------------------------------------------------------


def test_everything_follows_from_the_url_and_a_second_look_finds_nothing(new: Kit, sql: Sql) -> None:
    step = BasicConfiguration(new.plan())
    assert not any(difference.by_admin for difference in step.look(new.parts))
    done = new.attempt(step)
    seen = configuration(sql)
    assert {key: seen[key] for key in WANTED} == WANTED
    assert seen[f"system.{new.server.openemm.hostname()}.IsActive"] == "1"
    assert sql(f"SELECT DISTINCT rdir_domain, mailloop_domain FROM {DATABASE}.company_tbl") == [
        ("https://news.example.com", "loop.example.com")
    ]
    assert new.keys(step) == []
    new.present = True
    assert new.keys(BasicConfiguration(new.plan())) == []
    assert done.facts["changed"]


def test_the_statistics_get_a_key_pair_of_their_own_in_files_and_table(new: Kit, sql: Sql) -> None:
    done = new.attempt(BasicConfiguration(new.plan()))
    seen = configuration(sql)
    for half in ("private", "public"):
        pem = new.home / f"conf/keys/birt_{half}.pem"
        assert stat.S_IMODE(pem.stat().st_mode) == 0o600
        assert "".join(pem.read_text().splitlines()[1:-1]) == seen[f"birt.{half}key"]
    private = new.home / "conf/keys/birt_private.pem"
    assert private.read_text().startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert "2048 bit" in run(["openssl", "rsa", "-noout", "-text", "-in", str(private)], timeout=30).stdout
    public = run(["openssl", "rsa", "-pubout", "-in", str(private)], timeout=30).stdout
    assert public == (new.home / "conf/keys/birt_public.pem").read_text()
    secret = str(seen["birt.privatekey"])
    assert secret not in repr(done)
    assert secret not in (new.folder / "run/configuration/intent").read_text()


def test_the_key_pair_of_an_openemm_that_was_there_before_is_its_own(new: Kit, sql: Sql) -> None:
    new.present = True
    for half in ("private", "public"):
        (new.home / f"conf/keys/birt_{half}.pem").write_text(f"-----BEGIN {half}-----\nabc\n{half}\n-----END {half}-----\n")
    new.attempt(BasicConfiguration(new.plan()))
    assert configuration(sql)["birt.privatekey"] == "abcprivate"
    assert "abc" in (new.home / "conf/keys/birt_private.pem").read_text()
    assert new.keys(BasicConfiguration(new.plan())) == []


def test_half_a_key_pair_is_asked_about(new: Kit, sql: Sql) -> None:
    sql(f"INSERT INTO {DATABASE}.config_tbl (class, name, value) VALUES ('birt', 'privatekey', 'somebodys')")
    (found,) = [one for one in BasicConfiguration(new.plan()).look(new.parts) if one.key == "configuration.birt.keys"]
    assert (found.now, found.by_admin) == ("only birt.privatekey", True)


def test_undo_brings_back_rows_files_and_companies(new: Kit, sql: Sql) -> None:
    before = configuration(sql), sql(f"SELECT rdir_domain, mailloop_domain FROM {DATABASE}.company_tbl")
    step = BasicConfiguration(new.plan())
    new.attempt(step)
    for _ in range(2):
        new.undo(step)
        assert (configuration(sql), sql(f"SELECT rdir_domain, mailloop_domain FROM {DATABASE}.company_tbl")) == before
        assert (new.home / "conf/keys/birt_private.pem").read_text() == "shipped\n"


def test_cut_off_between_files_and_rows_it_makes_a_pair_that_fits(new: Kit, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    step = BasicConfiguration(new.plan())
    with monkeypatch.context() as patch:
        patch.setattr(RealOpenemmData, "change", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            new.attempt(step)
    assert "system.url" not in configuration(sql)
    new.attempt(step)
    pem = (new.home / "conf/keys/birt_private.pem").read_text()
    assert "".join(pem.splitlines()[1:-1]) == configuration(sql)["birt.privatekey"]
    new.undo(step)
    assert "system.url" not in configuration(sql)


def test_what_somebody_set_is_asked_about_and_markers_are_filled(new: Kit, sql: Sql) -> None:
    new.attempt(BasicConfiguration(new.plan()))
    (new.folder / "run/configuration/intent").unlink()
    new.present = True
    sql(f"UPDATE {DATABASE}.config_tbl SET value = 'https://old.example.com' WHERE class = 'system' AND name = 'url'")
    sql(f"UPDATE {DATABASE}.config_tbl SET value = 'http://[to be defined]' WHERE class = 'birt' AND name = 'url'")
    sql(f"UPDATE {DATABASE}.config_tbl SET value = 'https://www.example.com' WHERE name = 'RdirLandingpage'")
    found = {difference.key: difference.by_admin for difference in BasicConfiguration(new.plan()).look(new.parts)}
    assert found == {"configuration.system.url": True, "configuration.birt.url": False}
    with pytest.raises(WorkflowError) as refused:
        new.attempt(BasicConfiguration(new.plan()))
    assert refused.value.error_key == "difference-unanswered"
    kept = BasicConfiguration(new.plan(differences={"configuration.system.url": Verdict.KEEP}))
    new.attempt(kept)
    assert configuration(sql)["system.url"] == "https://old.example.com"
    assert configuration(sql)["birt.url"] == "https://news.example.com/birt"


def test_addresses_that_no_url_tells_are_named(new: Kit, sql: Sql) -> None:
    sql(f"INSERT INTO {DATABASE}.config_tbl (class, name, value) VALUES ('mailaddress', 'sender', '[to be defined]')")
    sql(f"INSERT INTO {DATABASE}.config_tbl (class, name, value) VALUES ('birt', 'drilldownurl', '[to be defined]')")
    done = new.attempt(BasicConfiguration(new.plan()))
    assert done.facts["unset"] == ["mailaddress.sender"]
    assert configuration(sql)["birt.drilldownurl"] == "https://news.example.com/birt"
    assert Context(new, "configuration").notes[0]["keys"] == ["mailaddress.sender"]


def test_the_name_of_the_server_is_no_mailloop_domain(new: Kit, sql: Sql) -> None:
    with pytest.raises(RefusedError) as refused:
        new.attempt(BasicConfiguration(new.plan(mailloop_domain="news.example.com")))
    assert refused.value.error_key == "mailloop-is-server"
    assert "system.url" not in configuration(sql)


def test_the_first_start_of_the_application_finds_all_it_needs_and_changes_nothing_of_it(new: Kit, sql: Sql) -> None:
    step = BasicConfiguration(new.plan())
    new.attempt(step)
    before = configuration(sql)
    (new.home / "webapps").mkdir(exist_ok=True)
    (new.home / "webapps/emm").symlink_to(new.home / FRONTEND)
    (new.home / "tomcat").symlink_to(new.home)
    said: list[str] = []
    try:
        installation = Installation(new.home)
        with installation.connect() as connection:
            StartUp(installation, connection, said.append).run()
    finally:
        (new.home / "webapps/emm").unlink()
        (new.home / "tomcat").unlink()
    assert all("premium" in line for line in said)  # two lines that a real first start logs as well (facts 17.1)
    assert sql(f"SELECT COUNT(*), COUNT(data) FROM {DATABASE}.layout_tbl") == [(4, 4)]
    assert sql(f"SELECT version_number FROM {DATABASE}.release_log_tbl WHERE application_name = 'EMM'") == [(TARGET,)]
    after = configuration(sql)
    assert {key: after[key] for key in before if not key.endswith("key")} == {
        key: value for key, value in before.items() if not key.endswith("key")
    }
    assert new.keys(step) == []


# --- the first password -----------------------------------------------------------------------------------------------


def test_a_password_is_made_salted_anew_and_shown_once(new: Kit, sql: Sql) -> None:
    step = AdminPassword(new.plan())
    assert new.keys(step) == ["admin.password", "admin.salt"]
    done = new.attempt(step)
    salt = (new.home / "conf/keys/emm.salt").read_text()
    assert re.fullmatch(r"[!-~]{32}\n", salt)
    once = new.settings.state / "emm-master.once"
    assert stat.S_IMODE(once.stat().st_mode) == 0o600
    assert done.facts["to_be_shown"]
    password = take_first_password(new.settings)
    assert password
    assert not once.exists()
    assert take_first_password(new.settings) is None
    assert admin(sql) == (hashed(password, salt.strip()), 1, 1)
    for path in (new.folder / "run").rglob("*"):
        assert path.is_dir() or password not in path.read_text()
    assert password not in repr(done)
    assert new.keys(step) == []


def test_cut_off_before_the_hash_was_set_the_same_password_is_shown(new: Kit, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    step = AdminPassword(new.plan())
    with monkeypatch.context() as patch:
        patch.setattr(RealOpenemmData, "set_password", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            new.attempt(step)
    before = (new.settings.state / "emm-master.once").read_text()
    new.attempt(step)
    password = take_first_password(new.settings)
    assert f"{password}\n" == before
    assert admin(sql)[0] == hashed(str(password), (new.home / "conf/keys/emm.salt").read_text().strip())


def test_undo_takes_password_salt_and_file_back(new: Kit, sql: Sql) -> None:
    step = AdminPassword(new.plan())
    new.attempt(step)
    for _ in range(2):
        new.undo(step)
        assert admin(sql)[0] is None
        assert (new.home / "conf/keys/emm.salt").read_text() == f"{SHIPPED_SALT}\n"
        assert take_first_password(new.settings) is None


def test_a_password_from_a_file_is_taken_and_not_kept(new: Kit, sql: Sql, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("Given-by-an-admin-7\n")
    file.chmod(0o600)
    new.attempt(AdminPassword(new.plan(admin_password_file=str(file))))
    assert take_first_password(new.settings) is None
    assert admin(sql)[0] == hashed("Given-by-an-admin-7", (new.home / "conf/keys/emm.salt").read_text().strip())


@pytest.mark.parametrize(
    ("key", "given"),
    [("password-file-open", ("Given-by-an-admin-7\n", 0o644)), ("password-file-empty", ("", 0o600)),
     ("password-file-empty", ("One-line-1\nand another\n", 0o600)), ("password-file-missing", (None, 0)),
     ("password-weak", ("short\n", 0o600))],
)  # fmt: skip
def test_a_password_file_that_cannot_be_used_changes_nothing(
    new: Kit, sql: Sql, tmp_path: Path, key: str, given: tuple[str | None, int]
) -> None:
    text, mode = given
    file = tmp_path / "password"
    if text is not None:
        file.write_text(text)
        file.chmod(mode)
    with pytest.raises((RefusedError, UsageError)) as refused:
        new.attempt(AdminPassword(new.plan(admin_password_file=str(file))))
    assert refused.value.error_key == key
    assert admin(sql)[0] is None
    assert (new.home / "conf/keys/emm.salt").read_text() == f"{SHIPPED_SALT}\n"
    if key == "password-file-open":
        follow(refused.value.next[0])
        new.attempt(AdminPassword(new.plan(admin_password_file=str(file))))


def test_a_password_that_was_changed_stays_and_so_does_its_salt(new: Kit, sql: Sql) -> None:
    sql(f"UPDATE {DATABASE}.admin_tbl SET secure_password_hash = 'AB', is_one_time_pass = 0 WHERE admin_id = 1")
    step = AdminPassword(new.plan())
    assert new.keys(step) == []
    assert new.attempt(step).summary == "was right"
    assert (new.home / "conf/keys/emm.salt").read_text() == f"{SHIPPED_SALT}\n"


def test_a_salt_under_anybodys_password_is_never_changed(new: Kit, sql: Sql) -> None:
    sql(f"INSERT INTO {DATABASE}.admin_tbl (admin_id, username, company_id, secure_password_hash) VALUES (2, 'käthe', 1, 'AB')")
    assert new.keys(AdminPassword(new.plan())) == ["admin.password"]


def test_a_salt_of_the_sites_own_is_kept(new: Kit) -> None:
    (new.home / "conf/keys/emm.salt.new").write_text(f"{SHIPPED_SALT}\n")
    (new.home / "conf/keys/emm.salt").write_text("the site chose it before\n")
    assert new.keys(AdminPassword(new.plan())) == ["admin.password"]
    new.attempt(AdminPassword(new.plan()))
    assert (new.home / "conf/keys/emm.salt").read_text() == "the site chose it before\n"


def test_a_missing_salt_is_made(new: Kit) -> None:
    (new.home / "conf/keys/emm.salt").unlink()
    new.attempt(AdminPassword(new.plan()))
    assert re.fullmatch(r"[!-~]{32}\n", (new.home / "conf/keys/emm.salt").read_text())


def test_a_host_without_a_database_is_a_difference(tmp_path: Path) -> None:
    kit = Kit(tmp_path, socket=tmp_path / "nobody.sock")
    assert kit.keys(BasicConfiguration(kit.plan())) == ["configuration.url"]
    assert kit.keys(AdminPassword(kit.plan())) == ["admin.password"]
