"""Which mail server OpenEMM will use, decided as scripts/config.sh decides (facts 12), and the plan of a switch. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from workflows.host.mail import Clue, Source
from workflows.host.network import Listener
from workflows.model.answers import Mta
from workflows.model.plans import GateOptions, Hop
from workflows.model.version import Version

PORT = 25
LAST_WITH_SENDMAIL = Version(23, 4)
PROOF_ID = "@orchestrate"  # how the Message-IDs of our own test mails end
BY_DEFAULT = "default"
KNOWN = frozenset(mta.value for mta in Mta)


@dataclass(frozen=True)
class Decision:
    """What $MTA will be, and why.

    source: the source that decided, "default" where none did. contradictions: what other sources say against it.
    """

    mta: Mta
    source: str
    why: str
    contradictions: tuple[str, ...]


def decide(clues: Sequence[Clue]) -> Decision:
    """The first source that names one of the two decides; none: sendmail.

    A third program named by a source decides nothing, as config.sh passes over it, and is told as a contradiction.
    """
    by_source = {clue.source: clue for clue in clues}
    ordered = [by_source[source] for source in Source if source in by_source]
    first = next((clue for clue in ordered if clue.says in KNOWN), None)
    mta = Mta(first.says) if first and first.says else Mta.SENDMAIL
    against = tuple(
        f"{clue.source.value} says {clue.says}: {clue.detail}"
        for clue in ordered
        if clue.says is not None and clue.says != mta.value
    )
    if first is None:
        return Decision(mta, BY_DEFAULT, "no source names a mail server, and then it is sendmail", against)
    return Decision(mta, first.source.value, first.detail, against)


def is_ours(one: Listener, known: Collection[int]) -> bool:
    """Whether it is one of the two servers, whose master is `known`, or a child of it."""
    program = one.program or ""
    return one.pid in known or "/postfix/" in program or program.rpartition("/")[2].startswith("sendmail")


def capabilities(mta: Mta, *, procmail: bool) -> list[str]:
    """What it needs of the operating system. procmail: that program is there, from whatever package (RHEL 9 has none)."""
    return [f"mta-{mta}", "milter", *([] if procmail else ["procmail"])]


class Leftovers(enum.StrEnum):
    """What becomes of mails that are still in the old server's queue once nothing is sent any more."""

    WAIT = "wait"  # until the queue is empty
    REQUEUE = "requeue"  # handed to the new server; held ones stay where they are
    DISCARD = "discard"  # written to a dated archive, then taken out of the queue


@dataclass(frozen=True)
class MtaPlan:
    """A switch of the mail server, decided before it starts.

    source, target: values of Mta. name: the host's full name. hop: names the steps of the application's stop and start.
    flush: push the queue while waiting. packages: what has to be installed. changes: of the configuration, where known.
    """

    source: str
    target: str
    name: str
    hop: Hop
    leftovers: Leftovers = Leftovers.WAIT
    flush: bool = False
    packages: tuple[str, ...] = ()
    gate: GateOptions = field(default_factory=GateOptions)
    start_timeout: float = 120.0  # seconds
    migrate_timeout: float = 600.0  # seconds
    tool_version: str = ""

    @property
    def old(self) -> Mta:
        """The server that is left."""
        return Mta(self.source)

    @property
    def new(self) -> Mta:
        """The server that takes over."""
        return Mta(self.target)
