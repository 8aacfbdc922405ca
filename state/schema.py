"""The tables, the same on SQLite and MariaDB. state/migrations/ creates them; a test holds the two against each other.

Times are ISO 8601 text in UTC with microseconds and Z, JSON is text (state/texts.py).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

REVISIONS = ("0001",)  # the revisions of state/migrations/ in order; the last is what this tool works with

metadata = MetaData()
_LONG = Text()  # LONGTEXT on MariaDB; the dialect that knows that word is slow to import, and only migrations need it
_COUNTER = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers only an INTEGER primary key by itself
_TIME = String(27)
_RUN = String(32)
_SITE = String(128)
_STEP = String(128)

runs = Table(
    "runs",
    metadata,
    Column("number", _COUNTER, primary_key=True, autoincrement=True),
    Column("id", _RUN, nullable=False, unique=True),
    Column("site", _SITE, nullable=False),
    Column("workflow", String(64), nullable=False),
    Column("state", String(32), nullable=False),
    Column("position", _STEP),
    Column("plan", _LONG, nullable=False),
    Column("options", _LONG, nullable=False),
    Column("actor", _LONG, nullable=False),
    Column("reason", _LONG),
    Column("tool_version", String(64), nullable=False),
    Column("created", _TIME, nullable=False),
    Column("started", _TIME),
    Column("ended", _TIME),
    Column("headline", _LONG),
    Column("revision", Integer, nullable=False),
    Column("token", String(32), nullable=False),  # of the last change: tells whether a commit that got no answer took effect
    Column("requested", String(32)),
    Index("runs_site", "site", "number"),
)

steps = Table(
    "steps",
    metadata,
    Column("run", _RUN, primary_key=True),
    Column("name", _STEP, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("title", String(255), nullable=False),
    Column("state", String(32), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("intent", _LONG, nullable=False),
    Column("facts", _LONG, nullable=False),
    Column("summary", _LONG, nullable=False),
    Column("started", _TIME),
    Column("ended", _TIME),
    Column("seconds", Double),
    Column("error", _LONG),
)

events = Table(
    "events",
    metadata,
    Column("seq", _COUNTER, primary_key=True, autoincrement=True),
    Column("run", _RUN, nullable=False),
    Column("step", _STEP),
    Column("time", _TIME, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("data", _LONG, nullable=False),
    Index("events_run", "run", "seq"),
)

statements = Table(
    "statements",
    metadata,
    Column("number", _COUNTER, primary_key=True, autoincrement=True),
    Column("run", _RUN, nullable=False),
    Column("step", _STEP, nullable=False),
    Column("file", String(255), nullable=False),
    Column("position", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("state", String(32), nullable=False),
    Column("fingerprint", _LONG),
    Column("session", _LONG, nullable=False),
    Column("error", _LONG),
    UniqueConstraint("run", "step", "file", "position", name="statements_place"),
)

sites = Table(
    "sites",
    metadata,
    Column("site", _SITE, primary_key=True),
    Column("site_id", String(36), nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("site", _SITE, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("time", _TIME, nullable=False),
    Column("boot_id", String(36), nullable=False),
    Column("actor", _LONG, nullable=False),
    Column("run", _RUN),
    Column("kind", String(64), nullable=False),
    Column("component", String(64)),
    Column("from_version", String(255)),
    Column("to_version", String(255)),
    Column("evidence", _LONG, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ledger_component", "site", "kind", "component", "seq", "time"),
    Index("ledger_version", "site", "kind", "to_version", "seq"),
    Index("ledger_run", "site", "run", "seq"),
)

leases = Table(
    "leases",
    metadata,
    Column("site", _SITE, primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("process_start", BigInteger, nullable=False),
    Column("boot_id", String(36), nullable=False),
    Column("host", String(255), nullable=False),
    Column("run", _RUN),
    Column("command", String(255), nullable=False),
    Column("since", _TIME, nullable=False),
)
