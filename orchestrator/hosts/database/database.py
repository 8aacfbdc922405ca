"""OpenEMM's own database, through the account of its dbcfg (facts 5 to 8, 13, 17)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import pymysql

from orchestrator.hosts.database import accounts, dbcfg, dispatch, inventory, jdbc, outside
from orchestrator.hosts.database.accounts import Connection
from orchestrator.hosts.database.connect import connect
from orchestrator.hosts.database.faults import LOST, STALE, DatabaseError, errno_of, lost, text_of, told
from orchestrator.hosts.database.inventory import MARK_TABLE, VERSION_TABLE
from orchestrator.hosts.network import host_name
from orchestrator.settings import Settings
from workflows.host.database import (
    Dispatch,
    DkimKey,
    Formats,
    Job,
    OtherDatabase,
    Report,
    Rights,
    SqlSession,
    Stalled,
    StartupJob,
)

if TYPE_CHECKING:
    from orchestrator.hosts.database.formats import RealTableFormats
    from orchestrator.hosts.database.records import Records

_MARKER = "[to be defined]"
_LONG_NAME = 32
_COLLATION = "utf8mb4_unicode_ci"
NEEDED_RIGHTS = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES", "TRIGGER", "CREATE ROUTINE",
     "ALTER ROUTINE", "EXECUTE"}
)  # fmt: skip
Row = tuple[object, ...]


class RealDatabase:
    """A `workflows.host.database.Database`. One connection is kept, and made once more when it was lost."""

    def __init__(self, settings: Settings) -> None:
        """Name it; nothing is connected yet."""
        self._settings = settings
        self._connection: Connection | None = None

    def close(self) -> None:
        """End the connection; the next question opens another."""
        if self._connection is not None and self._connection.open:
            self._connection.close()
        self._connection = None

    # --- what it is ---------------------------------------------------------------------------------------------------

    def ping(self) -> str:
        """The server's version."""
        return str(self._query("SELECT VERSION()")[0][0])

    def sql_mode(self) -> frozenset[str]:
        """The server's, not this session's."""
        return frozenset(mode for mode in str(self._query("SELECT @@GLOBAL.sql_mode")[0][0]).split(",") if mode)

    def versions(self) -> frozenset[str]:
        """The set of versions; empty where there is no such table."""
        if VERSION_TABLE not in self.schema():
            return frozenset()
        return frozenset(str(row[0]) for row in self._query(f"SELECT version_number FROM {VERSION_TABLE}"))  # noqa: S608

    def missing_rights(self) -> Rights | None:
        """By what the server shows every account of itself."""
        ((account, database),) = self._query("SELECT CURRENT_USER(), DATABASE()")
        user, _, host = str(account).rpartition("@")
        grantee = f"'{user}'@'{host}'"
        held = {
            str(row[0])
            for row in self._query(
                "SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES "
                "WHERE GRANTEE = %s AND DATABASE() LIKE TABLE_SCHEMA "
                "UNION SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = %s",
                grantee, grantee,
            )
        }  # fmt: skip
        missing = tuple(sorted(NEEDED_RIGHTS - held))
        if missing and self._query("SELECT CURRENT_ROLE()") != [(None,)]:
            return None
        return Rights(grantee, str(database), missing)

    def row_counts(self, except_for: Collection[str] = ()) -> Mapping[str, int]:
        """Exact, per base table; our own table of marks is none of them."""
        connection = self._alive()
        with told("count the rows of the database"):
            return inventory.rows(connection, self._name(), except_for)

    def size(self) -> int:
        """Data and index, as the server estimates them."""
        sql = "SELECT IFNULL(SUM(DATA_LENGTH + INDEX_LENGTH), 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"
        return _int(self._query(sql)[0][0])

    def schema(self) -> Mapping[str, Sequence[str]]:
        """Tables and views with their columns, in order, names in lower case."""
        found: dict[str, list[str]] = {}
        sql = (
            "SELECT LOWER(TABLE_NAME), LOWER(COLUMN_NAME) FROM information_schema.COLUMNS "
            "WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION"
        )
        for table, column in self._query(sql):
            if table != MARK_TABLE:
                found.setdefault(str(table), []).append(str(column))
        return found

    # --- what mails wait for (records.py), and how tables are stored (formats.py) ---------------------------------------

    def jobs(self) -> Sequence[Job]:
        """Those that are not deleted."""
        return self._records.jobs()

    def stalled(self) -> Sequence[Stalled]:
        """World, admin and test mailings of the last week."""
        return self._records.stalled()

    def clock_ahead(self) -> float:
        """By the database's SYSDATE."""
        return self._records.clock_ahead()

    def dkim_keys(self) -> Sequence[DkimKey] | None:
        """Those that are valid now."""
        return self._records.dkim_keys()

    def formats(self) -> Formats:
        """With either account."""
        return self._formats.look()

    def convert(self, table: str) -> None:
        """With the application's account."""
        self._formats.convert(table)

    @cached_property
    def _records(self) -> Records:
        from orchestrator.hosts.database.records import Records

        return Records(self._settings)

    @cached_property
    def _formats(self) -> RealTableFormats:
        from orchestrator.hosts.database.formats import RealTableFormats

        return RealTableFormats(self._settings)

    # --- update files -------------------------------------------------------------------------------------------------

    def session(self) -> SqlSession:
        """A connection of its own."""
        from orchestrator.hosts.database.sql_session import RealSqlSession  # it reads SQL, which few commands do

        return RealSqlSession(connect(self._settings), self._name())

    def drop_marks(self) -> None:
        """Remove the table of marks."""
        self._query(f"DROP TABLE IF EXISTS {MARK_TABLE}")

    def foreign_keys(self, table: str, column: str) -> Sequence[str]:
        """In the order of their names."""
        sql = (
            "SELECT DISTINCT CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() "
            "AND TABLE_NAME = %s AND COLUMN_NAME = %s AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY 1"
        )
        return [str(row[0]) for row in self._query(sql, table, column)]

    def groups_named(self, name: str) -> int:
        """As the server compares: upper and lower case are the same to it."""
        if "admin_group_tbl" not in self.schema():
            return 0
        return _int(self._query("SELECT COUNT(*) FROM admin_group_tbl WHERE shortname = %s", name)[0][0])

    def duplicate_config_keys(self) -> Sequence[str]:
        """As "class.name on hostname"; rows without a host name do not collide."""
        if "hostname" not in self.schema().get("config_tbl", ()):
            return []
        sql = (
            "SELECT class, name, hostname FROM config_tbl WHERE class IS NOT NULL AND name IS NOT NULL AND hostname IS NOT NULL "
            "GROUP BY class, name, hostname HAVING COUNT(*) > 1 ORDER BY 1, 2, 3"
        )
        return [f"{class_}.{name} on {host or 'all hosts'}" for class_, name, host in self._query(sql)]

    def long_table_names(self) -> Sequence[str]:
        """Their names."""
        sql = (
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' "
            "AND CHAR_LENGTH(TABLE_NAME) > %s AND TABLE_COLLATION <> %s ORDER BY 1"
        )
        return [str(row[0]) for row in self._query(sql, _LONG_NAME, _COLLATION)]

    # --- what it says of the application ------------------------------------------------------------------------------

    def dispatches(self, horizon: float) -> Sequence[Dispatch]:
        """By the vendor's rule, the state of mailings, running jobs and what is planned."""
        return dispatch.dispatches(self._query, self.schema(), horizon)

    def startup_jobs(self) -> Sequence[StartupJob]:
        """In the order of their ids."""
        if "startup_job_tbl" not in self.schema():
            return []
        rows = self._query("SELECT id, classname, company_id, enabled, state FROM startup_job_tbl ORDER BY id")
        return [
            StartupJob(_int(id_), str(name), None if company is None else _int(company), bool(enabled), _int(state or 0))
            for id_, name, company, enabled, state in rows
        ]

    def companies(self) -> Sequence[int]:
        """Empty where the schema has none."""
        if "company_tbl" not in self.schema():
            return []
        return [_int(row[0]) for row in self._query("SELECT company_id FROM company_tbl ORDER BY company_id")]

    def companies_not_migrated(self) -> Sequence[int]:
        """Ids; empty where the schema has no such marker."""
        schema = self.schema()
        if "company_tbl" not in schema or "company_info_tbl" not in schema:
            return []
        sql = (
            "SELECT company_id FROM company_tbl c WHERE NOT EXISTS (SELECT 1 FROM company_info_tbl i WHERE "
            "i.company_id = c.company_id AND i.cname = 'CompanyValuesMigrated' AND i.cvalue = 'true') ORDER BY company_id"
        )
        return [_int(row[0]) for row in self._query(sql)]

    def layout_items(self) -> Mapping[str, bool]:
        """Of company 0."""
        if "layout_tbl" not in self.schema():
            return {}
        rows = self._query("SELECT item_name, data IS NOT NULL FROM layout_tbl WHERE company_id = 0 ORDER BY item_name")
        return {str(name): bool(there) for name, there in rows}

    def reports(self) -> Sequence[Report]:
        """With whatever of old and new columns the schema has."""
        schema = self.schema()
        columns = schema.get("birtreport_tbl", ())
        if "report_id" not in columns:
            return []
        wanted = ("laststart", "nextstart", "intervalpattern", "email", "send_date", "delivery_date")
        select = ", ".join(f"CAST({column} AS CHAR)" if column in columns else "NULL" for column in wanted)
        recipients: dict[int, list[str]] = {}
        if "birtreport_recipient_tbl" in schema:
            for report, email in self._query("SELECT birtreport_id, email FROM birtreport_recipient_tbl ORDER BY email"):
                recipients.setdefault(_int(report), []).append(str(email))
        return [
            Report(
                _int(id_), tuple(recipients.get(_int(id_), ())), _text(last), _text(next_), _text(interval), _text(email),
                due=send is not None or delivery is not None,
            )
            for id_, last, next_, interval, email, send, delivery in self._query(
                f"SELECT report_id, {select} FROM birtreport_tbl ORDER BY report_id"  # noqa: S608
            )
        ]  # fmt: skip

    def config(self) -> Mapping[str, Sequence[tuple[str | None, str | None]]]:
        """Rows for all hosts first."""
        columns = self.schema().get("config_tbl")
        if columns is None:
            return {}
        host = "hostname" if "hostname" in columns else "NULL"
        found: dict[str, list[tuple[str | None, str | None]]] = {}
        rows = self._query(f"SELECT class, name, {host}, value FROM config_tbl ORDER BY class, name, 3, value")  # noqa: S608
        for class_, name, hostname, value in rows:
            found.setdefault(f"{class_}.{name}", []).append((_text(hostname), _text(value)))
        return found

    def release_log(self, application: str) -> Sequence[tuple[str, datetime]]:
        """Newest first; rows without a time are left out."""
        if "release_log_tbl" not in self.schema():
            return []
        sql = (
            "SELECT version_number, UNIX_TIMESTAMP(startup_timestamp) FROM release_log_tbl "
            "WHERE host_name = %s AND application_name = %s AND startup_timestamp IS NOT NULL ORDER BY startup_timestamp DESC"
        )
        rows = self._query(sql, host_name.of_application(self._settings.home), application)
        return [(str(version), datetime.fromtimestamp(float(str(at)), UTC)) for version, at in rows]

    def clock(self) -> datetime:
        """NOW() of the server."""
        return datetime.fromtimestamp(float(str(self._query("SELECT UNIX_TIMESTAMP(NOW(6))")[0][0])), UTC)

    def other_database(self) -> OtherDatabase | None:
        """See `jdbc.differences`; the server's own port counts where it is reached by its socket."""
        ((port, socket, folds),) = self._query("SELECT @@port, @@socket, @@lower_case_table_names")
        config = dbcfg.read(self._settings.home / "etc" / "dbcfg")
        server = jdbc.Server(_int(port) if self._settings.database.socket else 0, str(socket), folds != 0)
        found = jdbc.differences(config, server, jdbc.own_names)
        return OtherDatabase("; ".join(found), jdbc.wanted(config, server)) if found else None

    def outside_evidence(self) -> tuple[Sequence[Mapping[str, str | None]], Sequence[Mapping[str, str | None]]]:
        """The rows of release_log_tbl and of agn_dbversioninfo_tbl, oldest first; empty where the schema has none."""
        schema = self.schema()
        return outside.release_rows(self._query, schema), outside.version_rows(self._query, schema)

    def error_log_count(self) -> int:
        """0 where there is no such table."""
        if "emm_db_errorlog_tbl" not in self.schema():
            return 0
        return _int(self._query("SELECT COUNT(*) FROM emm_db_errorlog_tbl")[0][0])

    # --- repairs ------------------------------------------------------------------------------------------------------

    def replace_placeholders(self, values: Mapping[str, str]) -> Sequence[str]:
        """Only rows for all hosts; the keys whose row was changed."""
        hosts = "AND IFNULL(hostname, '') = ''" if "hostname" in self.schema().get("config_tbl", ()) else ""
        where = f"WHERE class = %s AND name = %s {hosts} AND (IFNULL(value, '') = '' OR INSTR(value, %s) > 0)"
        changed = []
        for key, value in values.items():
            class_, _, name = key.partition(".")
            if self._query(f"SELECT 1 FROM config_tbl {where}", class_, name, _MARKER):  # noqa: S608
                self._query(f"UPDATE config_tbl SET value = %s {where}", value, class_, name, _MARKER)  # noqa: S608
                changed.append(key)
        return changed

    def empty_layout(self) -> None:
        """All of layout_tbl."""
        self._query("DELETE FROM layout_tbl")

    def reset_startup_job(self, job: int) -> None:
        """Only a job that is in progress."""
        self._query("UPDATE startup_job_tbl SET state = 0 WHERE id = %s AND state = 1", job)

    # --- the connection -----------------------------------------------------------------------------------------------

    def _name(self) -> str:
        return accounts.application(self._settings)[1]

    def _alive(self) -> Connection:
        """The kept connection, seen to work."""
        self._query("DO 0")
        if self._connection is None:
            raise DatabaseError("the connection to the database is gone", key="database-connection-lost")
        return self._connection

    def _query(self, sql: str, *values: object) -> list[Row]:
        """All rows; on a connection that was lost it is asked once more, which every statement here bears."""
        try:
            try:
                return self._ask(sql, *values)
            except pymysql.err.MySQLError as error:
                if errno_of(error) not in STALE:
                    raise
                self.close()
                return self._ask(sql, *values)
        except pymysql.err.MySQLError as error:
            if errno_of(error) in LOST:
                raise lost(error) from error
            raise DatabaseError(f"the database refused a question: {text_of(error)}", key="database-refused") from error

    def _ask(self, sql: str, *values: object) -> list[Row]:
        if self._connection is None:
            self._connection = connect(self._settings)
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())


def _int(value: object) -> int:
    return int(str(value))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
