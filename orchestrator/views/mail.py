"""The mail servers and their queues, as they are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from orchestrator.views.document import Count, Says
from workflows.host.mail import Source
from workflows.model.answers import Mta
from workflows.rules.mta import BY_DEFAULT

if TYPE_CHECKING:
    from orchestrator.plans.mail import MailStatus, ServerStatus
    from workflows.host.mail import QueuedMail

DAYS = ((3600.0, "up to 1 hour"), (86400.0, "up to 1 day"), (432000.0, "up to 5 days"), (float("inf"), "more than 5 days"))
Server = Annotated[str, Says(enum=[mta.value for mta in Mta])]
Decider = Annotated[str, Says(enum=[*(source.value for source in Source), BY_DEFAULT])]


@dataclass(frozen=True)
class Clue:
    """What one source says."""

    source: str
    says: str | None
    detail: str


@dataclass(frozen=True)
class Queue:
    """A queue that is not empty."""

    queue: str
    mails: Count
    bytes: Count
    oldest: datetime


@dataclass(frozen=True)
class ServerSeen:
    """One mail server."""

    mta: Server
    version: str | None
    """Null when it is not installed."""
    processes: tuple[Count, ...]
    problem: str | None
    """Why the queue cannot be read."""
    queues: tuple[Queue, ...] | None

    @classmethod
    def of(cls, server: ServerStatus) -> ServerSeen:
        """The server as it is told."""
        queues = None if server.queues is None else tuple(Queue(name, *counted) for name, counted in server.queues.items())
        return cls(server.mta, server.version, server.processes, server.problem, queues)


@dataclass(frozen=True)
class LastSwitch:
    """The last switch that is remembered."""

    run: str
    time: datetime
    from_: str
    to: str


@dataclass(frozen=True, kw_only=True)
class MtaStatus:
    """Which mail server OpenEMM uses and why, and how both stand."""

    schema: Literal["orchestrate.mta-status/1"] = "orchestrate.mta-status/1"
    now: datetime
    active: Server
    """What $MTA is, as scripts/config.sh decides."""
    source: Decider
    why: str
    contradictions: tuple[str, ...]
    application_sees: str | None
    """What scripts/config.sh says; null when the backend has none."""
    clues: tuple[Clue, ...]
    servers: tuple[ServerSeen, ...]
    last_switch: LastSwitch | None

    @classmethod
    def of(cls, status: MailStatus) -> MtaStatus:
        """The status as it is told."""
        decision = status.decision
        return cls(
            now=status.now, active=decision.mta.value, source=decision.source, why=decision.why,
            contradictions=decision.contradictions, application_sees=status.seen,
            clues=tuple(Clue(clue.source.value, clue.says, clue.detail) for clue in status.clues),
            servers=tuple(map(ServerSeen.of, status.servers)), last_switch=LastSwitch(*status.last) if status.last else None,
        )  # fmt: skip


@dataclass(frozen=True)
class Mail:
    """A mail in a queue."""

    mta: Server
    queue: str
    id: str
    held: bool
    sender: str
    """Empty for a bounce."""
    recipients: tuple[str, ...]
    bytes: Count
    arrived: datetime
    message_id: str | None
    reason: str | None

    @classmethod
    def of(cls, mta: Mta, mail: QueuedMail) -> Mail:
        """The mail as it is told."""
        return cls(
            mta.value, mail.queue, mail.id, mail.held, _text(mail.sender), tuple(map(_text, mail.recipients)), mail.size,
            mail.arrived, mail.message_id, mail.reason,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MtaQueue:
    """Every mail in the queues of both servers, oldest first, and how many there are of which kind."""

    schema: Literal["orchestrate.mta-queue/1"] = "orchestrate.mta-queue/1"
    now: datetime
    mails: tuple[Mail, ...]
    by_age: Mapping[str, Count]
    by_sender_domain: Mapping[str, Count]
    by_reason: Mapping[str, Count]

    @classmethod
    def of(cls, found: Iterable[tuple[Mta, QueuedMail]], now: datetime) -> MtaQueue:
        """The mails as they are told."""
        mails = tuple(Mail.of(mta, mail) for mta, mail in found)
        ages = _grouped(mails, lambda mail: _age(mail, now))
        return cls(
            now=now, mails=mails, by_age={name: ages[name] for _, name in DAYS if name in ages},
            by_sender_domain=_grouped(mails, _domain), by_reason=_grouped(mails, _reason),
        )  # fmt: skip


def _grouped(mails: Iterable[Mail], name: Callable[[Mail], str]) -> dict[str, int]:
    """How many of each, most first."""
    return dict(sorted(Counter(map(name, mails)).items(), key=lambda pair: (-pair[1], pair[0])))


def _age(mail: Mail, now: datetime) -> str:
    seconds = (now - mail.arrived).total_seconds()
    return next(name for limit, name in DAYS if seconds <= limit)


def _domain(mail: Mail) -> str:
    return mail.sender.rpartition("@")[2].lower() or "<> (bounces)"


def _reason(mail: Mail) -> str:
    return mail.reason or ("held" if mail.held else "not yet tried")


def _text(address: str) -> str:
    return address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
