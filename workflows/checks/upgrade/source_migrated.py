"""The release that is left has really run: its start has moved into the database what later releases no longer look for.

A 20.10 on a database that 20.04 updated but never started on answers 200 and logs no error, and the site's mail addresses,
company values and report schedules are lost for good (facts 17.5): so it is asked before anything is changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.host import Host
from workflows.model.finding import Finding
from workflows.model.plans import LineRules
from workflows.model.values import SiteValues
from workflows.rules.proof import Condition, judge_companies, judge_config, judge_jobs, judge_layout
from workflows.rules.site_values import DATABASE, Unset, command

FIX = "orchestrate restart    starts the active release, mends what can be mended, and proves its migrations"
SUBJECT = Subject(
    "source-migrated",
    "the active release has migrated the database",
    "the next release deletes what was not migrated by then, and nothing shows it later (facts 17.5)",
    order=60,
)


def check(journey: Journey) -> Iterator[Finding]:
    """Hold the marks of its start-up migrations against the database; reports are left out: they were edited since."""
    host, plan = journey.host, journey.plan
    rules = plan.source_rules if plan else None
    if plan is None or rules is None or not plan.hops:
        return
    missing = [condition for condition in _marks(host, rules) if not condition.holds]
    if missing:
        yield SUBJECT.stops("; ".join(c.said for c in missing), FIX)
    elif rules.migrates:
        yield SUBJECT.fine(f"as {rules.line} leaves it")
    if "config-values" in rules.migrates:
        rows = host.database.config()
        doubts = [condition for condition in judge_config(rows, {}, rules.config_keys, {}) if not condition.holds]
        for doubt in doubts:
            key = doubt.key.partition(":")[2]
            set_it = command(Unset(key, DATABASE, ""), SiteValues(), rows)  # behind its start no value comes any more (24.2)
            why = "later releases read it from the database only"
            yield SUBJECT.but(why=why).warns(doubt.said, FIX if missing else set_it)


def _marks(host: Host, rules: LineRules) -> Iterator[Condition]:
    if "company-values" in rules.migrates:
        yield judge_companies(host.database.companies_not_migrated())
    if "layout" in rules.migrates:
        yield judge_layout(host.database.layout_items())
    if "startup-jobs" in rules.migrates:
        yield judge_jobs(host.database.startup_jobs())
