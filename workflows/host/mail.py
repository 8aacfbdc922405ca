"""What a workflow may ask of a host's mail servers (facts 12). Beside host.py only because that would pass 600 lines with it.

Sizes are bytes, times aware UTC, paths absolute. Every method may raise a WorkflowError with a key of its own.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workflows.model.answers import Mta


class Source(enum.StrEnum):
    """Where scripts/config.sh looks, in its order (facts 12)."""

    ENVIRONMENT = "environment"
    SYSTEM_CFG = "system.cfg"
    ALTERNATIVES = "alternatives"
    UNITS = "units"
    PROCESSES = "processes"


@dataclass(frozen=True)
class Clue:
    """What one source says. says: postfix or sendmail, another program's name, or None; detail: what was seen there."""

    source: Source
    says: str | None
    detail: str


@dataclass(frozen=True)
class Alternative:
    """The group `mta` of alternatives. target: where /usr/sbin/sendmail leads in the end; link: the group's own choice."""

    target: str | None
    manual: bool
    registered: bool


@dataclass(frozen=True)
class QueuedMail:
    """A mail in a queue. queue: active, deferred, hold, mqueue, ...; held: it is never sent by itself.

    recipients: those it has still to go to. body: SHA-256 (hex) of what follows the header. reason: why it was deferred.
    """

    id: str
    queue: str
    path: str
    held: bool
    sender: str
    recipients: tuple[str, ...]
    size: int
    arrived: datetime
    message_id: str | None
    body: str
    eight_bit: bool = False
    reason: str | None = None

    @property
    def fingerprint(self) -> tuple[str, tuple[str, ...], str, str]:
        """What a mail handed to another server must have in common with this one."""
        return (self.sender, tuple(sorted(set(self.recipients))), self.message_id or "", self.body)


class Alternatives(Protocol):
    """The group `mta` of alternatives."""

    def current(self) -> Alternative:
        """How it stands."""

    def set(self, target: str) -> None:
        """Choose by hand.

        Raises:
            WorkflowError: "alternative-unknown".
        """

    def automatic(self) -> None:
        """Let the priorities choose."""


class MailServer(Protocol):
    """Postfix or Sendmail."""

    mta: Mta
    units: Sequence[str]
    packages: Sequence[str]
    program: str  # what alternatives lead to

    def version(self) -> str | None:
        """None when it is not installed."""

    def processes(self) -> Sequence[int]:
        """The pids of its daemons."""

    def files(self) -> Sequence[str]:
        """What `configure` and `write_maps` may change."""

    def config_files(self) -> Sequence[str]:
        """Those of `files` that an administrator edits."""

    def changes(self, name: str, keep: Collection[str] = ()) -> Sequence[str]:
        """What `configure` would change, a line each. Proves, beside, that the result is sound.

        name: the host's full name. keep: settings of main.cf that stay as they are.

        Raises:
            WorkflowError: the present configuration cannot be used ("sendmail-mc-broken", "postfix-check-failed", ...).
        """

    def configure(self, name: str, keep: Collection[str] = ()) -> Sequence[str]:
        """Write the configuration of guide 4.2 or 4.3, proven beforehand in a folder aside; what was changed, a line each."""

    def warnings(self) -> Sequence[str]:
        """What is odd about the present configuration but does not keep it from being used."""

    def mailloop_domains(self) -> Sequence[str]:
        """The domains its maps hand to the mailloop service."""

    def write_maps(self, domains: Sequence[str]) -> None:
        """Relay these domains, and hand their mail to the mailloop service."""

    def certificates(self) -> Sequence[str]:
        """The TLS files its configuration names."""

    def start(self) -> None:
        """Enable it and start it."""

    def stop(self) -> None:
        """Stop it, and see its processes gone.

        Raises:
            WorkflowError: "mta-still-running"; nothing is killed.
        """

    def queue(self, skip: Collection[str] = ()) -> Sequence[QueuedMail]:
        """All mails in all of its queues, but those with an id in `skip`, which are not even read.

        Raises:
            WorkflowError: "queue-unreadable", naming the file.
        """

    def content(self, mail: QueuedMail) -> bytes:
        """The mail as it would be sent, header and body, lines ended by LF."""

    def remove(self, mails: Sequence[QueuedMail]) -> None:
        """Take mails out of the queue for good; they need not be there any more. The daemon is stopped."""

    def take(self, *, working: bool) -> int:
        """Move the mails that are not held to the stage, by renames, whether the daemon runs or not; how many.

        working: also those the daemon has in hand but is not sending this very moment.
        """

    def taken(self) -> Sequence[QueuedMail]:
        """The mails that were taken, as they lay in the queue."""

    def busy(self) -> int:
        """Mails that the daemon has in hand now: stopped then, it might send one again."""

    def put_back(self) -> None:
        """Move what was taken back to the queue, whether the daemon runs or not."""

    def drop(self, mails: Sequence[QueuedMail]) -> None:
        """Remove taken mails for good, durably."""

    def make(self, mails: Iterable[tuple[str, QueuedMail, bytes]]) -> None:
        """Write mails in this server's form beside its queue, each under a key; durably. The same key again: it is replaced."""

    def made(self) -> Mapping[str, QueuedMail]:
        """What was made and is not yet in the queue, by key."""

    def unmake(self, keys: Collection[str]) -> None:
        """Forget what was made under these keys."""

    def publish(self) -> int:
        """Move all that was made into the queue, each mail by one rename, whether the daemon runs or not; how many."""

    def flush(self) -> None:
        """Try to send everything now."""

    def queue_files(self, mail: QueuedMail) -> Sequence[str]:
        """The files that are this mail in the queue."""


