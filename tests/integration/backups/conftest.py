"""A database as OpenEMM has one, with everything a dump can lose, and the settings to reach it."""

from __future__ import annotations

import itertools
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from os import geteuid
from pathlib import Path
from typing import Any

import pytest

from orchestrator.hosts.backups import manifest
from orchestrator.hosts.backups.backups import RealBackups
from orchestrator.hosts.backups.manifest import Proof
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.settings import DatabaseSettings, Settings

PASSWORD = "s3 cr#t'\"\\x;ß"
_numbers = itertools.count(1)


def quiet(done: int, total: int | None) -> None:
    """A progress nobody looks at."""


SCHEMA = [
    "CREATE TABLE agn_dbversioninfo_tbl (version_number VARCHAR(15) PRIMARY KEY)",
    "INSERT INTO agn_dbversioninfo_tbl VALUES ('19.10.002'), ('20.07.492')",
    "CREATE TABLE company_tbl (company_id INT PRIMARY KEY, name VARCHAR(50))",
    "INSERT INTO company_tbl VALUES (1, 'Café 😀'), (2, 'a;b -- \\'c\\'\\n/* d */')",
    """CREATE TABLE customer_1_tbl (customer_id INT PRIMARY KEY AUTO_INCREMENT, company_id INT, email VARCHAR(100),
       FOREIGN KEY (company_id) REFERENCES company_tbl (company_id))""",
    "INSERT INTO customer_1_tbl (company_id, email) SELECT 1, CONCAT(seq, '@example.com') FROM seq_1_to_500",
    "CREATE TABLE image_tbl (image_id INT PRIMARY KEY, data LONGBLOB)",
    "INSERT INTO image_tbl SELECT seq, UNHEX(REPEAT(SHA2(seq, 512), 40)) FROM seq_1_to_20",
    "CREATE TABLE orchestrate_mark_tbl (mark VARCHAR(64))",
    "INSERT INTO orchestrate_mark_tbl VALUES ('of an upgrade')",
    "CREATE TABLE log_tbl (entry VARCHAR(100))",
    "CREATE FUNCTION greet(name VARCHAR(50)) RETURNS VARCHAR(80) DETERMINISTIC RETURN CONCAT('Grüß Gott; ', name)",
    "CREATE PROCEDURE tidy() BEGIN DELETE FROM log_tbl WHERE entry = ';'; END",
    "CREATE DEFINER = 'nobody'@'nowhere' PROCEDURE foreign_owner() SELECT 1",
    """CREATE TRIGGER customer_added AFTER INSERT ON customer_1_tbl FOR EACH ROW
       BEGIN INSERT INTO log_tbl VALUES (CONCAT('added ', NEW.email)); END""",
    "CREATE VIEW company_view AS SELECT company_id, greet(name) AS greeting FROM company_tbl",
    "CREATE VIEW second_view AS SELECT greeting FROM company_view",
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO CALL tidy()",
]
UPGRADE = [  # what a later release does to it (facts 5.6, 13.3)
    "INSERT INTO agn_dbversioninfo_tbl VALUES ('20.01.596')",
    "CREATE TABLE release_log_tbl (application VARCHAR(50))",
    "ALTER TABLE company_tbl ADD COLUMN mailtracking INT",
    "DELETE FROM customer_1_tbl WHERE customer_id > 400",
    "DROP VIEW second_view",
    "CREATE VIEW newer_view AS SELECT mailtracking FROM company_tbl",
    "CREATE TRIGGER company_added AFTER INSERT ON company_tbl FOR EACH ROW INSERT INTO log_tbl VALUES ('company')",
    "DROP PROCEDURE tidy",
    "CREATE PROCEDURE tidier() DELETE FROM log_tbl",
]


