"""OpenEMM's own database (facts 5 to 8, 13, 17)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Dispatch:
    """Mail being made or sent, or soon to be.

    key: generating, ready, sending, job, blocks, planned. since: when last seen moving.
    """

    key: str
    what: str
    mailing: int | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class StartupJob:
    """A row of startup_job_tbl (facts 6): state 0 pending, 1 in progress, 2 done, 3 failed."""

    id: int
    classname: str
    company: int | None
    enabled: bool
    state: int


@dataclass(frozen=True)
class Report:
    """A BIRT report's schedule (facts 8.3.4, 17.6.8). due: it has a send_date or delivery_date, so that it must be migrated."""

    id: int
    recipients: tuple[str, ...]
    laststart: str | None
    nextstart: str | None
    interval: str | None
    old_email: str | None = None
    due: bool = False


class SqlSession(Protocol):
    """One connection on which an update file runs, as the vendor runs one client a file (facts 5.4)."""

    def execute(self, statement: str, mark: str | None = None, keep: Collection[str] = ()) -> None:
        """Run one statement. With a mark, the statement and the mark are committed in one transaction (DML only).

        A transaction already open is joined and ends with it. keep: user variables whose values, as the statement leaves
        them, are committed together with the mark.

        Raises:
            SqlError: the server refused it; nothing of what was to be committed with the mark is left.
        """

    def marked(self, mark: str) -> bool:
        """Whether a statement with that mark was committed."""

    def kept(self, mark: str) -> Mapping[str, str | int | None]:
        """The values that were committed with that mark."""

    def fingerprint(self, objects: Collection[str]) -> str:
        """SHA-256 over the definitions of these tables, views, routines and triggers as they stand; of all, when empty."""

    def session_values(self, names: Collection[str]) -> Mapping[str, str | int | None]:
        """The values of these user variables (without @); "last_insert_id()" stands for that of LAST_INSERT_ID().

        A value that is no text, number or NULL is left out: it cannot be kept.
        """

    def set_session_values(self, values: Mapping[str, str | int | None]) -> None:
        """Set user variables again, after a resume in mid-file."""

    def close(self) -> None:
        """End the connection."""


class SqlError(Exception):
    """The database server refused a statement. errno: the server's number; text: its message."""

    def __init__(self, errno: int, text: str) -> None:
        super().__init__(f"ERROR {errno}: {text}")
        self.errno = errno
        self.text = text


@dataclass(frozen=True)
class Rights:
    """What an account may do. account: as a GRANT names it; missing: rights that it has not on its own database."""

    account: str
    database: str
    missing: tuple[str, ...]


@dataclass(frozen=True)
class OtherDatabase:
    """What jdbc-connect of dbcfg names otherwise than host=, port and name=. wanted: the value that would name the same."""

    said: str
    wanted: str


@dataclass(frozen=True)
class Job:
    """A row of job_queue_tbl that is to run."""

    description: str
    running: bool
    result: str | None
    started: datetime | None
    due: datetime | None


@dataclass(frozen=True)
class Stalled:
    """A mailing that should be on its way. planned: when it was to begin, or last moved."""

    mailing: int
    what: str
    since: datetime


@dataclass(frozen=True)
class DkimKey:
    """A key of dkim_key_tbl that is valid now. kind: rsa or ed25519; public: the value of p= that belongs to it.

    problem: why there is none. The private key itself never leaves the adapter.
    """

    domain: str
    selector: str
    kind: str = ""
    public: str | None = None
    problem: str | None = None


COMPACT, DYNAMIC = "Compact", "Dynamic"


@dataclass(frozen=True)
class Formats:
    """How the tables of the database are stored.

    server: its version. view: the table of information_schema that told it. counts: tables by row format. compact: bytes by
    name of those in format Compact, in the order of names.
    """

    database: str
    server: str
    view: str
    counts: Mapping[str, int]
    compact: Mapping[str, int]


