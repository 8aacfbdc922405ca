"""The contract: everything a workflow may ask of a host. Adapters in orchestrator/hosts/ satisfy it.

Paths are relative to the OpenEMM home unless a name says otherwise. Sizes are bytes, durations seconds, times aware UTC.
Every method may raise a WorkflowError with a key of its own; none returns a code to be checked.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workflows.host.backups import Backups, Progress
from workflows.model.plans import Component, PackageKind, PackageRef
from workflows.rules.site_values import PropertyFiles, SiteValues

# --- packages ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Artefact:
    """A package file on this host, its digest checked. trust: "sums" (SHA256SUMS), "pinned" (ledger), "first-use"."""

    ref: PackageRef
    path: str
    size: int
    sha256: str
    trust: str


@dataclass(frozen=True)
class StagedTree:
    """A release tree unpacked beside the active one. folder is relative to the home; digest is over its content listing.

    digest is empty where the tree was found on the host instead of being unpacked by us.
    """

    component: Component
    kind: PackageKind
    version: str
    folder: str
    digest: str


class Packages(Protocol):
    """The site's package source, and unpacking (facts 2 and 3, DESIGN 7)."""

    def available(self) -> Sequence[PackageRef]:
        """All packages the source offers."""

    def shipped(self, version: str) -> PropertyFiles | None:
        """The property files as that release shipped them, from a package on this host; None when there is none.

        A package that would have to be downloaded first is not looked into.
        """

    def fetch(self, ref: PackageRef, expected: str | None, progress: Progress) -> Artefact:
        """The package's file on this host, complete and with the expected digest; a cut download goes on where it ended."""

    def stage(self, artefact: Artefact) -> Sequence[StagedTree]:
        """Unpack beside what is active, safely; a tree that is already there in full is left as it is. Never touches a link."""

    def staged(self, artefact: Artefact) -> Sequence[StagedTree] | None:
        """The trees when they are all there in full, else None."""

    def unstage(self, trees: Sequence[StagedTree]) -> None:
        """Remove trees that `stage` made and no link points to."""


# --- the home ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Link:
    """A symbolic link and where it points; target None: there is none."""

    path: str
    target: str | None


@dataclass(frozen=True)
class CarriedFile:
    """A site file brought into a new tree. replaced: the shipped file differed and was kept beside as `.new`."""

    path: str
    sha256: str
    replaced: bool


@dataclass(frozen=True)
class KeptFolders:
    """Folders of the home copied aside before a start that deletes them. name: of the run and its hop; since: when."""

    name: str
    since: datetime
    folders: tuple[str, ...]


@dataclass(frozen=True)
class InstalledTree:
    """A release tree that lies on this host, active or not. missing: what a complete one has and this one lacks."""

    tree: StagedTree
    missing: tuple[str, ...] = ()


class SqlKind(enum.StrEnum):
    """The SQL files of a package (facts 5.3, 20.3).

    FULL: what makes an empty database into a schema; an upgrade never runs it. MIGRATION: from 22.10 on, run last and at every
    call: no version row tells of it.
    """

    FULL = "full"
    UPDATE = "update"
    MESSAGES = "messages"
    USERRIGHTS = "userrights"
    MIGRATION = "migration"


@dataclass(frozen=True)
class SqlFile:
    """An SQL file of a staged frontend. version: only of update files. path: relative to the home."""

    name: str
    kind: SqlKind
    version: str | None
    path: str
    sha256: str


