"""The stop: the restore point of a hop is taken behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host.application import AppState, Tell
from workflows.model.errors import RefusedError
from workflows.model.parts import STOP
from workflows.model.plans import Hop
from workflows.model.step import Context, Done, Facts, LedgerNote
from workflows.rules.by_hand import name_one, raise_limit
from workflows.steps.hop import HopStep


def telling(ctx: Context, what: str) -> Tell:
    """Tell how long it has taken, and what its script said last."""
    return lambda seconds, said: ctx.report(f"{what}, {seconds:.0f} s{f': {said[:60]}' if said else ''}")


def stop_all(ctx: Context) -> bool:
    """Stop what runs, frontend first, as openemm.sh does (facts 11), and let the service manager know; whether anything ran.

    The backend is told to stop whatever was seen of it: a service may run that only its own script knows (facts 24.1).
    """
    application = ctx.host.application
    state = application.state()
    if state.frontend:
        application.stop_frontend(telling(ctx, "stopping the frontend"))
    application.stop_backend(telling(ctx, "stopping the backend"))
    if state.unit:
        application.stop_unit()
    return state.frontend or state.backend


def keep_stopped(ctx: Context) -> bool:
    """Stop again what was started since the hop's stop, by a boot or by hand; whether anything ran.

    A step between stop and start calls it before it acts: a host whose service manager we cannot hold starts OpenEMM when it
    boots (guide 9.1).
    """
    if ctx.host.application.state() == AppState(frontend=False, backend=False):
        return False
    ran = stop_all(ctx)
    if ran:
        ctx.note("the application had been started in between; it is stopped again")
    return ran


def require_open_files(ctx: Context) -> None:
    """See that what is about to be stopped could be started again.

    Raises:
        RefusedError: "open-files-too-few"; nothing was stopped.
    """
    files = ctx.host.application.open_files()
    if files.limit < files.wanted:
        raise RefusedError(
            f"cannot stop OpenEMM: {files.user} may have {files.limit} files open, and emm.sh wants {files.wanted}",
            key="open-files-too-few", unharmed=["nothing was stopped"],
            next=[raise_limit(files), "orchestrate resume    once that is set"],
        )  # fmt: skip


def log_mark_of(ctx: Context) -> list[int]:
    """The end of the application's log now: it only grows while the application runs."""
    mark = ctx.host.application.log_mark()
    return [mark.inode, mark.size]


@dataclass(frozen=True)
class StopApplication(HopStep):
    """Stop frontend and backend, and see them gone.

    hold: whether no boot may start them before the run has; not where whatever is active may run at any time.
    """

    hop: Hop
    hold: bool = True
    part: ClassVar[str] = STOP

    def prepare(self, ctx: Context) -> Facts:
        """What ran before."""
        state = ctx.host.application.state()
        return {"frontend": state.frontend, "backend": state.backend}

    def do(self, ctx: Context) -> Done:
        """Keep the service manager from starting it again, then stop what runs; nothing that could not be started again.

        Raises:
            RefusedError: "open-files-too-few", or "dbcfg-differs": what would be started could not be proven. Nothing was
                stopped.
        """
        require_open_files(ctx)
        _require_one_database(ctx)
        if self.hold:
            ctx.host.application.hold(ctx.run)
        stop_all(ctx)
        ran = [part for part in ("frontend", "backend") if ctx.intent.get(part)]
        return Done(f"{' and '.join(ran)} stopped" if ran else "nothing ran", {"log": log_mark_of(ctx)})

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Start what ran before the run; what a later hop stopped is an intermediate version that nobody needs back.

        A stop that was cut short may have left some services: then all are started.
        """
        if self.hop.number > 1:
            return ()
        application = ctx.host.application
        application.release()
        state = application.state()
        if ctx.intent.get("frontend") and not state.frontend:
            application.start_frontend(telling(ctx, "starting the frontend"))
        if ctx.intent.get("backend") and (not state.backend or application.services_down()):
            application.start_backend(telling(ctx, "starting the backend"))
        return ()


def _require_one_database(ctx: Context) -> None:
    if (other := ctx.host.database.other_database()) is not None:
        raise RefusedError(
            f"the application is connected to another database than all others: {other.said}",
            key="dbcfg-differs", unharmed=["what runs: nothing was stopped"],
            next=[name_one(other, ctx.host.home_path), "orchestrate resume    once dbcfg names one database"],
        )  # fmt: skip
