"""The start of a hop's version: an intermediate line starts its frontend only, no mail leaves from a version nobody chose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, ClassVar

from workflows.host.application import LogMark
from workflows.model.errors import WorkflowError
from workflows.model.parts import BACKEND, START
from workflows.model.plans import Hop
from workflows.model.step import Context, Done, Facts, LedgerNote
from workflows.rules.proof import CONTEXT_FAILED, MIGRATION_FAILED, STARTED
from workflows.rules.services import MAKE_MAIL
from workflows.rules.site_values import MARKER
from workflows.steps.application.stop import stop_all, telling
from workflows.steps.application.this_database import before_start, start_of
from workflows.steps.database.repair import repair_damage
from workflows.steps.hop import HopStep

POLL = 0.3  # seconds
QUOTED = 12  # lines of the log that an error quotes
SHOWN = 70  # characters of its last line
LOGGER = re.compile(r"^.*\] (?:\w+\.[\w.$]+ (?:- )?)?")  # time, level, thread and class of a line


def mark_of(ctx: Context, hop: Hop) -> LogMark:
    """Where the log stood before this hop's last start.

    Raises:
        WorkflowError: "start-unknown" when the hop was never started by this run (facts 17.6, point 9).
    """
    mark = start_of(ctx, hop).get("mark")
    if mark is None:
        raise WorkflowError(f"{hop.title}: this run never started {hop.target.version}", key="start-unknown")
    return LogMark(*mark)


def telling_lines(log: str) -> list[str]:
    """The lines of a log that tell why a start failed."""
    words = ("SEVERE", "BeanCreationException", CONTEXT_FAILED, MIGRATION_FAILED, "ERROR")
    return [line[:200] for line in log.splitlines() if any(word in line for word in words)][:QUOTED]


def start_and_wait(ctx: Context, hop: Hop, timeout: float) -> LogMark:
    """Start the frontend, or go on with one that an earlier attempt of this step started, until its log says it is up.

    The mark in the log is remembered durably before the start. A start that migrates may take longer than `timeout`: it is
    handed over as it is, and proven by the next step.

    Raises:
        WorkflowError: "start-timeout", "start-failed".
    """
    application = ctx.host.application
    remembered: list[int] | None = ctx.intent.get("mark")
    running, begun = application.state().frontend, monotonic()
    if running and remembered is None:
        application.stop_frontend()
        running = False
    if not running or remembered is None:
        ctx.pause_point()  # a host that shuts down asks for a pause, and starts nothing more
        mark = application.log_mark()
        ctx.remember(mark=[mark.inode, mark.size], before=before_start(ctx, hop))
        application.start_frontend(lambda seconds, _: ctx.report(_progress(hop, seconds, application.log_since(mark))))
    else:
        mark = LogMark(remembered[0], remembered[1])
    began = monotonic()
    while STARTED not in (log := application.log_since(mark)):
        if not application.state().frontend:
            ctx.remember(mark=None)
            raise WorkflowError(
                f"cannot start {hop.target.version}: the application ended during its start",
                key="start-failed", command="emm.sh start", detail=telling_lines(log),
                next=[f"orchestrate resume    mends what it left and starts {hop.target.version} again"],
            )  # fmt: skip
        if monotonic() - began >= timeout:
            if hop.rules.migrates:
                break
            ctx.remember(mark=None)
            raise WorkflowError(
                f"cannot start {hop.target.version}: the application did not answer within {timeout:.0f} s",
                key="start-timeout", command="emm.sh start   (its exit code is always 0)", detail=telling_lines(log),
                next=[f"orchestrate resume    starts {hop.target.version} again"],
            )  # fmt: skip
        ctx.report(_progress(hop, monotonic() - begun, log))
        application.wait(POLL)
    return mark


def _progress(hop: Hop, seconds: float, log: str) -> str:
    """How long the start has taken, and what its log says last."""
    lines = [line for line in log.splitlines() if line.strip() and not line.startswith("\tat ")]
    last = LOGGER.sub("", lines[-1])[:SHOWN] if lines else "nothing in the log yet"
    return f"starting {hop.target.version}, {seconds:.0f} s: {last}"


def start_if_ended(ctx: Context, hop: Hop, timeout: float) -> None:
    """Start the frontend once more where it ended since its start was proven: no boot starts it in the middle of a run.

    Raises:
        WorkflowError: as `start_and_wait`.
    """
    if not ctx.host.application.state().frontend:
        ctx.note(f"{hop.target.version} had ended since its start was proven; it is started again")
        start_and_wait(ctx, hop, timeout)


@dataclass(frozen=True)
class StartFrontend(HopStep):
    """Start the frontend of the new version; its start-up migrates the database."""

    hop: Hop
    timeout: float
    brings_back: tuple[str, ...] = ()  # copies, oldest first, of folders that starts have deleted since this version ran
    part: ClassVar[str] = START

    def prepare(self, ctx: Context) -> Facts:
        """The configuration values that the database holds before the start: a real one wins over the file's (facts 17.3).

        And the folders that the home lacks, of those to be brought back.
        """
        seen: dict[str, Any] = {"lacking": list(ctx.host.home.lacking_folders(self.brings_back))} if self.brings_back else {}
        if "config-values" in self.hop.rules.migrates:
            config = ctx.host.database.config()
            seen["config"] = {key: [v for _, v in rows if v and MARKER not in v] for key, rows in config.items()}
        return seen

    def do(self, ctx: Context) -> Done:
        """Mend what an earlier, killed start left, then start; what the start deletes is kept aside before."""
        if self.brings_back and (folders := ctx.host.home.put_back_folders(self.brings_back)):
            ctx.note("folders that a newer release deleted are back", folders=list(folders))
        if self.hop.rules.deletes and self.hop.source != self.hop.target.version:
            ctx.host.home.keep_folders(self.hop.rules.deletes, self._kept(ctx))
        notes = [] if ctx.host.application.state().frontend else repair_damage(ctx, self.hop)
        start_and_wait(ctx, self.hop, self.timeout)
        note = LedgerNote("application-started", "frontend", self.hop.source, self.hop.target.version)
        return Done(f"{self.hop.target.version} started", ledger=[*notes, note])

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Stop all that runs, bring back what the start deleted, and take away again what was brought back for it."""
        stop_all(ctx)
        home = ctx.host.home
        if folders := home.put_back_folders([self._kept(ctx)]):
            ctx.note("folders that the start deleted are back", folders=list(folders))
        if (lacked := ctx.intent.get("lacking")) and (left := set(lacked) - {*home.take_away_folders(lacked, self.brings_back)}):
            ctx.note("folders that were brought back stay: they were changed since, or are gone", folders=sorted(left))
        return ()

    def _kept(self, ctx: Context) -> str:
        return f"{ctx.run}-{self.hop.prefix}"


