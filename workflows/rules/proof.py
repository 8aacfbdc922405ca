"""When a hop is proven: the nine points of facts 17.6. Log, HTTP code and exit code prove nothing alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from workflows.host.application import LogMark
from workflows.host.database import Report, StartupJob
from workflows.model.errors import UsageError
from workflows.model.parts import CARRY, DATABASE, START
from workflows.model.plans import Hop, PackageKind
from workflows.model.step import Context
from workflows.model.version import Version
from workflows.rules.site_values import MARKER, moved
from workflows.rules.trees import tree_of

STARTED = "Server startup in"
CONTEXT_FAILED = "Context [] startup failed"
MIGRATION_FAILED = "Cannot check installation validity"
LAYOUT_ITEMS = ("edition_logo.png", "favicon.ico", "logo.png", "logo.svg")
JOB_IN_PROGRESS, JOB_DONE, JOB_FAILED = 1, 2, 3
NOT_FOUND, OK = 404, 200
MOVED_FIRST = ("config:", "reports")  # how the keys of what a start moves first begin
ENDED_WITH = ("log-started", "company-values", "layout")  # what shows that it has come to its end


@dataclass(frozen=True)
class Condition:
    """One condition of the proof. repairable: facts 17.4 tells how to mend it; hopeless: waiting cannot help."""

    key: str
    holds: bool
    said: str
    repairable: bool = False
    hopeless: bool = False


def judge_log(log: str) -> list[Condition]:
    """Point 1: only what was written behind the start counts."""
    failed = CONTEXT_FAILED in log
    broken = MIGRATION_FAILED in log
    return [
        Condition(
            "log-started", STARTED in log, f"the log has {'a' if STARTED in log else 'no'} line {STARTED!r} since the start"
        ),
        Condition(
            "log-context", not failed, f"the log says {CONTEXT_FAILED!r}" if failed else "no context failed", hopeless=failed
        ),
        Condition(
            "log-migration",
            not broken,
            f"the log says {MIGRATION_FAILED!r}" if broken else "no migration failed",
            hopeless=broken,
        ),
    ]


def judge_versions(
    versions: Collection[str], mandatory: Collection[str], exceptions: Collection[str], known: Collection[str] | None = None
) -> Condition:
    """Point 3: the set of database versions, never its maximum.

    known: what was there before the hop and what its files add; a version beyond them is of another release, on whose schema
    this one does not run (facts 17.5). None: not known.
    """
    missing = sorted(set(mandatory) - set(versions) - set(exceptions))
    foreign = [] if known is None else sorted(set(versions) - set(known) - set(mandatory))
    said = "all database updates are there"
    if missing:
        said = f"{len(missing)} database updates are missing: {', '.join(missing[:8])}"
    elif foreign:
        said = f"{len(foreign)} database updates are of another release: {', '.join(foreign[:8])}"
    return Condition("database-versions", not (missing or foreign), said, hopeless=bool(missing or foreign))


def judge_jobs(jobs: Sequence[StartupJob]) -> Condition:
    """Point 4: every enabled startup job is done. One that failed is not tried again by itself."""
    open_jobs = [job for job in jobs if job.enabled and job.state != JOB_DONE]
    said = "; ".join(f"startup job {job.id} is in state {job.state}" for job in open_jobs) or "all startup jobs are done"
    return Condition(
        "startup-jobs", not open_jobs, said,
        repairable=any(job.state == JOB_IN_PROGRESS for job in open_jobs),
        hopeless=any(job.state == JOB_FAILED for job in open_jobs),
    )  # fmt: skip


def judge_companies(companies: Sequence[int]) -> Condition:
    """Point 5: no company is without its migrated values."""
    said = f"companies without migrated values: {', '.join(map(str, companies))}" if companies else "all companies are migrated"
    return Condition("company-values", not companies, said)


def judge_layout(items: Mapping[str, bool]) -> Condition:
    """Point 6: four rows, none NULL. Rows without all four are damage that no later start mends."""
    missing = [item for item in LAYOUT_ITEMS if not items.get(item)]
    said = f"layout_tbl lacks {', '.join(missing)}" if missing else "layout_tbl has its four images"
    return Condition("layout", not missing, said, repairable=bool(items))


def judge_config(
    rows: Mapping[str, Sequence[tuple[str | None, str | None]]], expected: Mapping[str, str], required: Collection[str],
    before: Mapping[str, Sequence[str | None]],
) -> list[Condition]:  # fmt: skip
    """Point 7: every expected key has the value carried from the site's files, or the real one the database held before."""
    conditions = []
    for key in sorted({*expected, *required}):
        values = [value for _, value in rows.get(key, ())]
        allowed = {expected.get(key), *before.get(key, ())} - {None}
        if not values:
            said = f"{key} is not in config_tbl"
        elif bad := [value for value in values if not value or MARKER in value]:
            said = f"{key} is {bad[0]!r}"
        elif key in expected and not allowed & set(values):
            said = f"{key} is {values[0]!r}, the site's files say {expected[key]!r}"
        else:
            continue
        conditions.append(Condition(f"config:{key}", holds=False, said=said))
    return conditions or [
        Condition("config", holds=True, said=f"{len({*expected, *required})} configuration values are in the database")
    ]


