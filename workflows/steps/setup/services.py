"""The first start of what was installed: nothing starts it before it is proven, and from then on it runs at every boot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.errors import WorkflowError
from workflows.plan import Hop
from workflows.step import Context, Done, LedgerNote
from workflows.steps.hop import HopStep
from workflows.steps.stop import stop_all


@dataclass(frozen=True)
class HoldServices(HopStep):
    """Keep a boot from starting what is not proven yet."""

    hop: Hop
    part: ClassVar[str] = "hold"

    def do(self, ctx: Context) -> Done:
        """Hold, and stop what runs: a half-configured earlier attempt may."""
        ctx.host.application.hold(ctx.run, to_come=True)
        return Done("stopped what ran" if stop_all(ctx) else "held")

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Let go."""
        ctx.host.application.release()
        return ()


@dataclass(frozen=True)
class StartServices(HopStep):
    """Start the backend beside the frontend that was proven: mail may flow."""

    hop: Hop
    part: ClassVar[str] = "backend"
    label: ClassVar[str] = "start backend"

    def do(self, ctx: Context) -> Done:
        """Start, and see it run.

        Raises:
            WorkflowError: "backend-not-running".
        """
        application = ctx.host.application
        application.release()
        if not application.state().frontend:
            application.start_frontend()  # proven, and ended by a reboot since
        if not application.state().backend:
            application.start_backend()
        if not application.state().backend:
            raise WorkflowError(
                "cannot start the backend: its services do not run", key="backend-not-running", command="backend.sh start"
            )
        return Done("backend services run")

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Stop all."""
        ctx.host.application.hold(ctx.run)
        stop_all(ctx)
        return ()
