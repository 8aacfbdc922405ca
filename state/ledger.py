"""The ledger of a site: an append-only hash chain (DESIGN 5), and what can be folded from it."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import rfc8785
from sqlalchemy import Connection, Select, bindparam, insert, select
from sqlalchemy.sql.elements import ColumnElement

from state.chain import GENESIS, NOTHING, UNKNOWN, Entry, EntryDraft, Head, Line
from state.connector import Connector
from state.errors import LedgerBrokenError
from state.past import CLOCK_SET_BACK, changes_until
from state.schema import ledger, sites
from state.texts import is_time, now, text_json, text_time, time_text
from state.upsert import upsert
from state.verify import Chain, Problem, Verdict, verify

__all__ = ["Entry", "EntryDraft", "Head", "Ledger", "Problem", "Verdict"]

PAGE = 1000  # entries read at a time

_COLUMNS = tuple(ledger.c[name] for name in Line._fields)
_SITE = ledger.c.site == bindparam("b_site")
_INSERT = insert(ledger)
_HEAD = select(ledger.c.seq, ledger.c.hash, ledger.c.time).where(_SITE).order_by(ledger.c.seq.desc()).limit(1)
_HEAD_LOCKED = _HEAD.with_for_update()
_HASH_AT = select(ledger.c.hash).where(_SITE, ledger.c.seq == bindparam("b_seq"))
_SITE_ID = select(sites.c.site_id).where(sites.c.site == bindparam("b_site"))
_TRUSTED = (
    select(ledger.c.evidence)
    .where(
        _SITE,
        ledger.c.kind == "package-trusted",
        ledger.c.component == "package",
        ledger.c.to_version == bindparam("b_file"),
    )
    .order_by(ledger.c.seq.desc())
    .limit(1)
)


def this_machine() -> str:
    """The machine id of this host (machine-id(5)), or "unknown"."""
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip() or UNKNOWN
    except FileNotFoundError:
        return UNKNOWN


def this_boot() -> str:
    """The id of this boot of the kernel."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


