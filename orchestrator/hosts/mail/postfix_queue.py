"""Postfix's queue files (Postfix's rec_type.h and mail_queue.h): records of a type, a length and data. Reads, never writes."""

from __future__ import annotations

import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.hosts.mail import message
from workflows.host.mail import QueuedMail
from workflows.model.errors import WorkflowError

QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")
HELD = "hold"
IN_HAND = ("maildrop", "incoming", "active")  # where a running Postfix is about to do something
MORE = 0x80  # of a length, seven bits a byte
_REASON = re.compile(r"^reason=(.*)$", re.MULTILINE)


class QueueError(WorkflowError):
    """A queue file cannot be read."""

    key = "queue-unreadable"


@dataclass(frozen=True)
class QueueFile:
    """What a queue file says. recipients: those that are not done yet."""

    sender: str
    recipients: tuple[str, ...]
    arrived: float
    content: bytes
    eight_bit: bool


def records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and data of every record, in the order in which Postfix reads them: pointers are followed.

    Raises:
        QueueError: the file ends in the middle of a record, or a pointer leads nowhere.
    """
    at, steps = 0, 0
    while at < len(data):
        kind, at = data[at : at + 1], at + 1
        length, shift = 0, 0
        while True:
            if at >= len(data):
                raise QueueError("the file ends in the middle of a record")
            byte, at = data[at], at + 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < MORE:
                break
        value, at = data[at : at + length], at + length
        if len(value) < length:
            raise QueueError("the file ends in the middle of a record")
        if kind == b"p" and (target := int(value)) > 0:
            steps += 1
            if target >= len(data) or steps > len(data):
                raise QueueError("a pointer in the file leads nowhere")
            at = target
            continue
        yield kind, value
        if kind == b"E":
            return
    raise QueueError("the file has no end record")


def parse(data: bytes) -> QueueFile:
    """Read a queue file.

    Raises:
        QueueError: it is not one, or it is not complete.
    """
    sender: str | None = None
    recipients: list[str] = []
    arrived = 0.0
    lines: list[bytes] = []
    attributes: dict[bytes, bytes] = {}
    in_content = False
    for kind, value in records(data):
        if kind == b"T":
            seconds, _, micros = value.strip().partition(b" ")
            arrived = int(seconds) + int(micros.strip() or 0) / 1e6
        elif kind == b"S":
            sender = value.decode("utf-8", "surrogateescape")
        elif kind == b"R":
            recipients.append(value.decode("utf-8", "surrogateescape"))
        elif kind == b"A" and not in_content:
            name, _, text = value.partition(b"=")
            attributes[name] = text
        elif kind in (b"M", b"X"):
            in_content = kind == b"M"
        elif in_content and kind in (b"N", b"L"):
            lines.append(value + (b"\n" if kind == b"N" else b""))
    if sender is None or not arrived:
        raise QueueError("the file has no sender or no time of arrival")
    content = b"".join(lines)
    return QueueFile(sender, tuple(recipients), arrived, content, attributes.get(b"encoding", b"").lower() == b"8bit")


def complete(path: Path) -> bool:
    """Whether Postfix has taken the mail over from whoever brought it: only then the file may be executed."""
    try:
        return bool(path.stat().st_mode & stat.S_IXUSR)
    except FileNotFoundError:  # moved to another queue meanwhile
        return False


def walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """Queue name and path of every queue file. A file that moves meanwhile may be seen twice or not at all."""
    for queue in QUEUES:
        for path in sorted((folder / queue).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield queue, path


def read(folder: Path, skip: Collection[str] = ()) -> list[QueuedMail]:
    """All mails below a queue directory, but those with an id in `skip`.

    Raises:
        QueueError: "queue-unreadable", naming the file; everything else is as it was.
    """
    found = {}
    for queue, path in walk(folder):
        if path.name in skip:
            continue
        try:
            if complete(path):
                found[path.name] = one(folder, queue, path)
        except FileNotFoundError:  # sent, or moved to another queue meanwhile
            continue
        except PermissionError as error:
            raise QueueError(f"cannot read {path}: {error.strerror}", next=[f"ls -l {path}    who may read it"]) from error
        except (QueueError, ValueError) as error:
            raise QueueError(
                f"cannot read the queue file {path}: {error}",
                unharmed=["the mail, and all others"],
                next=[f"postcat {path}    what it is", f"postsuper -h {path.name}    put it aside, or move the file away"],
            ) from error
    return list(found.values())


def one(folder: Path, queue: str, path: Path) -> QueuedMail:
    """The mail of one queue file."""
    data = path.read_bytes()
    file = parse(data)
    header, body = message.split(file.content)
    return QueuedMail(
        id=path.name, queue=queue, path=str(path), held=queue == HELD, sender=file.sender, recipients=file.recipients,
        size=len(file.content), arrived=datetime.fromtimestamp(file.arrived, UTC), message_id=message.message_id(header),
        body=message.digest(body), eight_bit=file.eight_bit or not file.content.isascii(),
        reason=_reason(folder, path.name) if queue == "deferred" else None,
    )  # fmt: skip


def _reason(folder: Path, queue_id: str) -> str | None:
    for path in notes(folder, queue_id):
        match = _REASON.search(path.read_text(errors="replace"))
        if match:
            return match[1]
    return None


def notes(folder: Path, queue_id: str) -> list[Path]:
    """The files in which Postfix notes why a mail was put off."""
    return list((folder / "defer").rglob(queue_id))
