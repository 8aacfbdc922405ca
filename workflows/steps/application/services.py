"""The first start of what was installed: nothing starts it before it is proven, and from then on it runs at every boot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.model.plans import Hop
from workflows.model.step import Context, Done, LedgerNote
from workflows.steps.application.start import StartBackend
from workflows.steps.application.stop import stop_all
from workflows.steps.hop import HopStep


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
class StartServices(StartBackend):
    """Start the backend beside the frontend that was proven: mail may flow."""

    def _flowed(self, ctx: Context) -> bool:
        """Mail flows from now on: nothing ran before."""
        del ctx
        return True
