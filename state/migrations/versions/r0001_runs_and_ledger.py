"""Runs, steps, events, statements, the ledger with its triggers, and leases.

Each object is made only if it is not there: DDL on MariaDB commits by itself, and a migration that was cut off starts again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGTEXT

revision = "0001"
down_revision = None

_LONG = sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb")
_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _table(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name, *columns, if_not_exists=True, mysql_engine="InnoDB", mysql_charset="utf8mb4", mysql_collate="utf8mb4_bin"
    )


def _index(name: str, table: str, *columns: str) -> None:
    if name not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, list(columns))


def upgrade() -> None:
    """Create the tables."""
    _table(
        "runs",
        sa.Column("number", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("site", sa.String(128), nullable=False),
        sa.Column("workflow", sa.String(64), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("position", sa.String(128)),
        sa.Column("plan", _LONG, nullable=False),
        sa.Column("options", _LONG, nullable=False),
        sa.Column("actor", _LONG, nullable=False),
        sa.Column("reason", _LONG),
        sa.Column("tool_version", sa.String(64), nullable=False),
        sa.Column("created", sa.String(27), nullable=False),
        sa.Column("started", sa.String(27)),
        sa.Column("ended", sa.String(27)),
        sa.Column("headline", _LONG),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("requested", sa.String(32)),
    )
    _index("runs_site", "runs", "site", "number")
    _table(
        "steps",
        sa.Column("run", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("intent", _LONG, nullable=False),
        sa.Column("facts", _LONG, nullable=False),
        sa.Column("summary", _LONG, nullable=False),
        sa.Column("started", sa.String(27)),
        sa.Column("ended", sa.String(27)),
        sa.Column("seconds", sa.Double),
        sa.Column("error", _LONG),
    )
    _table(
        "events",
        sa.Column("seq", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("run", sa.String(32), nullable=False),
        sa.Column("step", sa.String(128)),
        sa.Column("time", sa.String(27), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("data", _LONG, nullable=False),
    )
    _index("events_run", "events", "run", "seq")
    _table(
        "statements",
        sa.Column("number", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("run", sa.String(32), nullable=False),
        sa.Column("step", sa.String(128), nullable=False),
        sa.Column("file", sa.String(255), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("fingerprint", _LONG),
        sa.Column("session", _LONG, nullable=False),
        sa.Column("error", _LONG),
        sa.UniqueConstraint("run", "step", "file", "position", name="statements_place"),
    )
    _table("sites", sa.Column("site", sa.String(128), primary_key=True), sa.Column("site_id", sa.String(36), nullable=False))
    _ledger()
    _table(
        "leases",
        sa.Column("site", sa.String(128), primary_key=True),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("process_start", sa.BigInteger, nullable=False),
        sa.Column("boot_id", sa.String(36), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("run", sa.String(32)),
        sa.Column("command", sa.String(255), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
    )


def _ledger() -> None:
    _table(
        "ledger",
        sa.Column("site", sa.String(128), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("time", sa.String(27), nullable=False),
        sa.Column("boot_id", sa.String(36), nullable=False),
        sa.Column("actor", _LONG, nullable=False),
        sa.Column("run", sa.String(32)),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("component", sa.String(64)),
        sa.Column("from_version", sa.String(255)),
        sa.Column("to_version", sa.String(255)),
        sa.Column("evidence", _LONG, nullable=False),
        sa.Column("prev", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    _index("ledger_component", "ledger", "site", "kind", "component", "seq", "time")
    _index("ledger_version", "ledger", "site", "kind", "to_version", "seq")
    _index("ledger_run", "ledger", "site", "run", "seq")
    sqlite = op.get_bind().dialect.name == "sqlite"
    words = "the ledger is append-only"
    for act in ("UPDATE", "DELETE"):
        refuse = (
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
            if sqlite
            else f"FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{words}'"
        )
        op.execute(f"CREATE TRIGGER IF NOT EXISTS ledger_no_{act.lower()} BEFORE {act} ON ledger {refuse}")
    if sqlite:  # REPLACE deletes without firing the trigger for it
        op.execute(
            "CREATE TRIGGER IF NOT EXISTS ledger_no_replace BEFORE INSERT ON ledger"
            " WHEN EXISTS (SELECT 1 FROM ledger WHERE site = NEW.site AND seq = NEW.seq)"
            " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
