"""The switch of the mail server, while mail still flows: look, install, configure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflows.host.mail import Mail, MailServer
from workflows.host.units import Units
from workflows.model.answers import Mta
from workflows.model.errors import WorkflowError
from workflows.model.step import Context, Done, Facts, LedgerNote, StepDefaults
from workflows.rules.mta import MtaPlan, decide
from workflows.steps.kept import put_back

LOOK = "mta.look"


def before(ctx: Context) -> Facts:
    """What the first step saw."""
    return ctx.intent_of(LOOK)


def restore_alternative(mail: Mail, seen: Mapping[str, Any]) -> None:
    """Let alternatives lead where they led, by hand only if the priorities would choose another."""
    if not seen.get("target"):
        return
    if not seen["manual"] and mail.alternatives.current().manual:
        mail.alternatives.automatic()
    if mail.alternatives.current().target != seen["target"]:
        mail.alternatives.set(seen["target"])


def restore_units(units: Units, server: MailServer, seen: Mapping[str, Sequence[bool]]) -> None:
    """Enable or disable, and start, the units of a server as they stood."""
    for unit in server.units:
        was = seen.get(unit)
        now = units.state(unit)
        if was is None or not now.exists:
            continue
        if was[0] != now.enabled:
            (units.enable if was[0] else units.disable)(unit)
        if was[1] and not now.active:
            units.start(unit)


@dataclass(frozen=True)
class LookAtMail(StepDefaults):
    """See what is active, and remember what undo must bring back."""

    plan: MtaPlan
    name: str = LOOK
    title: str = "look at the mail servers"

    def prepare(self, ctx: Context) -> Facts:
        """Alternatives, units, the bounce filter, the domains of the mailloop service."""
        mail = ctx.host.mail
        alternative = mail.alternatives.current()
        states = {unit: ctx.host.units.state(unit) for mta in Mta for unit in mail.server(mta).units}
        domains = [domain for mta in Mta for domain in mail.server(mta).mailloop_domains()]
        return {
            "alternative": {"target": alternative.target, "manual": alternative.manual},
            "units": {unit: [state.enabled, state.active] for unit, state in states.items()},
            "milter": mail.milter(),
            "domains": sorted(set(domains)),
            "version": mail.server(self.plan.old).version(),
        }

    def do(self, ctx: Context) -> Done:
        """Nothing but told.

        Raises:
            WorkflowError: "mta-changed" when another server is active than when the plan was made.
        """
        decision = decide(ctx.host.mail.clues())
        if decision.mta is not self.plan.old:
            raise WorkflowError(
                f"{decision.mta.label} is active now, not {self.plan.old.label}: {decision.why}", key="mta-changed",
                next=["orchestrate mta status    what each source says", "orchestrate abort    and plan anew"],
            )  # fmt: skip
        return Done(f"{decision.mta.label} is active by {decision.source}")

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """The last word about alternatives, once added packages are gone, and about what runs: a boot may have changed it."""
        mail = ctx.host.mail
        restore_alternative(mail, ctx.intent["alternative"])
        restore_units(ctx.host.units, mail.server(self.plan.old), ctx.intent["units"])
        return ()


@dataclass(frozen=True)
class InstallMailServer(StepDefaults):
    """Install what the new server needs; the one in use stays the one in use."""

    plan: MtaPlan
    name: str = "mta.packages"
    title: str = "install packages"

    def prepare(self, ctx: Context) -> Facts:
        """What is not installed yet."""
        mail = ctx.host.mail
        wanted = mail.server(self.plan.new).packages
        there = ctx.host.os_packages.installed(wanted)
        return {"missing": [package for package in wanted if package not in there]}

    def do(self, ctx: Context) -> Done:
        """Install, then let alternatives lead where they led: a package may have a higher priority."""
        mail, new = ctx.host.mail, ctx.host.mail.server(self.plan.new)
        there = ctx.host.os_packages.installed(new.packages)
        if missing := [package for package in new.packages if package not in there]:
            ctx.host.os_packages.install(missing)
        if ctx.intent["missing"]:
            seen = before(ctx)["alternative"]
            if seen["target"] and mail.alternatives.current().target != seen["target"]:
                mail.alternatives.set(seen["target"])
            if any(ctx.host.units.state(unit).active and not before(ctx)["units"][unit][1] for unit in new.units):
                new.stop()
        added = ", ".join(ctx.intent["missing"])
        return Done(f"installed {added}" if added else "found installed", {"version": new.version()})

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Remove what was added; a package that something else needs by now stays, stopped and disabled."""
        mail = ctx.host.mail
        if added := list(ctx.host.os_packages.installed(ctx.intent["missing"])):
            restore_alternative(mail, before(ctx)["alternative"])
            try:
                ctx.host.os_packages.remove(added)
            except WorkflowError as error:
                ctx.note(f"left installed: {', '.join(added)}", why=error.message)
        return ()


@dataclass(frozen=True)
class WriteConfiguration(StepDefaults):
    """Write the configuration of the new server while the old one serves."""

    plan: MtaPlan
    name: str = "mta.configure"
    title: str = "write configuration"

    def prepare(self, ctx: Context) -> Facts:
        """Each file with digest, owner and mode; its content is kept aside."""
        mail = ctx.host.mail
        return {"files": [file.as_json() for file in ctx.host.register.keep(mail.server(self.plan.new).files())]}

    def do(self, ctx: Context) -> Done:
        """Nothing that an administrator set is lost: what differs is commented, and the kept files are as they were."""
        new = ctx.host.mail.server(self.plan.new)
        changes = list(new.configure(self.plan.name))
        written = [file.as_json() for file in ctx.host.register.keep(new.config_files())]
        ctx.remember(written=written)
        return Done(f"{len(changes)} settings changed" if changes else "was complete", {"changes": changes})

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Put the files back.

        Raises:
            WorkflowError: "file-changed" when somebody edited one since it was written.
        """
        put_back(ctx.host.register, ctx.intent)
        return ()