class MailArchive(Protocol):
    """A dated folder of mails that were taken out of a queue."""

    def write(self, run: str, mail: QueuedMail, content: bytes, files: Sequence[str]) -> None:
        """Keep a mail as .eml and its queue files as they are; on disk when this returns. The same mail again: the same files."""

    def count(self, run: str) -> int:
        """How many mails of a run are kept."""

    def put_back(self, run: str) -> int:
        """Put the queue files of a run back where they lay, and forget the archive; how many mails. The daemon is stopped."""

    def folder(self, run: str) -> str:
        """Where the mails of a run lie."""


@dataclass(frozen=True)
class MailLog:
    """The mail log. path: where OpenEMM reads it. exists: and can be read by us. other: another log there is in its place.

    lines: the last ones, oldest first, as they are.
    """

    path: str
    exists: bool
    mode: int = 0
    other: str | None = None
    lines: tuple[str, ...] = ()


class Mail(Protocol):
    """The mail servers of one host."""

    @property
    def alternatives(self) -> Alternatives:
        """The group `mta`."""

    @property
    def archive(self) -> MailArchive:
        """Where mails are kept that were taken out of a queue."""

    def server(self, mta: Mta) -> MailServer:
        """One of the two."""

    def clues(self) -> Sequence[Clue]:
        """What each of the five sources says now."""

    def application_sees(self) -> str | None:
        """$MTA as scripts/config.sh of the active backend sets it; None when there is no such script."""

    def accepts(self, port: int, recipient: str) -> str | None:
        """Offer a mail to the recipient over SMTP and take it back before its content; what was said when refused, else None."""

    def milter(self) -> bool:
        """Whether the bounce filter's socket answers."""

    def submit(self, mta: Mta, recipient: str, token: str) -> None:
        """Hand a small mail to that server past port 25, which asks the bounce filter, as the application does."""

    def delivered(self, token: str, seconds: float) -> tuple[str, str]:
        """What became of that mail: ("sent" | "deferred" | "bounced" | "unknown", how that was seen); waits so long."""

    def own_mailbox(self) -> str:
        """The address of OpenEMM's own user on this host."""

    def programs(self) -> Sequence[str]:
        """What is missing of the files and programs the mailloop service needs (procmail, bav.rc), a line each."""

    def unreadable(self, paths: Iterable[str]) -> Sequence[str]:
        """Those that are no files that can be read."""

    def writable(self) -> Sequence[str]:
        """Folders that must be written for a switch but lie on a file system mounted read-only."""

    def prefer(self, mta: Mta) -> str | None:
        """Let system.cfg, where it names a mail server, name this one; the file, None when it names none."""

    def preference(self) -> str | None:
        """The path of system.cfg when it names a mail server."""

    def missing_queue_folders(self, mta: Mta) -> Sequence[str]:
        """The folders that are not there without which that mail server can take or send no mail."""

    def log(self) -> MailLog:
        """The mail log."""