class Home(Protocol):
    """Folders and links under /home/openemm (facts 1)."""

    def active(self) -> Mapping[Component, str]:
        """The active version of each component, read where facts 1.2 says; a component that is not there is left out."""

    def active_folder(self, kind: PackageKind) -> str | None:
        """The folder of the active tree of that kind, links resolved."""

    def installed(self) -> Sequence[InstalledTree]:
        """Every release tree on this host, whoever unpacked it, by kind and version; quick: no content is read."""

    def tomcats(self) -> Mapping[str, str]:
        """The Tomcats under opt that are complete: folder -> version (facts 1.1)."""

    def links_for(self, trees: Sequence[StagedTree]) -> Sequence[Link]:
        """The links that make these trees active (facts 1.1, 1.3), the backend's `previous` included."""

    def read_links(self, paths: Sequence[str]) -> Sequence[Link]:
        """Where the links point now."""

    def write_links(self, links: Sequence[Link]) -> None:
        """Point every link, each by rename of a prepared one; a link with target None is removed."""

    def carry_site_files(self, source: str, target: str) -> Sequence[CarriedFile]:
        """Bring the runtime's site files (facts 1.4: server.xml, hostname, web.xml, keys, ...) into a new runtime tree."""

    def keep_site_files(self, runtime: str, name: str) -> None:
        """Keep, outside of the home, what `carry_site_files` may change in that runtime tree; once a name."""

    def put_back_site_files(self, runtime: str, name: str) -> None:
        """Make them again what they were when they were kept under that name; nothing when they never were."""

    def forget_site_files(self, name: str) -> None:
        """Remove what was kept under that name, folders too."""

    def keep_folders(self, folders: Sequence[str], name: str) -> Sequence[str]:
        """Copy those of these folders that are there aside under that name, once; what is kept under it."""

    def kept_folders(self) -> Sequence[KeptFolders]:
        """What `keep_folders` has kept and nobody has forgotten, oldest first."""

    def lacking_folders(self, names: Sequence[str]) -> Sequence[str]:
        """The folders kept under these names that the home lacks."""

    def put_back_folders(self, names: Sequence[str]) -> Sequence[str]:
        """Bring back the folders kept under these names that are no longer there, the first copy of each; which ones."""

    def take_away_folders(self, folders: Sequence[str], names: Sequence[str]) -> Sequence[str]:
        """Remove those of these folders that are still as `put_back_folders` brought them back; which ones."""

    def property_files(self, gui: str, webservices: str | None) -> PropertyFiles:
        """The property files of a GUI and its web services, in these folders."""

    def carry_values(self, source: str, target: str, kind: PackageKind, values: SiteValues) -> Sequence[CarriedFile]:
        """Carry values and the session-timeout of an old web application folder into the new one (facts 1.4, 8.3)."""

    def keep_values(self, folders: Sequence[str], name: str) -> None:
        """Copy the property files of these web applications aside under that name, once."""

    def put_back_values(self, name: str) -> None:
        """Make them what they were when they were kept under that name; nothing when they never were."""

    def sql_files(self, frontend: str) -> Sequence[SqlFile]:
        """The SQL files of a frontend tree, in the order of their names."""

    def read_text(self, path: str) -> str:
        """A file's text (UTF-8)."""

    def mandatory_versions(self, frontend: str) -> frozenset[str]:
        """The database versions that the package says it needs (mandatoryDbChanges)."""

    def digest(self, folder: str) -> str:
        """SHA-256 over a tree's listing: names, modes, link targets, content."""


# --- the database -----------------------------------------------------------------------------------------------------


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


# --- the application --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AppState:
    """What really runs, told by processes and ports (facts 11), never by exit codes.

    unit: whether the host's service manager takes OpenEMM for started (guide 9.1); False where it does not know it.
    """

    frontend: bool
    backend: bool
    unit: bool = False


@dataclass(frozen=True)
class LogMark:
    """A place in catalina.out: only what is written behind it counts (facts 17.6.1)."""

    inode: int
    size: int


@dataclass(frozen=True)
class HttpAnswer:
    """status 0: no answer."""

    status: int
    body: str


UNLIMITED = 1 << 30  # more files than any kernel lets a process open


@dataclass(frozen=True)
class OpenFiles:
    """How many files that OS user's scripts may have open, to how many they could raise that, and how many emm.sh asks for."""

    user: str
    limit: int
    hard: int
    wanted: int


Tell = Callable[[float, str], None]  # seconds so far, what a script said last


