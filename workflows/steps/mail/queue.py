"""The queue of the old mail server: waited for, handed over, or archived. Nothing in it is lost or sent twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workflows.host.mail import MailServer, QueuedMail
from workflows.model.errors import WorkflowError
from workflows.model.step import Context, Done, LedgerNote, Outcome, Probe, StepDefaults, Waiting
from workflows.rules.mta import PROOF_ID, Leftovers, MtaPlan
from workflows.steps.application.stop import keep_stopped

AGAIN = 5.0  # seconds
FLUSH_AGAIN = 60.0  # seconds
LONG = 5400.0  # seconds; told in hours from here on
BATCH = 50  # mails handed over at a time
REST_SECONDS = 20.0
POLL = 0.1  # seconds


def sizes(mails: Sequence[QueuedMail]) -> dict[str, int]:
    """Mails by queue."""
    return dict(sorted(Counter(mail.queue for mail in mails).items()))


def told(server: MailServer, mails: Sequence[QueuedMail], now: datetime) -> str:
    """What is left and since when: "12 mails in Postfix's queue (deferred 10, hold 2), the oldest for 3 h"."""
    oldest = (now - min(mail.arrived for mail in mails)).total_seconds()
    span = f"{oldest / 3600:.0f} h" if oldest >= LONG else f"{oldest / 60:.0f} min"
    queues = ", ".join(f"{queue} {count}" for queue, count in sizes(mails).items())
    count = "1 mail" if len(mails) == 1 else f"{len(mails)} mails"
    held = "; held ones never leave by themselves" if any(mail.held for mail in mails) else ""
    return f"{count} in {server.mta.label}'s queue ({queues}), the oldest for {span}{held}"


def shut(ctx: Context, server: MailServer, plan: MtaPlan) -> Waiting | None:
    """Why the gate is shut: mails in the queue that nobody said what to do with."""
    if plan.leftovers is not Leftovers.WAIT:
        return None
    mails = server.queue()
    if not mails:
        return None
    now = ctx.host.system.now()
    facts = {"queues": sizes(mails), "oldest": min(mail.arrived for mail in mails).isoformat()}
    return Waiting(told(server, mails, now), facts, AGAIN)


@dataclass(frozen=True)
class DrainQueue(StepDefaults):
    """Wait, with the application up, until the old server's queue is empty."""

    plan: MtaPlan
    name: str = "mta.drain"
    title: str = "wait for the queue"

    def probe(self, ctx: Context) -> Probe:
        """A gate is asked anew."""
        del ctx
        return Probe.NOT_STARTED

    def do(self, ctx: Context) -> Outcome:
        """Open when the queue is empty, or when it was said what becomes of the rest; pushes the queue when told to."""
        server = ctx.host.mail.server(self.plan.old)
        if self.plan.flush:
            self._push(ctx, server)
        if (waiting := shut(ctx, server, self.plan)) is not None:
            return waiting
        left = sizes(server.queue())
        return Done(f"{sum(left.values())} mails to {self.plan.leftovers}" if left else "the queue is empty", {"queues": left})

    def _push(self, ctx: Context, server: MailServer) -> None:
        now = ctx.host.system.now()
        last = ctx.intent.get("flushed")
        if last is None or (now - datetime.fromisoformat(last)).total_seconds() >= FLUSH_AGAIN:
            ctx.remember(flushed=now.isoformat())
            if server.queue():
                server.flush()


@dataclass(frozen=True)
class MoveQueue(StepDefaults):
    """Hand what is left to the new server, or archive it. Both servers stand still, so that nothing moves by itself."""

    plan: MtaPlan
    name: str = "mta.move-queue"
    title: str = "empty the queue"

    def do(self, ctx: Context) -> Done:
        """As the plan says; may be run again after having been cut off anywhere, whatever a boot has started since."""
        mail = ctx.host.mail
        stand_still(ctx, self.plan)
        old, new = mail.server(self.plan.old), mail.server(self.plan.new)
        new.put_back()
        if self.plan.leftovers is Leftovers.DISCARD:
            count = self._discard(ctx, old)
            note = LedgerNote("queue-archived", "mta", evidence={"mails": count, "folder": mail.archive.folder(ctx.run)})
            return Done(f"{count} mails archived in {mail.archive.folder(ctx.run)}", {"archived": count}, [note] if count else [])
        if self.plan.leftovers is Leftovers.REQUEUE:
            count = hand_over(ctx, old, new)
            held = sum(1 for left in old.queue() if left.held)
            note = LedgerNote("queue-handed-over", "mta", old.mta.value, new.mta.value, {"mails": count, "held": held})
            more = f"; {held} held ones stay held in {old.mta.label}'s queue" if held else ""
            return Done(f"{count} mails handed over{more}", {"handed_over": count, "held": held}, [note] if count else [])
        old.put_back()
        return Done("was empty")

    def _discard(self, ctx: Context, old: MailServer) -> int:
        archive = ctx.host.mail.archive
        old.take(working=True)
        mails = [*old.taken(), *old.queue()]  # those that are held stay in the queue until they are archived
        for number, mail in enumerate(mails, start=1):
            archive.write(ctx.run, mail, old.content(mail), old.queue_files(mail))
            (old.remove if mail.held else old.drop)([mail])
            ctx.report("archiving", number, len(mails))
        return archive.count(ctx.run)

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """What the new server has not sent yet goes back to the old one; what was archived goes back into the queue."""
        mail = ctx.host.mail
        stand_still(ctx, self.plan)
        old, new = mail.server(self.plan.old), mail.server(self.plan.new)
        notes = []
        old.put_back()
        for proof in (left for left in new.queue() if (left.message_id or "").endswith(f"{PROOF_ID}>")):
            new.remove([proof])
        if count := hand_over(ctx, new, old):
            notes.append(LedgerNote("queue-handed-over", "mta", new.mta.value, old.mta.value, {"mails": count}))
        if count := mail.archive.put_back(ctx.run):
            notes.append(LedgerNote("queue-restored", "mta", evidence={"mails": count}))
        old.put_back()
        return notes


