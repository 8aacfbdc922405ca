"""The gate before a stop: mail is what matters (DESIGN 3.12, facts 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workflows.host.database import Dispatch
from workflows.model.plans import GateOptions, Hop
from workflows.model.step import Context, Done, LedgerNote, Outcome, Probe, Waiting
from workflows.rules.window import HORIZON, inside
from workflows.steps.hop import HopStep

AGAIN = 5.0
SAFE_ON_DISK = "planned"


@dataclass(frozen=True)
class WaitForDispatch(HopStep):
    """Let nothing be stopped while mail is being made or sent, or outside the maintenance window.

    A later hop finds mail already down: it waits only for what really runs, never for a window or for what is planned.
    """

    hop: Hop
    gate: GateOptions
    part: ClassVar[str] = "wait-for-dispatch"
    label: ClassVar[str] = "wait for dispatch"

    def probe(self, ctx: Context) -> Probe:
        """A gate is asked anew."""
        del ctx
        return Probe.NOT_STARTED

    def do(self, ctx: Context) -> Outcome:
        """Done when nothing is being sent; else what is waited for."""
        first = self.hop.number <= 1
        window = self.gate.window
        if first and window and not inside(window, ctx.host.system.local_time()):
            return Waiting(f"the maintenance window {window}", {"window": window}, AGAIN)
        active = self._active(ctx, planned=first)
        if not active:
            return Done("no mail is being sent")
        facts = {"dispatches": [dispatch.what for dispatch in active]}
        if self.gate.ignore_dispatch:
            note = LedgerNote("dispatch-ignored", "dispatch", evidence=facts)
            return Done(f"{len(active)} dispatches ignored as told", facts, [note])
        more = f", and {len(active) - 1} more" if len(active) > 1 else ""
        return Waiting(f"{active[0].what}{more}", facts, AGAIN)

    def _active(self, ctx: Context, *, planned: bool) -> list[Dispatch]:
        found = [*ctx.host.database.dispatches(HORIZON if planned else 0.0)]
        found += [dispatch for dispatch in ctx.host.application.pending_mail() if dispatch.key != SAFE_ON_DISK]
        return [dispatch for dispatch in found if planned or dispatch.key != SAFE_ON_DISK]