@dataclass(frozen=True)
class StartBackend(HopStep):
    """Let mail flow again, from the version that was proven; only where it flowed before the run."""

    hop: Hop
    part: ClassVar[str] = BACKEND
    label: ClassVar[str] = "start backend"

    def do(self, ctx: Context) -> Done:
        """Start the backend services and see them run.

        Raises:
            WorkflowError: "backend-not-running".
        """
        application = ctx.host.application
        if self.hop.final:
            application.release()
        if not application.state().frontend and ctx.intent_of(f"{self.hop.prefix}.{START}").get("mark"):
            ctx.note(f"{self.hop.target.version} had ended since it was proven; it is started again")
            application.start_frontend(telling(ctx, "starting the frontend"))
        if not self._flowed(ctx):
            return Done("left stopped, as it was before")
        if not application.state().backend or application.services_down():  # a start that was cut off leaves some
            application.start_backend(telling(ctx, "starting the backend"))
        down = application.services_down()
        if not application.state().backend or MAKE_MAIL & down.keys():
            raise WorkflowError(
                "cannot start the backend: its services do not run", key="backend-not-running", command="backend.sh start",
                detail=[f"{name}: {state}" for name, state in down.items()],
                next=["orchestrate doctor    what keeps them from running", "orchestrate resume    once that is gone"],
            )  # fmt: skip
        if down:
            ctx.note(f"not all services of the backend run: {', '.join(down)}", **down)
        return Done("backend services run")

    def _flowed(self, ctx: Context) -> bool:
        """Whether mail flowed before the run."""
        first = next(step for step in ("hop1.stop", f"{self.hop.prefix}.stop") if ctx.intent_of(step))
        return bool(ctx.intent_of(first).get("backend"))

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Stop all: what is taken back from here on must not be started by a boot either."""
        if self.hop.final:
            ctx.host.application.hold(ctx.run)
        stop_all(ctx)
        return ()
