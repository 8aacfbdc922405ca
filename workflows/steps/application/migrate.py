"""Wait for the start-up migrations of a hop, mend what can be mended, and prove the hop (facts 17.4 to 17.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from workflows.model.errors import WorkflowError
from workflows.model.parts import MIGRATE
from workflows.model.plans import Hop
from workflows.model.step import Context, Done, LedgerNote
from workflows.rules.proof import Condition, Expectation, conditions, expectation
from workflows.steps.application.start import mark_of, start_and_wait, telling_lines
from workflows.steps.application.this_database import conditions as of_this_database
from workflows.steps.application.this_database import round_trip
from workflows.steps.application.ways import CONFIG, ways_on
from workflows.steps.database.repair import repair_damage
from workflows.steps.hop import HopStep

POLL = 0.3  # seconds
NOT_STARTED = ("log-context", "http-version", "http-database")  # the web application is not there at all
SETTLED = 3.0  # seconds after which a condition that can be mended is taken for damage


def missing_of(ctx: Context, hop: Hop) -> list[Condition]:
    """The conditions of the proof that do not hold now; when all others do, whether the application reads this database."""
    missing = [c for c in _judge(ctx, hop, expectation(ctx, hop, mark_of(ctx, hop))) if not c.holds]
    return missing or [c for c in [round_trip(ctx, hop)] if not c.holds]


def judge_all(ctx: Context, hop: Hop, expected: Expectation) -> list[Condition]:
    """Every condition, once more and together."""
    return [*_judge(ctx, hop, expected), round_trip(ctx, hop)]


def _judge(ctx: Context, hop: Hop, expected: Expectation) -> list[Condition]:
    judged = conditions(ctx, hop, expected)
    up = any(c.key == "log-started" and c.holds for c in judged)
    return [*judged, *of_this_database(ctx, hop, up=up)]


def unproven(ctx: Context, hop: Hop, missing: Sequence[Condition], key: str, message: str) -> WorkflowError:
    """The error that names every missing condition."""
    log = telling_lines(ctx.host.application.log_since(mark_of(ctx, hop)))
    detail = [f"{condition.key}: {condition.said}" for condition in missing]
    ways = ways_on(ctx, hop, missing, late=key == "migration-timeout")
    return WorkflowError(message, key=key, detail=[*detail, *log][:25], command="emm.sh start", next=ways)


@dataclass(frozen=True)
class ProveMigrations(HopStep):
    """The start-up migrations of this line really ran; one half-done start is mended and repeated."""

    hop: Hop
    start_timeout: float
    timeout: float
    part: ClassVar[str] = MIGRATE

    def do(self, ctx: Context) -> Done:
        """Wait until all conditions hold.

        Raises:
            WorkflowError: "start-failed", "values-missing" or "migration-failed" when waiting cannot help, "migration-timeout".
        """
        began, repaired = monotonic(), False
        notes: list[LedgerNote] = []
        while missing := self._missing(ctx):
            waited = monotonic() - began
            if self._may_repair(ctx, missing, waited) and not repaired:
                repaired = True
                notes += self._start_again(ctx)
                began = monotonic()
                continue
            if hopeless := [condition for condition in missing if condition.hopeless]:
                raise self._error(ctx, missing, _key_of(hopeless), hopeless[0].said)
            if waited >= self.timeout:
                raise self._error(
                    ctx, missing, "migration-timeout", f"the start-up migration did not end within {self.timeout:.0f} s"
                )
            ctx.pause_point()
            ctx.report(f"waiting: {missing[0].said}", round(waited), round(self.timeout))
            ctx.host.application.wait(POLL)
        return Done("mended and proven" if repaired else "all migrations proven", {"repaired": repaired}, notes)

    def _missing(self, ctx: Context) -> list[Condition]:
        return missing_of(ctx, self.hop)

    def _may_repair(self, ctx: Context, missing: Sequence[Condition], waited: float) -> bool:
        if any(condition.hopeless for condition in missing):
            return ctx.attempt > 1  # the admin has resumed: a new start may succeed where this one cannot
        if not ctx.host.application.state().frontend:
            return True
        return waited >= SETTLED and any(c.repairable for c in missing) and all(c.key != "log-started" for c in missing)

    def _start_again(self, ctx: Context) -> list[LedgerNote]:
        if ctx.host.application.state().frontend:
            ctx.host.application.stop_frontend()
        notes = repair_damage(ctx, self.hop)
        ctx.remember(mark=None)
        start_and_wait(ctx, self.hop, self.start_timeout)
        return notes

    def _error(self, ctx: Context, missing: Sequence[Condition], key: str, message: str) -> WorkflowError:
        return unproven(ctx, self.hop, missing, key, f"cannot prove {self.hop.target.version}: {message}")


def _key_of(hopeless: Sequence[Condition]) -> str:
    if hopeless[0].key in NOT_STARTED:
        return "start-failed"
    return "values-missing" if all(condition.key.startswith(CONFIG) for condition in hopeless) else "migration-failed"
