"""OpenEMM's configuration in its database, read and changed through the account of its dbcfg (facts 8.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from orchestrator.hosts.database.accounts import Connection
from orchestrator.hosts.database.connect import connect
from orchestrator.hosts.database.faults import DatabaseError, told
from orchestrator.hosts.network import host_name
from orchestrator.settings import Settings
from workflows.model.errors import RefusedError
from workflows.model.values import Change, CompanyDomains, ConfigRow
from workflows.rules.configuration import COMPANY, COMPANY_INFO, CONFIG

_COLUMNS = "SELECT LOWER(TABLE_NAME), LOWER(COLUMN_NAME) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()"
_CREATED, _CHANGED = "creation_date", ("change_date", "timestamp")
_VALUES = {CONFIG: "value", COMPANY_INFO: "cvalue"}  # the column that holds the value; of company_tbl it is the key itself
Values = list[object]


class Configuration:
    """The rows that configure one host's OpenEMM."""

    def __init__(self, settings: Settings) -> None:
        """Name the site; nothing is connected yet."""
        self._settings = settings

    def hostname(self) -> str:
        """The name by which the application finds the rows of its host: of conf/hostname, else the system's (facts 17.1)."""
        return host_name.of_application(self._settings.home)

    def rows(self) -> Sequence[ConfigRow]:
        """All of config_tbl, and what company_info_tbl says of company 0.

        Raises:
            DatabaseError: "configuration-missing" when there is no config_tbl, and those of `connect`.
        """
        with self._connected() as connection:
            return _rows(connection, _schema(connection))

    def companies(self) -> Sequence[CompanyDomains]:
        """Every company's domains, by id."""
        with self._connected() as connection:
            found = _ask(connection, "SELECT company_id, rdir_domain, mailloop_domain FROM company_tbl ORDER BY company_id")
            return [CompanyDomains(int(str(row[0])), _text(row[1]), _text(row[2])) for row in found]

    def change(self, changes: Sequence[Change], *, before_commit: Callable[[], None]) -> None:
        """Make all changes in one transaction, once every value is still the one that was looked at.

        Args:
            changes: what to change.
            before_commit: called when all statements have succeeded and nothing is committed yet; what it raises undoes them.

        Raises:
            RefusedError: "configuration-changed": somebody else has changed a value since; nothing was changed.
        """
        with self._connected() as connection:
            schema = _schema(connection)
            connection.begin()
            try:
                for change in changes:
                    _change(connection, schema[change.table], change)
                before_commit()
                connection.commit()
            except BaseException:
                if connection.open:
                    connection.rollback()
                raise

    def take_back(self, changes: Sequence[Change]) -> None:
        """Make the values again what they were, in one transaction; one that is no longer what it was changed to stays."""
        with self._connected() as connection:
            schema = _schema(connection)
            connection.begin()
            for change in changes:
                where, values, _ = _place(change, schema[change.table])
                value = _VALUES.get(change.table, change.key)
                where, values = f"{where} AND {value} = %s", [*values, change.after]
                if change.before is None and change.table != COMPANY:
                    _ask(connection, f"DELETE FROM {change.table} WHERE {where}", *values)  # noqa: S608
                else:
                    _ask(connection, f"UPDATE {change.table} SET {value} = %s WHERE {where}", change.before, *values)  # noqa: S608
            connection.commit()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        connection = connect(self._settings)
        try:
            with told("read or change the configuration"):
                yield connection
        finally:
            if connection.open:
                connection.close()


def _schema(connection: Connection) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, column in _ask(connection, f"{_COLUMNS} AND TABLE_NAME IN (%s, %s, %s)", CONFIG, COMPANY_INFO, COMPANY):
        found.setdefault(str(table), set()).add(str(column))
    if CONFIG not in found:
        raise DatabaseError(
            f"there is no table {CONFIG}: the database is not one of OpenEMM",
            key="configuration-missing", next=["orchestrate status    which database is it?"],
        )  # fmt: skip
    return found


def _rows(connection: Connection, schema: dict[str, set[str]]) -> list[ConfigRow]:
    host = _host(schema[CONFIG])
    found = [
        ConfigRow(CONFIG, f"{class_}.{name}", _text(value), _text(host) or None)
        for class_, name, value, host in _ask(connection, f"SELECT class, name, value, {host} FROM {CONFIG} ORDER BY 1, 2, 4, 3")  # noqa: S608
    ]
    if COMPANY_INFO in schema:
        host = _host(schema[COMPANY_INFO])
        sql = f"SELECT cname, cvalue, {host} FROM {COMPANY_INFO} WHERE company_id = 0 ORDER BY 1, 3, 2"  # noqa: S608
        found += [ConfigRow(COMPANY_INFO, str(key), _text(value), _text(of) or None) for key, value, of in _ask(connection, sql)]
    return found


def _host(columns: set[str]) -> str:
    return "hostname" if "hostname" in columns else "NULL"


def _change(connection: Connection, columns: set[str], change: Change) -> None:
    where, values, key = _place(change, columns)
    value = _VALUES.get(change.table, change.key)
    there = [_text(row[0]) for row in _ask(connection, f"SELECT {value} FROM {change.table} WHERE {where} FOR UPDATE", *values)]  # noqa: S608
    if change.before not in there and (there or change.before is not None):
        raise RefusedError(
            f"{change.name} was changed by somebody else in the meantime",
            key="configuration-changed", unharmed=["nothing was changed"], next=["the same command again"],
        )  # fmt: skip
    stamps = [column for column in _CHANGED if column in columns]
    if there:
        sets = ", ".join([f"{value} = %s", *(f"{column} = CURRENT_TIMESTAMP" for column in stamps)])
        _ask(connection, f"UPDATE {change.table} SET {sets} WHERE {where}", change.after, *values)  # noqa: S608
        return
    fields = {**key, value: change.after}
    stamps += [_CREATED] if _CREATED in columns else []
    names = ", ".join([*fields, *stamps])
    marks = ", ".join([*("%s" for _ in fields), *("CURRENT_TIMESTAMP" for _ in stamps)])
    _ask(connection, f"INSERT INTO {change.table} ({names}) VALUES ({marks})", *fields.values())  # noqa: S608


def _place(change: Change, columns: set[str]) -> tuple[str, Values, dict[str, object]]:
    """Which rows a change is of: the condition with its values, and the fields of a new row."""
    if change.table == COMPANY:
        return "company_id = %s", [change.company], {"company_id": change.company}
    class_, _, name = change.key.partition(".")
    key: dict[str, object] = {"class": class_, "name": name}
    if change.table == COMPANY_INFO:
        key = {"company_id": 0, "cname": change.key}
    where, values = " AND ".join(f"{field} = %s" for field in key), list(key.values())
    if "hostname" not in columns:
        if change.host:
            raise RefusedError(
                f"{change.table} of this release cannot hold a value for one host only",
                key="config-no-hosts", unharmed=["nothing was changed"], next=["the same command without --host"],
            )  # fmt: skip
        return where, values, key
    return f"{where} AND IFNULL(hostname, '') = %s", [*values, change.host or ""], {**key, "hostname": change.host}


def _ask(connection: Connection, sql: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall())


def _text(value: object) -> str | None:
    return None if value is None else str(value)
