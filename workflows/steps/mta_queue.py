"""The queue of the old mail server: waited for, handed over, or archived. Nothing in it is lost or sent twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows.errors import WorkflowError
from workflows.mta import PROOF_ID, Leftovers, MtaPlan
from workflows.mta_host import MailServer, QueuedMail
from workflows.step import Context, Done, LedgerNote, Outcome, Probe, StepDefaults, Waiting
from workflows.steps.mta_begin import mail_of

AGAIN = 5.0  # seconds
FLUSH_AGAIN = 60.0  # seconds
LONG = 5400.0  # seconds; told in hours from here on
BATCH = 50  # mails handed over between two commits of the journal


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
    now = ctx.host.machine.now()
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
        server = mail_of(ctx).server(self.plan.old)
        if self.plan.flush:
            self._push(ctx, server)
        if (waiting := shut(ctx, server, self.plan)) is not None:
            return waiting
        left = sizes(server.queue())
        return Done(f"{sum(left.values())} mails to {self.plan.leftovers}" if left else "the queue is empty", {"queues": left})

    def _push(self, ctx: Context, server: MailServer) -> None:
        now = ctx.host.machine.now()
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
        """As the plan says; may be run again after having been cut off anywhere."""
        mail = mail_of(ctx)
        old, new = mail.server(self.plan.old), mail.server(self.plan.new)
        if self.plan.leftovers is Leftovers.DISCARD:
            count = self._discard(ctx, old)
            note = LedgerNote("queue-archived", "mta", evidence={"mails": count, "folder": mail.archive.folder(ctx.run)})
            return Done(f"{count} mails archived in {mail.archive.folder(ctx.run)}", {"archived": count}, [note] if count else [])
        if self.plan.leftovers is Leftovers.REQUEUE:
            count = hand_over(ctx, old, new, "moving")
            held = sum(1 for left in old.queue() if left.held)
            note = LedgerNote("queue-handed-over", "mta", old.mta.value, new.mta.value, {"mails": count, "held": held})
            more = f"; {held} held ones stay held in {old.mta.label}'s queue" if held else ""
            return Done(f"{count} mails handed over{more}", {"handed_over": count, "held": held}, [note] if count else [])
        return Done("was empty")

    def _discard(self, ctx: Context, old: MailServer) -> int:
        archive = mail_of(ctx).archive
        mails = old.queue()
        for number, mail in enumerate(mails, start=1):
            archive.write(ctx.run, mail, old.content(mail), old.queue_files(mail))
            old.remove([mail])
            ctx.report("archiving", number, len(mails))
        return archive.count(ctx.run)

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """What the new server has not sent yet goes back to the old one; what was archived goes back into the queue."""
        mail = mail_of(ctx)
        old, new = mail.server(self.plan.old), mail.server(self.plan.new)
        notes = []
        if (cut := ctx.intent.get("moving")) and cut["ids"]:
            _take_back(ctx, old, new, cut)
        for proof in (left for left in new.queue() if (left.message_id or "").endswith(f"{PROOF_ID}>")):
            new.remove([proof])
        if count := hand_over(ctx, new, old, "moving_back"):
            notes.append(LedgerNote("queue-handed-over", "mta", new.mta.value, old.mta.value, {"mails": count}))
        if count := mail.archive.put_back(ctx.run):
            notes.append(LedgerNote("queue-restored", "mta", evidence={"mails": count}))
        return notes


def hand_over(ctx: Context, source: MailServer, target: MailServer, journal: str) -> int:
    """Move every mail that is not held from one server's queue to the other's; how many.

    A batch is journaled before it is injected, with the number of mails like each that the target held before: after a cut
    the difference says which of the batch arrived. Only when all have arrived, compared by sender, recipients, Message-ID and
    digest of the body, they are removed from the source.

    Raises:
        WorkflowError: "requeue-differs" when a mail is another in the target's queue; it stays in the source's alone.
    """
    moved = 0
    if (cut := ctx.intent.get(journal)) and cut["ids"]:
        moved += _settle(ctx, source, target, journal, cut)
    todo = [mail for mail in source.queue() if not mail.held]
    total = len(todo)
    while todo:
        known = target.queue()
        arrived = {mail.id for mail in known}
        for at in range(0, len(todo), BATCH):
            batch = todo[at : at + BATCH]
            like = Counter(_key(mail) for mail in known)
            ctx.remember(**{journal: {"ids": [mail.id for mail in batch], "before": {_key(m): like[_key(m)] for m in batch}}})
            known = [*known, *_inject(source, target, batch, arrived)]
            _remove(ctx, source, journal, batch)
            moved += len(batch)
            ctx.report("handing over", moved, total)
        todo = [mail for mail in source.queue() if not mail.held]  # what somebody put there meanwhile
    return moved


def _settle(ctx: Context, source: MailServer, target: MailServer, journal: str, cut: dict[str, Any]) -> int:
    """Bring a batch that was cut off to its end; how many of it were moved."""
    left = [mail for mail in source.queue() if mail.id in cut["ids"]]
    present = target.queue()
    like = Counter(_key(mail) for mail in present)
    unsent: list[QueuedMail] = []
    taken: Counter[str] = Counter()
    for mail in left:
        key = _key(mail)
        taken[key] += 1
        if taken[key] > like[key] - cut["before"][key]:
            unsent.append(mail)
    _inject(source, target, unsent, {mail.id for mail in present})
    _remove(ctx, source, journal, left)
    return len(cut["ids"])


def _take_back(ctx: Context, source: MailServer, target: MailServer, cut: dict[str, Any]) -> None:
    """Remove from the target what arrived there of a batch whose mails are still in the source too."""
    present = list(target.queue())
    like = Counter(_key(mail) for mail in present)
    for mail in (left for left in source.queue() if left.id in cut["ids"]):
        key = _key(mail)
        if like[key] > cut["before"][key]:
            like[key] -= 1
            twin = next(other for other in reversed(present) if _key(other) == key)
            present.remove(twin)
            target.remove([twin])
    ctx.remember(moving={"ids": [], "before": {}})


def _inject(source: MailServer, target: MailServer, batch: Sequence[QueuedMail], arrived: set[str]) -> Sequence[QueuedMail]:
    """Put the mails into the target's queue and see that they are the same there; `arrived` grows by their ids."""
    for mail in batch:
        target.inject(mail, source.content(mail))
    new = list(target.queue(skip=arrived))
    expected = Counter(_key(mail) for mail in batch)
    missing = expected - Counter(_key(mail) for mail in new)
    if missing:
        message_ids = {mail.message_id for mail in batch if _key(mail) in missing}
        wrong = [mail for mail in new if _key(mail) not in expected and mail.message_id in message_ids]
        target.remove(wrong)
        first = next(mail for mail in batch if _key(mail) in missing)
        raise WorkflowError(
            f"cannot hand mail {first.id} over: it is not the same in {target.mta.label}'s queue", key="requeue-differs",
            detail=[f"from {first.sender or '<>'} to {', '.join(first.recipients[:5])}",
                    *(f"arrived from {m.sender or '<>'} to {', '.join(m.recipients[:5])}, body {m.body[:12]}" for m in wrong)],
            unharmed=[f"the mail: it stays in {source.mta.label}'s queue"],
            next=["orchestrate mta queue    what is left", "orchestrate abort    take the switch back"],
        )  # fmt: skip
    arrived |= {mail.id for mail in new}
    return new


def _remove(ctx: Context, source: MailServer, journal: str, batch: Sequence[QueuedMail]) -> None:
    source.remove(batch)
    ctx.remember(**{journal: {"ids": [], "before": {}}})


def _key(mail: QueuedMail) -> str:
    return hashlib.sha256(repr(mail.fingerprint).encode("utf-8", "surrogateescape")).hexdigest()[:32]
