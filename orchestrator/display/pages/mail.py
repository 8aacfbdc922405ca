"""The mail servers and their queues."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator.display.pages.layout import paragraph, table
from orchestrator.display.words import age, moment, number, size
from workflows.model.answers import Mta
from workflows.rules.mta import Leftovers

if TYPE_CHECKING:
    from orchestrator.views.mail import MtaQueue, MtaStatus, ServerSeen
    from workflows.rules.mta import MtaPlan

LEFT = {
    Leftovers.WAIT: "waits until it is empty",
    Leftovers.REQUEUE: "what is left is handed to the new server",
    Leftovers.DISCARD: "what is left is archived and removed",
}


def plan_lines(name: str, plan: MtaPlan) -> list[str]:
    """What a switch will do."""
    page = [f"switch the mail server of {name} from {plan.old.label} to {plan.new.label}"]
    page += paragraph(f"packages: {', '.join(plan.packages) if plan.packages else 'installed'}", 2)
    page += paragraph(f"queue of {plan.old.label}: {LEFT[plan.leftovers]}{', pushed meanwhile' if plan.flush else ''}", 2)
    page += paragraph("down: OpenEMM and port 25, from the stop until the new server is proven", 2)
    return page


def status_lines(status: MtaStatus) -> list[str]:
    """What is active and why, then each server with its queues."""
    why = [(f"by {status.source}", status.why)]
    if status.application_sees is not None and status.application_sees != status.active:
        why.append(("but", f"scripts/config.sh says {status.application_sees}"))
    why += [("contradiction", against) for against in status.contradictions]
    page = [f"{Mta(status.active).label} is what OpenEMM uses", *table(why), ""]
    page += [*table([("source", "says", "seen"), *((c.source, c.says or "-", c.detail) for c in status.clues)]), ""]
    servers = [(s.mta, s.version or "not installed", _runs(s), _queue(s, status.now)) for s in status.servers]
    page += table([("server", "version", "process", "queue"), *servers])
    queues = [
        (f"{server.mta} {q.queue}", str(q.mails), size(q.bytes), age((status.now - q.oldest).total_seconds()))
        for server in status.servers for q in server.queues or ()
    ]  # fmt: skip
    if queues:
        page += ["", *table([("queue", "mails", "size", "oldest"), *queues], right=(1, 2))]
    last = "none is remembered"
    if switch := status.last_switch:
        last = f"{switch.from_} -> {switch.to}, {moment(switch.time)} UTC, run {switch.run}"
    return [*page, "", *table([("last switch", last)])]


def _runs(server: ServerSeen) -> str:
    return str(server.processes[0]) if server.processes else "-"


def _queue(server: ServerSeen, now: datetime) -> str:
    if server.queues is None:
        return f"not known: {server.problem}"
    if not server.queues:
        return "empty"
    oldest = min(queue.oldest for queue in server.queues)
    mails = number(sum(queue.mails for queue in server.queues), "mail")
    return f"{mails}, the oldest for {age((now - oldest).total_seconds())}"


def queue_lines(queue: MtaQueue, limit: int) -> list[str]:
    """Four tables."""
    if not queue.mails:
        return ["the queues are empty"]
    oldest = age((queue.now - queue.mails[0].arrived).total_seconds())
    page = [f"{number(len(queue.mails), 'mail')} in the queues, the oldest for {oldest}"]
    by_queue = dict(sorted(Counter(f"{mail.mta} {mail.queue}" for mail in queue.mails).items()))
    for title, groups in (
        ("queue", by_queue), ("age", queue.by_age), ("sender domain", queue.by_sender_domain), ("reason", queue.by_reason),
    ):  # fmt: skip
        rows = [("mails", title), *((str(count), name) for name, count in list(groups.items())[:limit])]
        page += ["", *table(rows, right=(0,))]
        if len(groups) > limit:
            page.append(f"  and {len(groups) - limit} more; --limit shows them")
    return page