@dataclass
class Site:
    """One database of a test."""

    server: PrivateServer
    settings: Settings
    database: str

    @property
    def backups(self) -> RealBackups:
        return RealBackups(self.settings)

    def sql(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Run statements as root; the rows of the last."""
        with self.server.connect(database or self.database) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if statements else []

    def value(self, query: str, database: str | None = None) -> Any:
        return self.sql(query, database=database)[0][0]

    def names(self, database: str | None = None) -> dict[str, list[str]]:
        """All that is there: kind -> names."""
        database = database or self.database
        where = {
            "table": ("TABLES", "TABLE", " AND TABLE_TYPE <> 'VIEW'"), "view": ("VIEWS", "TABLE", ""),
            "trigger": ("TRIGGERS", "TRIGGER", ""), "routine": ("ROUTINES", "ROUTINE", ""), "event": ("EVENTS", "EVENT", ""),
        }  # fmt: skip
        return {
            kind: [
                row[0]
                for row in self.sql(
                    f"SELECT {word}_NAME FROM information_schema.{view} WHERE {word}_SCHEMA = '{database}'{more} ORDER BY 1"
                )
            ]
            for kind, (view, word, more) in where.items()
        }

    def databases(self) -> set[str]:
        """This test's databases."""
        return {row[0] for row in self.sql("SHOW DATABASES", database="mysql") if row[0].startswith(self.database)}

    def upgrade(self) -> None:
        """What a later release does to the database."""
        self.sql(*UPGRADE)

    def create(self, backup: str = "R-hop1", *, quiesced: bool = True) -> Any:
        return self.backups.create(
            backup, "19.10.000.170", quiesced=quiesced, checkpoint={"seq": 3, "hash": "ab"}, progress=quiet
        )

    @property
    def folder(self) -> Path:
        """Of the backup that tests make."""
        return self.settings.backups / "R-hop1"

    def verify(self, backup: str = "R-hop1") -> Any:
        return self.backups.verify(backup, quiet)

    def restore(self, kept: str = "kept", backup: str = "R-hop1") -> str:
        """Restore; the name of the database that is kept."""
        self.backups.restore(backup, keep_as=f"{self.database}_{kept}", progress=quiet)
        return f"{self.database}_{kept}"

    def content(self, database: str | None = None) -> dict[str, Any]:
        """What is there, rows included."""
        names = self.names(database)
        sums = {table: self.sql(f"CHECKSUM TABLE {table}", database=database)[0][1] for table in names["table"]}
        return {**names, "sums": sums}

    def trusted(self, backup: str = "R-hop1") -> Any:
        """A backup that counts as proven, without the time a test restore takes."""
        self.create(backup)
        folder = self.settings.backups / backup
        proof = Proof(at=datetime.now(UTC), server="", seconds=0, tables=0, rows_total=0, objects=0)
        manifest.write(folder, manifest.read(folder).model_copy(update={"verified": proof}))
        return self.backups.find(backup)

    def proven(self, backup: str = "R-hop1") -> Any:
        self.create(backup)
        return self.backups.verify(backup, quiet)


@pytest.fixture
def make_site(mariadb: PrivateServer, open_folder: Path) -> Iterator[Callable[..., Site]]:
    """Makes sites; their databases and folders are gone afterwards."""
    made: list[Site] = []

    def make(schema: list[str] | None = None) -> Site:
        number = next(_numbers)
        database, user = f"backups{number}", f"oe{number}"
        folder = Path(tempfile.mkdtemp(prefix="s-", dir=open_folder))
        folder.chmod(0o755)
        (folder / "home" / "etc").mkdir(parents=True)
        (folder / "scratch").mkdir()
        (folder / "home" / "etc" / "dbcfg").write_text(
            f"openemm: dbms=mariadb, host=localhost, user={user}, password={PASSWORD}, name={database}\n"
        )
        settings = Settings(
            home=folder / "home", user="", packages=str(folder), state=folder / "state", backups=folder / "state" / "backups",
            scratch=folder / "scratch",
            database=DatabaseSettings(socket=mariadb.socket, admin_user=pwd.getpwuid(geteuid()).pw_name),
        )  # fmt: skip
        site = Site(mariadb, settings, database)
        made.append(site)
        quoted = PASSWORD.replace("\\", "\\\\").replace("'", "''")
        site.sql(
            f"CREATE DATABASE {database}", f"CREATE USER '{user}'@'localhost' IDENTIFIED BY '{quoted}'",
            f"GRANT ALL ON {database}.* TO '{user}'@'localhost'", f"GRANT SELECT ON mysql.proc TO '{user}'@'localhost'",
            database="mysql",
        )  # fmt: skip
        site.sql(*(SCHEMA if schema is None else schema))
        return site

    yield make
    for site in made:
        for database in site.databases():
            site.sql(f"DROP DATABASE {database}", database="mysql")
        site.sql(f"DROP USER 'oe{site.database.removeprefix('backups')}'@'localhost'", database="mysql")
        shutil.rmtree(site.settings.home.parent)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site with the whole schema."""
    return make_site()