def judge_reports(reports: Sequence[Report]) -> Condition:
    """Point 8: recipients as in the old column; a report that is due has a schedule."""
    wrong = []
    for report in reports:
        old = {part.strip() for part in (report.old_email or "").replace(";", ",").split(",") if part.strip()}
        if old - set(report.recipients) or (report.due and report.laststart is None and report.nextstart is None):
            wrong.append(report.id)
    said = f"reports not migrated: {', '.join(map(str, wrong))}" if wrong else f"{len(reports)} reports are migrated"
    return Condition("reports", not wrong, said)


@dataclass(frozen=True)
class Expectation:
    """What a proof is held against.

    values: from the site's files; before: what config_tbl held before the start; known: database versions from before the hop
    or of its files, None where the hop ran no SQL.
    """

    version: str
    mark: LogMark
    frontend: str | None
    values: Mapping[str, str]
    before: Mapping[str, Sequence[str | None]]
    known: frozenset[str] | None = None


def expectation(ctx: Context, hop: Hop, mark: LogMark) -> Expectation:
    """Collect it from what earlier steps of the hop left."""
    carry = ctx.intent_of(f"{hop.prefix}.{CARRY}")
    start = ctx.intent_of(f"{hop.prefix}.{START}")
    frontend = tree_of(ctx, hop, PackageKind.GUI).folder if ctx.facts_of("stage") else None
    sql = ctx.intent_of(f"{hop.prefix}.{DATABASE}")
    known = frozenset({*sql["versions"], *(file["version"] for file in sql["files"] if file["version"])}) if sql else None
    values = moved(carry.get("values", {}), hop.rules)
    return Expectation(hop.target.version, mark, frontend, values, start.get("config", {}), known)


def conditions(ctx: Context, hop: Hop, expected: Expectation) -> list[Condition]:
    """All conditions of facts 17.6.

    Raises:
        WorkflowError: the database does not answer, or is not the application's: then nothing can be said of the rest.
    """
    log = ctx.host.application.log_since(expected.mark)
    return decided([*judge_log(log), *_answers(ctx, expected.version, up=STARTED in log), *_database(ctx, hop, expected)])


def decided(judged: Sequence[Condition]) -> list[Condition]:
    """The same, with what can no longer come as hopeless (facts 24.2).

    A start moves configuration values first, then reports, company values and images (facts 8.3), and only then says that it
    has started: a value that is missing behind them never comes.
    """
    ended = not any(condition.key in ENDED_WITH for condition in judged if not condition.holds)
    return [
        replace(condition, hopeless=True) if ended and condition.key.startswith(MOVED_FIRST) and not condition.holds
        else condition
        for condition in judged
    ]  # fmt: skip


def _answers(ctx: Context, version: str, *, up: bool) -> list[Condition]:
    """Point 2: the version. That it is told by an application with this database is proven beside it (this_database.py).

    up: the server says that it has started. Before, a question would only wait; a page that it does not have then, it will not
    have later (facts 17.5).
    """
    if not up:
        return [Condition("http-version", holds=False, said="the application is not asked before it has started")]
    answer = ctx.host.application.version()
    body = answer.body.strip()
    same = answer.status == OK and _same_version(body, version)
    said = (
        f"the application answers {version}" if same else f"the application answers {answer.status} {body[:60]!r}, not {version}"
    )
    return [Condition("http-version", same, said, hopeless=answer.status == NOT_FOUND)]


def _same_version(text: str, version: str) -> bool:
    try:
        return Version.parse(text) == Version.parse(version)
    except UsageError:
        return False


def _database(ctx: Context, hop: Hop, expected: Expectation) -> list[Condition]:
    database, rules = ctx.host.database, hop.rules
    found = []
    if expected.frontend is not None:
        mandatory = ctx.host.home.mandatory_versions(expected.frontend)
        found.append(judge_versions(database.versions(), mandatory, rules.exceptions, expected.known))
    if "startup-jobs" in rules.migrates:
        found.append(judge_jobs(database.startup_jobs()))
    if "company-values" in rules.migrates:
        found.append(judge_companies(database.companies_not_migrated()))
    if "layout" in rules.migrates:
        found.append(judge_layout(database.layout_items()))
    if "config-values" in rules.migrates:
        found += judge_config(database.config(), expected.values, rules.config_keys, expected.before)
    if "reports" in rules.migrates:
        found.append(judge_reports(database.reports()))
    return found
