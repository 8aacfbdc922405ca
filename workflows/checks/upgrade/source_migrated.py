"""The release that is left has really run: its start has moved into the database what later releases no longer look for.

A 20.10 on a database that 20.04 updated but never started on answers 200 and logs no error, and the site's mail addresses,
company values and report schedules are lost for good (facts 17.5): so it is asked before anything is changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import LineRules, UpgradePlan
from workflows.model.values import SiteValues
from workflows.rules.proof import Condition, judge_companies, judge_config, judge_jobs, judge_layout
from workflows.rules.site_values import DATABASE, Unset, command

KEY = "source-migrated"
TITLE = "the active release has migrated the database"
WHY = "the next release deletes what was not migrated by then, and nothing shows it later (facts 17.5)"
FIX = "orchestrate restart    starts the active release, mends what can be mended, and proves its migrations"


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """Hold the marks of its start-up migrations against the database; reports are left out: they were edited since."""
    rules = plan.source_rules if plan else None
    if plan is None or rules is None or not plan.hops:
        return
    missing = [condition for condition in _marks(host, rules) if not condition.holds]
    if missing:
        yield Finding(KEY, Severity.INHIBITOR, TITLE, "; ".join(c.said for c in missing), WHY, FIX)
    elif rules.migrates:
        yield passed(KEY, TITLE, f"as {rules.line} leaves it")
    if "config-values" in rules.migrates:
        rows = host.database.config()
        doubts = [condition for condition in judge_config(rows, {}, rules.config_keys, {}) if not condition.holds]
        for doubt in doubts:
            key = doubt.key.partition(":")[2]
            set_it = command(Unset(key, DATABASE, ""), SiteValues(), rows)  # behind its start no value comes any more (24.2)
            why = "later releases read it from the database only"
            yield Finding(KEY, Severity.WARNING, TITLE, doubt.said, why, FIX if missing else set_it)


def _marks(host: Host, rules: LineRules) -> Iterator[Condition]:
    if "company-values" in rules.migrates:
        yield judge_companies(host.database.companies_not_migrated())
    if "layout" in rules.migrates:
        yield judge_layout(host.database.layout_items())
    if "startup-jobs" in rules.migrates:
        yield judge_jobs(host.database.startup_jobs())
