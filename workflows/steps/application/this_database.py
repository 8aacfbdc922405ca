"""That what started works on THIS database (facts 24.3): by what the start wrote into it; else a page is asked, once a start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from workflows.model.errors import UsageError
from workflows.model.parts import LAST_STARTS
from workflows.model.plans import Hop
from workflows.model.step import Context, Facts
from workflows.model.version import Version
from workflows.rules.proof import OK, Condition

FRONTEND = "EMM"  # as release_log_tbl calls it
PAGE_SECONDS = 180.0  # the logon page of 20.04 and 20.10 asks a host on the internet first: 135 s where packets are dropped
POLL = 0.3  # seconds
LATE = 120.0  # seconds by the database's clock, after which the row of a start that is up comes no more
LATE_AGAIN = 10.0  # the same where the run was resumed: another start may write what this one did not
Row = tuple[str, datetime]


def start_of(ctx: Context, hop: Hop) -> Facts:
    """What was remembered right before this hop's last start; empty where this run never made one."""
    intents = (ctx.intent_of(f"{hop.prefix}.{step}") for step in LAST_STARTS)
    return next((intent for intent in intents if intent.get("mark")), {})


def before_start(ctx: Context, hop: Hop) -> Facts:
    """What a start is held against: the database's own clock, the release it logged last, and whether a migration is open."""
    database, rules = ctx.host.database, hop.rules
    seen: dict[str, Any] = {"clock": int(database.clock().timestamp())}  # whole seconds: a TIMESTAMP has no parts of one
    if rules.has_release_log:
        newest = next(iter(database.release_log(FRONTEND)), None)
        seen["release"] = [newest[0], newest[1].timestamp()] if newest else None
    if "company-values" in rules.migrates:
        seen["open"] = bool(database.companies_not_migrated())
    return seen


def conditions(ctx: Context, hop: Hop, *, up: bool) -> list[Condition]:
    """That dbcfg names one database (facts 24.3); and that the newest release this host has logged is the target, as it must be.

    up: the server says that it has started.
    """
    other = ctx.host.database.other_database()
    said = other.said if other else "jdbc-connect names the same database as host= and name="
    found = [Condition("dbcfg", other is None, said, hopeless=other is not None)]
    if hop.rules.has_release_log:
        database = ctx.host.database
        rows = database.release_log(FRONTEND)
        seen = start_of(ctx, hop).get("before") or {}
        limit = LATE if ctx.attempt == 1 else LATE_AGAIN
        late = up and "clock" in seen and database.clock().timestamp() - seen["clock"] > limit
        found.append(judge_release(rows, hop.target.version, seen, late=late))
    return found


def judge_release(rows: Sequence[Row], version: str, seen: Mapping[str, Any], *, late: bool) -> Condition:
    """The newest row of this host is the target's: newer than our start, unless it was so before it (facts 6).

    A row is written when the version changed only: a second start of a release writes none. late: none comes any more.
    """
    was = seen.get("release")
    if not rows or not _same(rows[0][0], version):
        newest = f"its newest of this host is of {rows[0][0]}" if rows else "it has none of this host"
        said = f"release_log_tbl has no row of this start of {version}: {newest}"
        return Condition("release-log", holds=False, said=said, hopeless=late)
    if "release" in seen and not (was and _same(was[0], version)) and not _wrote(rows, version, seen):
        said = f"the row of {version} in release_log_tbl is older than this start"
        return Condition("release-log", holds=False, said=said, hopeless=True)
    return Condition("release-log", holds=True, said=f"release_log_tbl: {version}, {rows[0][1]:%Y-%m-%d %H:%M:%S} UTC")


def round_trip(ctx: Context, hop: Hop) -> Condition:
    """The application reads this database: told by what its start wrote there; without that by the logon page.

    The page is asked once a start, whatever it says, and its answer remembered. Nothing else waits for it.
    """
    key = "http-database"
    if (told := _written(ctx, hop)) is not None:
        return Condition(key, holds=True, said=told)
    mark = start_of(ctx, hop).get("mark")
    known = [page for step in LAST_STARTS if (page := ctx.intent_of(f"{hop.prefix}.{step}").get("page")) and page["mark"] == mark]
    if not known:
        known = [{"mark": mark, "status": _ask(ctx)}]
        ctx.remember(page=known[0])
    status = known[0]["status"]
    said = f"the logon page, which needs the database, {f'answers {status}' if status else 'does not answer'}"
    return Condition(key, status == OK, said, hopeless=status != OK)


def _written(ctx: Context, hop: Hop) -> str | None:
    """What the last start is known to have written into this database; None where such a start leaves nothing."""
    seen = start_of(ctx, hop).get("before") or {}
    if seen.get("open") and not ctx.host.database.companies_not_migrated():
        return "the start has migrated the companies of this database"
    if "release" in seen and _wrote(ctx.host.database.release_log(FRONTEND), hop.target.version, seen):
        return "the start has logged itself in this database"
    return None


def _wrote(rows: Sequence[Row], version: str, seen: Mapping[str, Any]) -> bool:
    """Whether the newest row is this version's, and was written since the start was begun, by the database's clock."""
    if not rows or not _same(rows[0][0], version) or rows[0][1] < datetime.fromtimestamp(seen["clock"], UTC):
        return False
    return bool([rows[0][0], rows[0][1].timestamp()] != seen["release"])


def _ask(ctx: Context) -> int:
    """The status of the logon page; 0 when it did not answer."""
    application = ctx.host.application
    began = monotonic()
    while (answer := application.database_round_trip(PAGE_SECONDS)) is None:
        ctx.pause_point()
        waited = monotonic() - began
        ctx.report("waiting: the logon page asks a host on the internet first", round(waited), round(PAGE_SECONDS))
        application.wait(POLL)
    return answer.status


def _same(text: str, version: str) -> bool:
    try:
        return Version.parse(text) == Version.parse(version)
    except UsageError:
        return False
