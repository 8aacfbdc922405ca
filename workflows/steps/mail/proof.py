"""The proof that the new mail server is the one OpenEMM uses and that it takes and delivers mail; and the end of the run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from workflows.model.errors import WorkflowError
from workflows.model.parts import STOP
from workflows.model.plans import Hop
from workflows.model.step import Context, Done, LedgerNote, StepDefaults
from workflows.rules.mta import MtaPlan, decide
from workflows.steps.application.migrate import ProveMigrations
from workflows.steps.application.start import StartFrontend
from workflows.steps.mail.begin import before
from workflows.steps.mail.change import PORT

DELIVERY_SECONDS = 30.0
MILTER_SECONDS = 60.0
PROBE = "orchestrate-proof"
WAYS_ON = ("tail /var/log/maillog    what it says", "orchestrate resume    once it is mended",
           "orchestrate abort    back to the old server, with all mails")  # fmt: skip


class _IfItRan:
    """A step about the frontend, skipped when that did not run before this run stopped it."""

    hop: Hop

    def wanted(self, ctx: Context) -> bool:
        """Whether the frontend ran."""
        return bool(ctx.intent_of(f"{self.hop.prefix}.{STOP}").get("frontend"))


@dataclass(frozen=True)
class StartFrontendAgain(_IfItRan, StartFrontend):
    """Start the frontend as it was, on the new mail server."""


@dataclass(frozen=True)
class ProveMigrationsAgain(_IfItRan, ProveMigrations):
    """The frontend is the one that ran before."""


def require_chosen(ctx: Context, plan: MtaPlan) -> str:
    """How the application sees that the new server is the one; asked of scripts/config.sh where the backend has one.

    Raises:
        WorkflowError: "mta-not-chosen".
    """
    mail = ctx.host.mail
    decision = decide(mail.clues())
    seen = mail.application_sees()
    if decision.mta is not plan.new or (seen is not None and seen != plan.target):
        raise WorkflowError(
            f"the application would still use {seen or decision.mta.value}", key="mta-not-chosen",
            detail=[f"{clue.source.value}: {clue.says or 'none'}   {clue.detail}" for clue in mail.clues()], next=WAYS_ON,
        )  # fmt: skip
    return f"$MTA is {seen}" if seen else f"$MTA will be {decision.mta.value} by {decision.source}"


@dataclass(frozen=True)
class ProveMail(StepDefaults):
    """Prove the new server before the application starts: chosen, one mail delivered here, one handed to the mailloop service."""

    plan: MtaPlan
    name: str = "mta.prove"
    title: str = "prove the new server"

    def do(self, ctx: Context) -> Done:
        """The mails go past port 25, which asks the bounce filter, now down, and puts everything off.

        Raises:
            WorkflowError: "mta-not-chosen", "mail-not-delivered" or "mailloop-not-reached".
        """
        mail = ctx.host.mail
        told = [require_chosen(ctx, self.plan)]
        self._deliver(ctx, mail.own_mailbox(), "mail-not-delivered", "a test mail was not delivered on this host")
        told.append("a test mail was delivered")
        domains = before(ctx)["domains"]
        if domains:
            address = f"{PROBE}@{domains[0]}"
            self._deliver(ctx, address, "mailloop-not-reached", f"a mail to {address} did not reach the mailloop service")
            told.append("the mailloop service took one")
        else:
            ctx.note("not proven: no mailloop domain is known, so none was tried")
        return Done("; ".join(told))

    def _deliver(self, ctx: Context, recipient: str, key: str, what: str) -> None:
        mail = ctx.host.mail
        token = hashlib.sha256(f"{ctx.run} {ctx.attempt} {recipient}".encode()).hexdigest()[:24]
        mail.submit(self.plan.new, recipient, token)
        outcome, how = mail.delivered(token, DELIVERY_SECONDS)
        if outcome != "sent":
            raise WorkflowError(f"{what}: {outcome}", key=key, detail=[how], next=WAYS_ON)


@dataclass(frozen=True)
class VerifyMail(StepDefaults):
    """With the application up: still chosen, and port 25 takes mail for the mailloop domain through the bounce filter."""

    plan: MtaPlan
    name: str = "mta.verify"
    title: str = "verify"

    def do(self, ctx: Context) -> Done:
        """What worked before must work again.

        Raises:
            WorkflowError: "mta-not-chosen", "mta-died", "milter-missing" or "mailloop-refused".
        """
        mail = ctx.host.mail
        new = mail.server(self.plan.new)
        told = [require_chosen(ctx, self.plan)]
        if not new.processes():
            raise WorkflowError(f"{new.mta.label} ended", key="mta-died", next=WAYS_ON)
        if left := [one for one in mail.server(self.plan.old).queue() if not one.held]:
            ctx.note(f"{len(left)} mails came into {self.plan.old.label}'s queue after it was emptied; orchestrate mta queue")
        if before(ctx)["milter"]:
            self._await_milter(ctx)
        if mail.milter() and (domains := before(ctx)["domains"]):
            address = f"{PROBE}@{domains[0]}"
            if (refused := mail.accepts(PORT, address)) is not None:
                raise WorkflowError(
                    f"port {PORT} refuses mail to {address}", key="mailloop-refused", detail=[refused], next=WAYS_ON
                )
            told.append(f"port {PORT} takes mail to {domains[0]}")
        elif not mail.milter():
            ctx.note(f"not proven: the bounce filter is not there, as before; port {PORT} puts mail off until it is")
        return Done("; ".join(told))

    def _await_milter(self, ctx: Context) -> None:
        waited = 0.0
        while not ctx.host.mail.milter():
            if waited >= MILTER_SECONDS:
                raise WorkflowError(
                    "the bounce filter ran before and does not now: port 25 puts every mail off", key="milter-missing",
                    next=["orchestrate doctor    whether the backend runs, and its filter", *WAYS_ON[1:]],
                )  # fmt: skip
            ctx.host.application.wait(0.5)
            waited += 0.5


@dataclass(frozen=True)
class RecordMailSwitch(StepDefaults):
    """Write the switch to the ledger."""

    plan: MtaPlan
    name: str = "mta.record"
    title: str = "record"

    def do(self, ctx: Context) -> Done:
        """Both servers with their versions, what became of the queue, and how long port 25 was silent."""
        return Done("recorded", {"recorded": True}, [self._note(ctx, back=False)])

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """The ledger is never rewritten: the way back is an entry of its own."""
        return [self._note(ctx, back=True)] if ctx.facts_of(self.name) else ()

    def _note(self, ctx: Context, *, back: bool) -> LedgerNote:
        was = f"{self.plan.source} {before(ctx)['version'] or ''}".strip()
        now = f"{self.plan.target} {ctx.facts_of('mta.packages').get('version') or ''}".strip()
        evidence = {
            "silent": ctx.facts_of("mta.start-new").get("silent"),
            "queue": dict(ctx.facts_of("mta.move-queue")),
            "packages": list(ctx.intent_of("mta.packages").get("missing", ())),
        }
        source, target = (now, was) if back else (was, now)
        return LedgerNote("mta-switched", "mta", source, target, evidence)
