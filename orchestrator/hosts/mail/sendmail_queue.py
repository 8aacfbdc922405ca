"""Sendmail's queue files: qf with the envelope and the header, df with the body; OpenEMM writes them too (facts 12)."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.files import fsync_folder, write_atomic
from orchestrator.hosts.mail import message
from orchestrator.hosts.mail.postfix_queue import QueueError
from orchestrator.hosts.mail.stage import NAME
from workflows.host.mail import QueuedMail

HELD = "hf"
PRIORITY = 30000
_HEADER = re.compile(rb"H(?:\?([^?]*)\?)?(.*)", re.DOTALL)
NULL_SENDERS = ("", "MAILER-DAEMON")


@dataclass(frozen=True)
class Envelope:
    """What a qf file says. recipients: those it has still to go to."""

    sender: str
    recipients: tuple[str, ...]
    arrived: int
    header: bytes
    reason: str | None
    eight_bit: bool


def parse(data: bytes) -> Envelope:
    """Read a qf file.

    Raises:
        QueueError: it is not one, or not complete: its last line is a dot.
    """
    if not data.startswith(b"V"):
        raise QueueError("the file does not begin with a version")
    lines = message.folded_lines(data)
    if lines[-1].strip() != b".":
        raise QueueError("the file has no end")
    fields: dict[bytes, list[bytes]] = {}
    for line in lines[:-1]:
        fields.setdefault(line[:1], []).append(line[1:].strip())
    if b"S" not in fields or b"T" not in fields:
        raise QueueError("the file has no sender or no time of arrival")
    sender = _address(fields[b"S"][-1])
    reason = fields.get(b"M", [b""])[-1].decode("utf-8", "replace")
    return Envelope(
        sender="" if sender in NULL_SENDERS else sender,
        recipients=tuple(_address(text.partition(b":")[2] or text) for text in fields.get(b"R", ())),
        arrived=int(fields[b"T"][-1]),
        header=b"".join(_header(line) for line in lines[:-1] if line.startswith(b"H")),
        reason=reason or None,
        eight_bit=fields.get(b"B", [b""])[-1] == b"8BITMIME",
    )


def _address(text: bytes) -> str:
    address = text.decode("utf-8", "surrogateescape")
    return address[1:-1] if address.startswith("<") and address.endswith(">") else address


def _header(line: bytes) -> bytes:
    """A header line as it would be sent; one that Sendmail fills in for some mailers only is left out."""
    match = _HEADER.match(line)
    if match is None or b"P" in (match[1] or b"") or b"x" in (match[1] or b""):
        return b""
    return match[2] if match[2].endswith(b"\n") else match[2] + b"\n"


def read(folders: Sequence[tuple[str, Path]], skip: Collection[str] = ()) -> list[QueuedMail]:
    """All mails in these folders: the queue's name and its path; but those with an id in `skip`.

    Raises:
        QueueError: "queue-unreadable", naming the file.
    """
    found = []
    for name, folder in folders:
        for path in sorted(folder.glob("[qh]f*")):
            if path.name[2:] in skip:
                continue
            try:
                found.append(_mail(name, path))
            except FileNotFoundError:  # sent meanwhile
                if path.exists():
                    raise _unreadable(path, "its df file, the body, is missing") from None
            except (OSError, QueueError, ValueError) as error:
                raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from error
    return found


def _unreadable(path: Path, why: str) -> QueueError:
    return QueueError(
        f"cannot read the queue file {path}: {why}",
        unharmed=["the mail, and all others"],
        next=[f"head {path}    what it is; move it away once you know"],
    )


def _mail(name: str, path: Path) -> QueuedMail:
    envelope = parse(path.read_bytes())
    body = body_file(path).read_bytes()
    return QueuedMail(
        id=path.name[2:], queue=name, path=str(path), held=path.name.startswith(HELD), sender=envelope.sender,
        recipients=envelope.recipients, size=len(envelope.header) + len(body),
        arrived=datetime.fromtimestamp(envelope.arrived, UTC), message_id=message.message_id(envelope.header),
        body=message.digest(body), eight_bit=envelope.eight_bit or not body.isascii(), reason=envelope.reason,
    )  # fmt: skip


def body_file(envelope: Path) -> Path:
    """The df file of a qf file: beside it, or in the folder df when the queue is split in qf, df and xf.

    Of a qf file of the stage whose df is not there (any more): the one in the queue.
    """
    name = "df" + envelope.name[2:]
    found = envelope.parent.parent / "df" / name if envelope.parent.name == "qf" else envelope.with_name(name)
    if NAME in found.parts and not found.exists():
        at = found.parts.index(NAME)
        root, rest = Path(*found.parts[:at]), found.parts[at + 2 :]
        split = (root / "df").is_dir()
        return root / "df" / name if split else root.joinpath(*rest)
    return found


def content(mail: QueuedMail) -> bytes:
    """Header and body as they would be sent."""
    path = Path(mail.path)
    return parse(path.read_bytes()).header + b"\n" + body_file(path).read_bytes()


def write(folder: Path, queue_id: str, mail: QueuedMail, data: bytes) -> None:
    """Write a mail: the body first, durably, then the envelope by one rename. Again: the same files again."""
    header, body = message.split(data)
    envelope = folder / f"qf{queue_id}"
    lines = [b"V8\n", b"T%d\n" % int(mail.arrived.timestamp()), b"K0\n", b"N0\n", b"P%d\n" % (PRIORITY + len(data))]
    lines += [b"B8BITMIME\n", b"F8s\n"] if mail.eight_bit else [b"Fs\n"]
    lines += [b"$_localhost\n", b"${daemon_flags}\n", b"S<" + os.fsencode(mail.sender) + b">\n"]
    lines += [b"RPFD:<" + os.fsencode(recipient) + b">\n" for recipient in mail.recipients]
    lines += [b"H??" + line for line in message.folded_lines(header)]
    write_atomic(body_file(envelope), body, mode=0o600)
    write_atomic(envelope, b"".join([*lines, b".\n"]), mode=0o600)


def remove(mail: QueuedMail) -> None:
    """Take a mail out of its queue: the envelope first, so that no half of it is ever sent."""
    path = Path(mail.path)
    path.unlink(missing_ok=True)
    fsync_folder(path.parent)
    body_file(path).unlink(missing_ok=True)
