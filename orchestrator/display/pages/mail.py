"""The mail servers and their queues."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestrator.display.pages.layout import paragraph, table
from orchestrator.display.words import age, iso, moment, number, size
from workflows.rules.mta import Leftovers

if TYPE_CHECKING:
    from orchestrator.plans.mail import MailStatus, ServerStatus
    from workflows.host.mail import Mta, QueuedMail
    from workflows.rules.mta import MtaPlan

NOTHING = {"changed": False, "downtime": None, "run": None}
DAYS = ((3600.0, "up to 1 hour"), (86400.0, "up to 1 day"), (432000.0, "up to 5 days"), (float("inf"), "more than 5 days"))
LEFT = {
    Leftovers.WAIT: "waits until it is empty",
    Leftovers.REQUEUE: "what is left is handed to the new server",
    Leftovers.DISCARD: "what is left is archived and removed",
}
Queued = Sequence[tuple["Mta", "QueuedMail"]]


def plan_lines(name: str, plan: MtaPlan) -> list[str]:
    """What a switch will do."""
    page = [f"switch the mail server of {name} from {plan.old.label} to {plan.new.label}"]
    page += paragraph(f"packages: {', '.join(plan.packages) if plan.packages else 'installed'}", 2)
    page += paragraph(f"queue of {plan.old.label}: {LEFT[plan.leftovers]}{', pushed meanwhile' if plan.flush else ''}", 2)
    page += paragraph("down: OpenEMM and port 25, from the stop until the new server is proven", 2)
    return page


def status_lines(status: MailStatus) -> list[str]:
    """What is active and why, then each server with its queues."""
    decision = status.decision
    why = [(f"by {decision.source}", decision.why)]
    if status.seen is not None and status.seen != decision.mta.value:
        why.append(("but", f"scripts/config.sh says {status.seen}"))
    why += [("contradiction", against) for against in decision.contradictions]
    page = [f"{decision.mta.label} is what OpenEMM uses", *table(why), ""]
    page += [*table([("source", "says", "seen"), *((c.source.value, c.says or "-", c.detail) for c in status.clues)]), ""]
    servers = [(s.mta, s.version or "not installed", _runs(s), _queue(s, status.now)) for s in status.servers]
    page += table([("server", "version", "process", "queue"), *servers])
    queues = [
        (f"{server.mta} {name}", str(mails), size(octets), age((status.now - oldest).total_seconds()))
        for server in status.servers for name, (mails, octets, oldest) in (server.queues or {}).items()
    ]  # fmt: skip
    if queues:
        page += ["", *table([("queue", "mails", "size", "oldest"), *queues], right=(1, 2))]
    last = "none is remembered"
    if status.last:
        run, when, source, target = status.last
        last = f"{source} -> {target}, {moment(when)} UTC, run {run}"
    return [*page, "", *table([("last switch", last)])]


def _runs(server: ServerStatus) -> str:
    return str(server.processes[0]) if server.processes else "-"


def _queue(server: ServerStatus, now: datetime) -> str:
    if server.queues is None:
        return f"not known: {server.problem}"
    if not server.queues:
        return "empty"
    oldest = min(arrived for _, _, arrived in server.queues.values())
    mails = number(sum(mails for mails, _, _ in server.queues.values()), "mail")
    return f"{mails}, the oldest for {age((now - oldest).total_seconds())}"


def status_facts(status: MailStatus) -> dict[str, Any]:
    """The same as data."""
    return {
        "active": status.decision.mta.value,
        "source": status.decision.source,
        "why": status.decision.why,
        "contradictions": list(status.decision.contradictions),
        "application_sees": status.seen,
        "clues": [{"source": c.source.value, "says": c.says, "detail": c.detail} for c in status.clues],
        "servers": [
            {
                "mta": server.mta,
                "version": server.version,
                "processes": list(server.processes),
                "problem": server.problem,
                "queues": None if server.queues is None else [
                    {"queue": name, "mails": n, "bytes": b, "oldest": iso(old)} for name, (n, b, old) in server.queues.items()
                ],
            }
            for server in status.servers
        ],
        "last_switch": None
        if status.last is None
        else {"run": status.last[0], "time": iso(status.last[1]), "from": status.last[2], "to": status.last[3]},
    }  # fmt: skip


def _grouped(mails: Queued, name: Callable[[QueuedMail], str]) -> list[tuple[str, list[QueuedMail]]]:
    groups: dict[str, list[QueuedMail]] = defaultdict(list)
    for _, mail in mails:
        groups[name(mail)].append(mail)
    return sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def _domain(mail: QueuedMail) -> str:
    return mail.sender.rpartition("@")[2].lower() or "<> (bounces)"


def _reason(mail: QueuedMail) -> str:
    return mail.reason or ("held" if mail.held else "not yet tried")


def _by_age(mails: Queued, now: datetime) -> list[tuple[str, list[QueuedMail]]]:
    def bucket(mail: QueuedMail) -> str:
        seconds = (now - mail.arrived).total_seconds()
        return next(name for limit, name in DAYS if seconds <= limit)

    groups = dict(_grouped(mails, bucket))
    return [(name, groups[name]) for _, name in DAYS if name in groups]


def queue_lines(mails: Queued, now: datetime, limit: int) -> list[str]:
    """Three tables."""
    if not mails:
        return ["the queues are empty"]
    oldest = age((now - mails[0][1].arrived).total_seconds())
    page = [f"{number(len(mails), 'mail')} in the queues, the oldest for {oldest}"]
    by_queue = [(f"{mta.value} {queue}", [m for o, m in mails if (o, m.queue) == (mta, queue)]) for mta, queue in _queues(mails)]
    for title, groups in (
        ("queue", by_queue), ("age", _by_age(mails, now)), ("sender domain", _grouped(mails, _domain)),
        ("reason", _grouped(mails, _reason)),
    ):  # fmt: skip
        rows = [("mails", title), *((str(len(group)), name) for name, group in groups[:limit])]
        page += ["", *table(rows, right=(0,))]
        if len(groups) > limit:
            page.append(f"  and {len(groups) - limit} more; --limit shows them")
    return page


def _queues(mails: Queued) -> list[tuple[Mta, str]]:
    return sorted({(mta, mail.queue) for mta, mail in mails})


def queue_facts(mails: Queued, now: datetime) -> dict[str, Any]:
    """Every mail, and the same groups."""
    return {
        "mails": [
            {
                "mta": mta.value, "queue": m.queue, "id": m.id, "held": m.held, "sender": _text(m.sender),
                "recipients": [_text(one) for one in m.recipients], "bytes": m.size, "arrived": iso(m.arrived),
                "message_id": m.message_id, "reason": m.reason,
            }
            for mta, m in mails
        ],
        "by_age": {name: len(group) for name, group in _by_age(mails, now)},
        "by_sender_domain": {name: len(group) for name, group in _grouped(mails, _domain)},
        "by_reason": {name: len(group) for name, group in _grouped(mails, _reason)},
    }  # fmt: skip


def _text(address: str) -> str:
    return address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