class Ledger:
    """The chain of one site in a store."""

    def __init__(self, connector: Connector, site: str, machine_id: str | None = None) -> None:
        """Take the store's connection and name the site. machine_id: of its host; this machine's when None."""
        self._connector = connector
        self.site = site
        self.machine_id = machine_id or this_machine()
        self._boot = this_boot()

    def append(self, drafts: Sequence[EntryDraft], *, actor: Mapping[str, Any]) -> list[Entry]:
        """Append entries in a transaction of their own; a lost connection to the server does not append them twice.

        What comes back are these entries; what is written before them is not among them: the genesis entry by the first
        append, and that the clock was set back.
        """
        last: list[Line] = []

        def work(connection: Connection) -> None:
            if last and self._holds(connection, last[0]):
                return  # the commit took effect although its answer was lost
            last[:] = self.append_within(connection, drafts, actor=actor)

        if drafts:
            self._connector.write(work)
        return [line.entry() for line in last[-len(drafts) :]]

    def _holds(self, connection: Connection, line: Line) -> bool:
        self._end(connection)  # waits for a transaction whose answer was lost and that is still being committed
        found: str | None = connection.execute(_HASH_AT, {"b_site": self.site, "b_seq": line.seq}).scalar()
        return found == line.hash

    def append_within(
        self, connection: Connection, drafts: Sequence[EntryDraft], *, actor: Mapping[str, Any], run: str | None = None
    ) -> list[Line]:
        """Append entries within a transaction that others began; for this package only."""
        who = rfc8785.dumps(dict(actor)).decode()
        seq, prev, before = self._end(connection)
        time = time_text(now())  # not before the site is held: another's append may have taken its time
        lines: list[Line] = []
        runs = [draft.run or run for draft in drafts]
        if time < before:
            drafts, runs = [EntryDraft(CLOCK_SET_BACK, evidence={"before": before}), *drafts], [run, *runs]
        if seq == 0:
            drafts, runs = [self._genesis(connection), *drafts], [None, *runs]
        for number, (draft, of_run) in enumerate(zip(drafts, runs, strict=True), seq + 1):
            line = Line(
                site=self.site, seq=number, time=time, boot_id=self._boot, actor=who, run=of_run, kind=draft.kind,
                component=draft.component, from_version=draft.from_version, to_version=draft.to_version,
                evidence=rfc8785.dumps(dict(draft.evidence)).decode(), prev=prev, hash="",
            )  # fmt: skip
            lines.append(line._replace(hash=line.digest()))
            prev = lines[-1].hash
        connection.execute(_INSERT, [line._asdict() for line in lines])
        return lines

    def _end(self, connection: Connection) -> tuple[int, str, str]:
        """The last seq, hash and time; nobody else appends to this site until the transaction ends."""
        if self._connector.is_server:  # SQLite has one writer at a time anyway
            self._hold_site(connection)
        row = connection.execute(_HEAD_LOCKED, {"b_site": self.site}).one_or_none()
        if row is not None and not _can_be_followed(row.seq, row.hash, row.time):
            raise LedgerBrokenError(
                f"cannot append to the ledger of {self.site}: its last entry was changed",
                next=["orchestrate audit verify    what is wrong with it"],
            )
        return (0, NOTHING, "") if row is None else (row.seq, row.hash, row.time)

    def _hold_site(self, connection: Connection) -> None:
        """The site has an id, and its row is locked."""
        statement = upsert(sites, is_server=self._connector.is_server, key=("site",), changed=("site",))
        connection.execute(statement, {"site": self.site, "site_id": str(uuid.uuid4())})

    def _genesis(self, connection: Connection) -> EntryDraft:
        self._hold_site(connection)
        site_id = connection.execute(_SITE_ID, {"b_site": self.site}).scalar_one()
        return EntryDraft(GENESIS, evidence={"machine_id": self.machine_id, "site_id": site_id})

    def entries(
        self,
        *,
        run: str | None = None,
        component: str | None = None,
        kind: str | Sequence[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after_seq: int = 0,
    ) -> Iterator[Entry]:
        """The entries that fit all that is given, in their order, read as they are asked for. Times are inclusive.

        One that cannot be read is left out: it was not written by this tool, and `verify` names it.
        """
        kinds = [kind] if isinstance(kind, str) else kind
        where: list[ColumnElement[bool]] = [] if kinds is None else [ledger.c.kind.in_(kinds)]
        wanted = {ledger.c.run: run, ledger.c.component: component}
        where += [column == value for column, value in wanted.items() if value is not None]
        if since is not None:
            where.append(ledger.c.time >= time_text(since))
        if until is not None:
            where.append(ledger.c.time <= time_text(until))
        yield from (line.entry() for line in self._lines(after_seq, *where) if line.is_readable())

    def lines(self) -> Iterator[Line]:
        """Every row as the table holds it, in order, also of a ledger that is broken."""
        return self._lines()

    def head(self) -> Head | None:
        """The last entry, or None when there is none; of a broken ledger, the last that can be read."""
        row = self._connector.read(lambda connection: connection.execute(_HEAD, {"b_site": self.site}).one_or_none())
        if row is None or _can_be_followed(row.seq, row.hash, row.time):
            return None if row is None else Head(row.seq, row.hash, text_time(row.time))
        return max((line.head() for line in self._lines() if line.is_readable()), key=lambda head: head.seq, default=None)

    def verify(self, checkpoint: Head | None = None) -> Verdict:
        """Follow the chain from its genesis to its head, and name the first thing that is wrong with it.

        That its end was cut off, or that all of it was written anew, shows only against a checkpoint kept elsewhere.
        """
        site_id = self._connector.read(lambda connection: connection.execute(_SITE_ID, {"b_site": self.site}).scalar())
        return verify(Chain(self._lines, self.site, self.machine_id, site_id), checkpoint)

    def active_at(self, time: datetime) -> dict[str, Entry]:
        """By component, the entry that last told its version up to that time, as the host's clock said."""
        at = time_text(time)
        found = self._connector.read(lambda connection: changes_until(connection, self.site, at))
        return {name: line.entry() for name, line in found.items() if line.is_readable()}

    def pinned_digest(self, file_name: str) -> str | None:
        """The SHA-256 (hex) last trusted for a package file of that name, or None."""
        values = {"b_site": self.site, "b_file": file_name}
        text = self._connector.read(lambda connection: connection.execute(_TRUSTED, values).scalar())
        return None if text is None else _sha256(text)

    def _lines(self, after_seq: int | None = None, *where: ColumnElement[bool]) -> Iterator[Line]:
        """The rows after a seq, or all, page by page: no transaction stays open between two pages."""
        query = select(*_COLUMNS).where(ledger.c.site == self.site, *where).order_by(ledger.c.seq).limit(PAGE)
        while True:
            page = query if after_seq is None else query.where(ledger.c.seq > after_seq)
            rows = self._connector.read(partial(_page, page))
            yield from rows
            if len(rows) < PAGE:
                return
            after_seq = rows[-1].seq


def _page(query: Select[Any], connection: Connection) -> list[Line]:
    """The rows of a query. Asked of SQLite's driver itself, which takes half the time: a ledger may have millions."""
    if connection.dialect.name != "sqlite":
        return [Line(*row) for row in connection.execute(query)]
    compiled = query.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    values = [compiled.params[name] for name in compiled.positiontup or ()]
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    lenient = driver.text_factory
    driver.text_factory = str
    try:
        return list(map(Line._make, driver.execute(str(compiled), values)))
    except sqlite3.Error:  # a damaged entry is no UTF-8 and must be read all the same; any other error comes again, told as ours
        driver.text_factory = lenient
        return [Line(*row) for row in connection.execute(query)]
    finally:
        driver.text_factory = lenient


def _can_be_followed(seq: object, hash_: object, time: str) -> bool:
    """Whether this is how an entry ends that another can follow; SQLite lets anything be put anywhere."""
    return type(seq) is int and type(hash_) is str and is_time(time)


def _sha256(evidence: str) -> str | None:
    try:
        value = text_json(evidence).get("sha256")
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return value if isinstance(value, str) else None