def come_to_rest(ctx: Context, server: MailServer) -> None:
    """Before a server is stopped: let it finish what it is sending, and give it nothing more.

    A server that is stopped while it sends a mail sends that mail again when it can, and so would the one it is handed to.
    What waits is taken out of its queue while it runs; what it has in hand is waited for, and taken too when that takes long.
    """
    if not server.processes():
        return
    busy = 0
    for working in (False, True):
        until = ctx.host.system.now().timestamp() + REST_SECONDS
        while True:
            server.take(working=working)
            if not (busy := server.busy()):
                return
            if ctx.host.system.now().timestamp() >= until:
                break
            ctx.report(f"{server.mta.label} is sending {busy} mails")
            ctx.host.application.wait(POLL)
    ctx.note(f"{server.mta.label} is stopped while it sends; what it was sending may be sent twice", mails=busy)


def stand_still(ctx: Context, plan: MtaPlan) -> None:
    """Stop OpenEMM and both servers where one runs: a boot starts OpenEMM, and OpenEMM's start the mail server (facts 12).

    What a cut left between the two queues is brought to its end; what was taken from a queue may still be out of it.
    """
    keep_stopped(ctx)
    old, new = (ctx.host.mail.server(mta) for mta in (plan.old, plan.new))
    for server in (old, new):
        if server.processes():
            come_to_rest(ctx, server)
            server.stop()
    settle(old, new)
    settle(new, old)


def hand_over(ctx: Context, source: MailServer, target: MailServer) -> int:
    """Move every mail that is not held from one server's queue to the other's; how many.

    A mail goes by renames: out of the source's queue to its stage, where no daemon finds it; made in the target's form in the
    target's stage, and compared by sender, recipients, Message-ID and digest of the body; then the taken one is removed for good,
    and only then the made one moved into the target's queue. So at any cut there is one mail that a daemon can find, or none
    and the stage tells which (`settle`), whatever a boot starts meanwhile.

    Raises:
        WorkflowError: "requeue-differs" when a mail would be another in the target's queue; it goes back to the source's.
    """
    moved = 0
    source.take(working=True)
    mails = source.taken()
    todo = [mail for mail in mails if mail.recipients]
    for at in range(0, len(todo), BATCH):
        batch = todo[at : at + BATCH]
        target.make((key_of(mail), mail, source.content(mail)) for mail in batch)
        _compare(source, target, batch)
        source.drop(batch)
        moved += target.publish()
        ctx.report("handing over", moved, len(todo))
    source.put_back()  # those that were sent to all, and wait for their sender to be told
    return moved


def settle(source: MailServer, target: MailServer) -> None:
    """Bring what a cut left in the target's stage to its end: made and still taken, forgotten; made and no more taken, queued."""
    target.unmake({key_of(mail) for mail in source.taken()} & set(target.made()))
    target.publish()


def key_of(mail: QueuedMail) -> str:
    """What a taken mail is called where it is made: 14 letters and digits, always the same."""
    return "0" + hashlib.sha256(mail.path.encode("utf-8", "surrogateescape")).hexdigest()[:13]


def _compare(source: MailServer, target: MailServer, batch: Sequence[QueuedMail]) -> None:
    """See that what was made of the mails is the same."""
    made = target.made()
    for mail in batch:
        other = made.get(key_of(mail))
        if other is None or other.fingerprint != mail.fingerprint:
            target.unmake(list(made))
            source.put_back()
            raise WorkflowError(
                f"cannot hand mail {mail.id} over: it is not the same in {target.mta.label}'s form", key="requeue-differs",
                detail=[f"{word} from {one.sender or '<>'} to {', '.join(one.recipients[:5])}, body {one.body[:12]}"
                        for word, one in (("is", mail), ("would be", other)) if one is not None],
                unharmed=[f"the mail: it stays in {source.mta.label}'s queue"],
                next=["orchestrate mta queue    what is left", "orchestrate abort    take the switch back"],
            )  # fmt: skip
