"""A mail's header and body, told apart the same way whichever queue it lies in. Pure."""

from __future__ import annotations

import hashlib
import re

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")
_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:\s*(<[^>]*>|\S+)", re.IGNORECASE | re.MULTILINE)


def split(content: bytes) -> tuple[bytes, bytes]:
    """Header lines and body; the blank line between belongs to neither. A line that is no header line begins the body."""
    at = 0
    while at < len(content):
        end = content.find(b"\n", at) + 1 or len(content)
        line = content[at:end]
        if line in (b"\n", b"\r\n"):
            return content[:at], content[end:]
        folded = at > 0 and line[:1] in (b" ", b"\t")
        if not folded and not _HEADER.match(line):
            return content[:at], content[at:]
        at = end
    return content, b""


def folded_lines(data: bytes) -> list[bytes]:
    """The lines of a header, each with its continuation lines, ended by LF."""
    lines: list[bytes] = []
    for line in _LINE.findall(data):
        if line[:1] in (b" ", b"\t") and lines:
            lines[-1] += line
        else:
            lines.append(line)
    return [line if line.endswith(b"\n") else line + b"\n" for line in lines]


def digest(body: bytes) -> str:
    """SHA-256 (hex) of a body, however its last line ends: mail servers end it when they send it."""
    return hashlib.sha256(body.rstrip(b"\n")).hexdigest()


def message_id(header: bytes) -> str | None:
    """The Message-ID as it stands in the header."""
    match = _MESSAGE_ID.search(header)
    return match[1].decode("utf-8", "replace") if match else None
