"""What the catalogue says must be mended in the database before an update file can pass (facts 22.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from workflows.host.home import SqlFile, SqlKind
from workflows.model.plans import LineRules, Repair
from workflows.model.step import Context, LedgerNote
from workflows.rules.sql.run import Told, run_script
from workflows.rules.sql.script import read_script

REMEMBERED = "repairs"  # version -> statements, in the step's intent: looked for once, because they shrink


def mend(ctx: Context, repair: Repair, told: Told) -> None:
    """Drop the foreign keys by journaled statements; nothing where there are none.

    Raises:
        WorkflowError, UnsettledError: as `run_script`.
    """
    statements = _statements(ctx, repair)
    if statements:
        text = ";\n".join(statements)
        name = f"repair before {repair.version}"
        file = SqlFile(name, SqlKind.UPDATE, None, name, hashlib.sha256(text.encode()).hexdigest())
        run_script(ctx, read_script(file, text, whole=False), (), told)


def repair_notes(ctx: Context, rules: LineRules) -> list[LedgerNote]:
    """What was mended, for the ledger."""
    done = ctx.intent.get(REMEMBERED) or {}
    return [
        LedgerNote(
            "database-repaired", "database",
            evidence={"before": repair.version, "statements": done[repair.version], "why": repair.why, "source": repair.source},
        )
        for repair in rules.repairs if done.get(repair.version)
    ]  # fmt: skip


def _statements(ctx: Context, repair: Repair) -> Sequence[str]:
    known = ctx.intent.get(REMEMBERED) or {}
    if repair.version not in known:
        keys = ctx.host.database.foreign_keys(repair.table, repair.column)
        found = [f"ALTER TABLE {_quote(repair.table)} DROP FOREIGN KEY {_quote(key)}" for key in keys]
        known = {**known, repair.version: found}
        ctx.remember(**{REMEMBERED: known})
        if found:
            ctx.note(f"foreign keys dropped, or update {repair.version} would fail ({repair.source})", why="; ".join(found))
    statements: Sequence[str] = known[repair.version]
    return statements


def _quote(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