def silent(seconds: float, said: str) -> None:
    """Tell nobody."""
    del seconds, said


class Application(Protocol):
    """OpenEMM's processes (facts 11 and 17). tell: called about once a second while a script keeps us waiting."""

    def state(self) -> AppState:
        """What runs now; quick."""

    def start_frontend(self, tell: Tell = silent) -> None:
        """Start Tomcat with the web applications; returns when the script ends, which proves nothing."""

    def stop_frontend(self, tell: Tell = silent) -> None:
        """Stop it, and see it gone."""

    def start_backend(self, tell: Tell = silent) -> None:
        """Start the backend services. Where the frontend runs, the service manager then takes OpenEMM for started."""

    def stop_backend(self, tell: Tell = silent) -> None:
        """Stop them, and see each of them gone, also those that `state` does not see."""

    def services_down(self) -> Mapping[str, str]:
        """The backend's services that do not run as they should, with their states; empty where its script tells nothing."""

    def open_files(self) -> OpenFiles:
        """How many files a script of OpenEMM may have open, asked as the scripts are run (facts 24.3)."""

    def stop_unit(self) -> None:
        """Let the service manager know that OpenEMM is stopped."""

    def hold(self, run: str, *, to_come: bool = False) -> None:
        """Keep the service manager from starting OpenEMM, at a boot or by hand, while that run is open; durable.

        to_come: the run is about to tell the service manager of OpenEMM; else nothing is done where it does not know it.
        """

    def release(self) -> None:
        """Let the service manager start OpenEMM again."""

    def log_mark(self) -> LogMark:
        """The end of catalina.out now."""

    def log_since(self, mark: LogMark) -> str:
        """What was written since, capped (facts 17.5: a failed start writes 140 MB); begins anew when the file was replaced."""

    def version(self) -> HttpAnswer:
        """GET /serverstatus/version.action."""

    def database_round_trip(self, limit: float) -> HttpAnswer | None:
        """GET something through the application's port that needs the database (the logon page); facts 17.6.2.

        It may take minutes (facts 24.3), at most `limit` seconds: None while it is waited for; asked again then, nothing more is
        sent. Its answer is given once.
        """

    def wait(self, seconds: float) -> None:
        """Let time pass while the application works; may return early."""


# --- the machine ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BackendPython:
    """What a release's own scripts find as Python, and what their backend cannot import with it, each with place and reason.

    program, version: None where they find none, or end before they ask it; then failures tells their last words.
    """

    program: str | None
    version: str | None
    failures: tuple[str, ...]


class Machine(Protocol):
    """The computer (facts 10)."""

    def now(self) -> datetime:
        """UTC."""

    def local_time(self) -> datetime:
        """Aware, in the host's zone; maintenance windows are told in it."""

    def free(self, path: str) -> int:
        """Free bytes on the file system of an absolute path."""

    def command(self, name: str) -> str | None:
        """The absolute path of a program, or None."""

    def facts(self) -> Mapping[str, str]:
        """What is known of the machine, keyed: os, python, java, tomcat, mta. What is not known is left out."""

    def backend_python(self, folder: str, line: str) -> BackendPython | None:
        """Let a backend's own config.sh find its Python, and import what its scripts import and its database module; as its user.

        None where it has no config.sh. Leaves nothing behind. folder: of the release, active or only staged.
        """

    def pending_mail(self) -> Sequence[Dispatch]:
        """Blocks in spool/META and running xmlback (facts 7.2)."""


class Host(Protocol):
    """One OpenEMM host."""

    name: str
    home_path: str
    backups_path: str
    scratch_path: str

    @property
    def home(self) -> Home:
        """Folders and links."""

    @property
    def packages(self) -> Packages:
        """The site's package source."""

    @property
    def database(self) -> Database:
        """OpenEMM's database."""

    @property
    def backups(self) -> Backups:
        """Restore points."""

    @property
    def application(self) -> Application:
        """OpenEMM's processes."""

    @property
    def machine(self) -> Machine:
        """The computer."""