class Database(Protocol):
    """OpenEMM's own database (facts 5 to 8, 13, 17)."""

    def ping(self) -> str:
        """Connect, run a query, return the server's version."""

    def versions(self) -> frozenset[str]:
        """All version numbers in agn_dbversioninfo_tbl. The set, never its maximum (facts 13.1)."""

    def sql_mode(self) -> frozenset[str]:
        """The server's global sql_mode."""

    def missing_rights(self) -> Rights | None:
        """What the application's account lacks on its database; None when that cannot be told (rights by a role)."""

    def row_counts(self, except_for: Collection[str] = ()) -> Mapping[str, int]:
        """Exact rows per table, but of these."""

    def size(self) -> int:
        """Bytes of data and index."""

    def schema(self) -> Mapping[str, Sequence[str]]:
        """Tables and their columns."""

    def session(self) -> SqlSession:
        """A fresh connection for an update file; makes the table of marks when it is not there."""

    def drop_marks(self) -> None:
        """Remove the table of marks."""

    def dispatches(self, horizon: float) -> Sequence[Dispatch]:
        """What is being generated or sent now, or planned within `horizon` seconds (facts 7.1)."""

    def startup_jobs(self) -> Sequence[StartupJob]:
        """Rows of startup_job_tbl; empty where the schema has none."""

    def companies(self) -> Sequence[int]:
        """The ids of all companies, in order."""

    def companies_not_migrated(self) -> Sequence[int]:
        """Companies without CompanyValuesMigrated = true (facts 8.3.5)."""

    def layout_items(self) -> Mapping[str, bool]:
        """Items of layout_tbl for company 0: name -> has data."""

    def reports(self) -> Sequence[Report]:
        """BIRT reports; empty where there are none."""

    def config(self) -> Mapping[str, Sequence[tuple[str | None, str | None]]]:
        """config_tbl: "class.name" -> (hostname, value) rows."""

    def release_log(self, application: str) -> Sequence[tuple[str, datetime]]:
        """release_log_tbl of an application on this host, newest first: (version, startup); empty where the schema has none."""

    def clock(self) -> datetime:
        """The server's own time: what it stamps rows with may differ from ours."""

    def other_database(self) -> OtherDatabase | None:
        """Where jdbc-connect connects the application to another database than this one (facts 24.3); None where it does not."""

    def foreign_keys(self, table: str, column: str) -> Sequence[str]:
        """The foreign keys that this column of this table is in, by name; empty where there is no such table or column."""

    def groups_named(self, name: str) -> int:
        """How many groups of administrators are called so; 0 where the schema has no groups."""

    def duplicate_config_keys(self) -> Sequence[str]:
        """(class, name, hostname) that occur twice: 20.01.407 would fail with 1062 (facts 5.5)."""

    def long_table_names(self) -> Sequence[str]:
        """Tables with over 32 characters and a collation other than utf8mb4_unicode_ci: 20.04.394 fails with 1406."""

    def replace_placeholders(self, values: Mapping[str, str]) -> Sequence[str]:
        """Give config_tbl rows that are empty or hold the marker "[to be defined]" these values; the keys changed (facts 17.3).

        Such rows keep the start-up migration from storing the site's own value anywhere. Only rows for all hosts.
        """

    def empty_layout(self) -> None:
        """Repair of facts 17.4: empty layout_tbl so that the next start fills it. Application stopped."""

    def reset_startup_job(self, job: int) -> None:
        """Repair of facts 17.4: state 1 back to 0. Application stopped."""

    def error_log_count(self) -> int:
        """Rows of emm_db_errorlog_tbl (facts 10.1)."""

    # --- what the doctor asks ---

    def jobs(self) -> Sequence[Job]:
        """OpenEMM's jobs."""

    def stalled(self) -> Sequence[Stalled]:
        """Mailings that were to be generated, or are being generated, and no longer move (facts 7.1)."""

    def clock_ahead(self) -> float:
        """Seconds that the database's clock is ahead of this host's."""

    def dkim_keys(self) -> Sequence[DkimKey] | None:
        """The keys mails are signed with; None: this release has no table of keys."""

    # --- row formats (guide 7.6, facts 5.7) ---

    def formats(self) -> Formats:
        """Count them, as InnoDB itself knows them; needs the right PROCESS."""

    def convert(self, table: str) -> None:
        """Convert one table to Dynamic; waits until an earlier conversion that was cut off has come to its end.

        May be run again after having been cut off anywhere; rows stay as they are, also when it fails.
        """
