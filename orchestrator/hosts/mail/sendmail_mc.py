"""Edit sendmail.mc, byte by byte the same elsewhere. Knows what m4 takes for a comment (dnl) and for text (`...')."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workflows.model.errors import WorkflowError

DNL = b"dnl "
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_QUOTE = re.compile(rb"[`']")
_AFTER_CALL = re.compile(rb"[ \t]*(?:dnl\b[^\n]*)?(?:\r?\n|\Z)")
_LOOPBACK = re.compile(rb"\bAddr(?:ess)?\s*=\s*(?:127\.\d+\.\d+\.\d+|::1|localhost)\b", re.IGNORECASE)
_PORT = re.compile(rb"\bPort\s*=\s*([\w-]+)", re.IGNORECASE)


class McError(WorkflowError):
    """sendmail.mc is not what m4 takes."""

    key = "sendmail-mc-broken"


@dataclass(frozen=True)
class Call:
    """An active macro call at data[begin:end]. args: as written, outer quotes taken away."""

    name: bytes
    args: tuple[bytes, ...]
    begin: int
    end: int


def calls(data: bytes) -> Iterator[Call]:
    """The macro calls that m4 will see at the top level, in their order.

    Raises:
        McError: a quote or a bracket that is opened is never closed.
    """
    at = 0
    while at < len(data):
        if data[at : at + 1] == b"`":
            at = _quoted(data, at)
        elif match := _WORD.match(data, at):
            if match[0] == b"dnl":
                at = _line_end(data, at)
            elif data[match.end() : match.end() + 1] == b"(":
                args, end = _arguments(data, match.end())
                yield Call(match[0], args, at, end)
                at = end
            else:
                at = match.end()
        else:
            at += 1


def _quoted(data: bytes, begin: int) -> int:
    depth, at = 1, begin + 1
    while depth:
        match = _QUOTE.search(data, at)
        if match is None:
            line = data.count(b"\n", 0, begin) + 1
            raise McError(f"cannot read sendmail.mc: the quote opened in line {line} is never closed")
        depth += 1 if match[0] == b"`" else -1
        at = match.end()
    return at


def _line_end(data: bytes, at: int) -> int:
    newline = data.find(b"\n", at)
    return len(data) if newline < 0 else newline + 1


def _arguments(data: bytes, bracket: int) -> tuple[tuple[bytes, ...], int]:
    """The arguments of a call whose opening bracket stands there, and where it ends."""
    args, depth, at, begin = [], 1, bracket + 1, bracket + 1
    while at < len(data):
        char = data[at : at + 1]
        if char == b"`":
            at = _quoted(data, at)
            continue
        word = _WORD.match(data, at)
        if word is not None:
            at = _line_end(data, at) if word[0] == b"dnl" else word.end()
            continue
        if char == b"(":
            depth += 1
        elif char == b")":
            depth -= 1
            if depth == 0:
                args.append(_unquoted(data[begin:at]))
                return tuple(args), at + 1
        elif char == b"," and depth == 1:
            args.append(_unquoted(data[begin:at]))
            begin = at + 1
        at += 1
    line = data.count(b"\n", 0, bracket) + 1
    raise McError(f"cannot read sendmail.mc: the bracket opened in line {line} is never closed")


def _unquoted(arg: bytes) -> bytes:
    arg = arg.lstrip()
    return arg[1:-1] if arg.startswith(b"`") and arg.endswith(b"'") and _quoted(arg, 0) == len(arg) else arg


def comment_out(data: bytes, found: Iterable[Call]) -> bytes:
    """The file with these calls commented with dnl; what stands behind a call in its line goes to a line of its own."""
    for call in sorted(found, key=lambda call: call.begin, reverse=True):
        text = data[call.begin : call.end].replace(b"\n", b"\n" + DNL)
        rest = data[call.end :]
        gap = b"" if _AFTER_CALL.match(rest) else b"\n"
        data = data[: call.begin] + DNL + text + gap + rest
    return data


def append(data: bytes, lines: Iterable[bytes]) -> bytes:
    """The file with these lines at its end."""
    added = b"".join(line + b"\n" for line in lines)
    if not added:
        return data
    return data + (b"" if data.endswith(b"\n") or not data else b"\n") + added


def named(data: bytes, name: bytes, first: bytes | None = None) -> list[Call]:
    """The active calls of a macro, where `first` is given, only those with that first argument."""
    return [call for call in calls(data) if call.name == name and (first is None or call.args[0].strip() == first)]


def loopback_only(data: bytes) -> list[Call]:
    """The DAEMON_OPTIONS that keep port 25 to the loopback interface."""
    found = []
    for call in named(data, b"DAEMON_OPTIONS"):
        port = _PORT.search(call.args[0])
        if _LOOPBACK.search(b",".join(call.args)) and (port is None or port[1].lower() in (b"smtp", b"25")):
            found.append(call)
    return found
