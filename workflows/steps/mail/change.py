"""The switch of the mail server, while no mail flows: stop and disable the old, choose, write the maps, start the new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workflows.host.files import KeptFile
from workflows.model.errors import WorkflowError
from workflows.model.step import Context, Done, Facts, LedgerNote, Outcome, Probe, StepDefaults
from workflows.rules.mta import Leftovers, MtaPlan
from workflows.steps.application.stop import keep_stopped
from workflows.steps.mail.begin import before, restore_alternative, restore_units
from workflows.steps.mail.queue import come_to_rest, hand_over, shut

PORT = 25
GREETING_SECONDS = 30.0
STEADY_SECONDS = 1.0  # a server that ends at once has ended by then


@dataclass(frozen=True)
class StopOldServer(StepDefaults):
    """Stop the old server and keep it from starting at boot: with both enabled, config.sh takes Sendmail (facts 12)."""

    plan: MtaPlan
    name: str = "mta.stop-old"
    title: str = "stop the old server"

    def probe(self, ctx: Context) -> Probe:
        """Complete when nothing of it runs or is enabled; its queue is looked at again in any case."""
        del ctx
        return Probe.PARTIAL

    def do(self, ctx: Context) -> Outcome:
        """Stop it with an empty queue. Mail that came in since the gate: it serves on, and the gate is shut again."""
        mail = ctx.host.mail
        old = mail.server(self.plan.old)
        if old.processes() and (waiting := shut(ctx, old, self.plan)) is not None:
            return waiting
        down = ctx.intent.get("down") or ctx.host.system.now().isoformat()
        ctx.remember(down=down)
        come_to_rest(ctx, old)
        try:
            old.stop()
        except WorkflowError:
            old.put_back()
            raise
        if self.plan.leftovers is Leftovers.WAIT:
            old.put_back()
            if (waiting := shut(ctx, old, self.plan)) is not None:
                restore_units(ctx.host.units, old, before(ctx)["units"])
                return waiting
        for unit in (*old.units, *mail.server(self.plan.new).units):  # the new one starts when the queue is handed over
            if ctx.host.units.state(unit).enabled:
                ctx.host.units.disable(unit)
        return Done(f"{old.mta.label} stopped and disabled", {"down": down})

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Enabled and running as before, with what was taken out of its queue."""
        mail = ctx.host.mail
        mail.server(self.plan.old).put_back()
        seen: dict[str, list[bool]] = before(ctx)["units"]
        restore_units(ctx.host.units, mail.server(self.plan.new), {unit: [state[0], False] for unit, state in seen.items()})
        restore_units(ctx.host.units, mail.server(self.plan.old), seen)
        return ()


@dataclass(frozen=True)
class ChooseMailServer(StepDefaults):
    """Let alternatives, and system.cfg where it names a mail server, lead to the new one."""

    plan: MtaPlan
    name: str = "mta.choose"
    title: str = "set alternatives"

    def prepare(self, ctx: Context) -> Facts:
        """System.cfg as it is."""
        mail = ctx.host.mail
        path = mail.preference()
        return {"files": [file.as_json() for file in ctx.host.register.keep([path])] if path else []}

    def do(self, ctx: Context) -> Done:
        """Both; a host without alternatives for its mail server has its choice in the enabled unit alone."""
        mail = ctx.host.mail
        new = mail.server(self.plan.new)
        told = []
        if mail.alternatives.current().registered:
            mail.alternatives.set(new.program)
            told.append(f"alternatives lead to {new.program}")
        if file := mail.prefer(self.plan.new):
            told.append(f"{file} says {self.plan.target}")
        return Done("; ".join(told) or "this host has no alternatives")

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Both as before."""
        mail = ctx.host.mail
        restore_alternative(mail, before(ctx)["alternative"])
        ctx.host.register.restore([KeptFile(**file) for file in ctx.intent["files"]])
        return ()


@dataclass(frozen=True)
class WriteMaps(StepDefaults):
    """Relay the mailloop domains that the old server relayed; the start of OpenEMM writes these files anew (facts 12)."""

    plan: MtaPlan
    name: str = "mta.maps"
    title: str = "write relay and transport maps"

    def do(self, ctx: Context) -> Done:
        """What stands in the maps already stays; undo is that of the configuration, which keeps these files too."""
        domains = before(ctx)["domains"]
        ctx.host.mail.server(self.plan.new).write_maps(domains)
        return Done(", ".join(domains) if domains else "no mailloop domain is known")


@dataclass(frozen=True)
class StartNewServer(StepDefaults):
    """Enable and start the new server, and hear it greet on port 25."""

    plan: MtaPlan
    name: str = "mta.start-new"
    title: str = "start the new server"

    def do(self, ctx: Context) -> Done:
        """Start, hear the greeting, and see that it is still there a moment later.

        Raises:
            WorkflowError: "mta-died" or "mta-silent".
        """
        mail = ctx.host.mail
        new = mail.server(self.plan.new)
        self._old_stands(ctx)
        new.start()
        greeting = self._greeting(ctx)
        up = ctx.host.system.now()
        ctx.host.application.wait(STEADY_SECONDS)
        if greeting is None or not new.processes() or ctx.host.network.greeting(PORT, GREETING_SECONDS) is None:
            died = not new.processes()
            raise WorkflowError(
                f"{new.mta.label} {'ended after its start' if died else f'does not answer on port {PORT}'}",
                key="mta-died" if died else "mta-silent",
                next=[f"journalctl -u {new.units[0]}    why", "orchestrate resume    once it is mended",
                      "orchestrate abort    back to the old server, with all mails"],
            )  # fmt: skip
        down = ctx.facts_of("mta.stop-old").get("down")
        seconds = (up - datetime.fromisoformat(down)).total_seconds() if down else None
        silent = f", port {PORT} was silent for {seconds:.1f} s" if seconds is not None else ""
        return Done(f"{new.mta.label} answers{silent}", {"greeting": greeting, "silent": seconds})

    def _old_stands(self, ctx: Context) -> None:
        """A boot since its stop starts OpenEMM, and that the server it knows (facts 12): stopped again, with what it got."""
        keep_stopped(ctx)
        old = ctx.host.mail.server(self.plan.old)
        if old.processes():
            come_to_rest(ctx, old)
            old.stop()
            if self.plan.leftovers is Leftovers.REQUEUE:
                hand_over(ctx, old, ctx.host.mail.server(self.plan.new))
            else:
                old.put_back()

    def _greeting(self, ctx: Context) -> str | None:
        mail = ctx.host.mail
        new = mail.server(self.plan.new)
        deadline = ctx.host.system.now().timestamp() + GREETING_SECONDS
        while (greeting := ctx.host.network.greeting(PORT, GREETING_SECONDS)) is None:
            if ctx.host.system.now().timestamp() >= deadline or not new.processes():
                return None
            ctx.host.application.wait(0.2)
        return greeting

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Stop it, and let it start at boot only if it did before."""
        mail = ctx.host.mail
        new = mail.server(self.plan.new)
        come_to_rest(ctx, new)
        new.stop()
        restore_units(ctx.host.units, new, {unit: [state[0], False] for unit, state in before(ctx)["units"].items()})
        return ()
