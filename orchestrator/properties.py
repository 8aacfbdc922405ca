"""Java .properties files: read as Java reads them, changed a line at a time with every other byte as it was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BLANK = " \t\f"


@dataclass(frozen=True)
class _Entry:
    """A logical line: key, value and where its natural lines begin and end in the text."""

    key: str
    value: str
    begin: int
    end: int


def decode(data: bytes) -> tuple[str, str]:
    """The text and its encoding: UTF-8 where it is, else ISO-8859-1, as Java reads a stream."""
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def parse(data: bytes) -> dict[str, str]:
    """Keys and values of a file; of a key that occurs twice the last one counts, as in Java."""
    text, _ = decode(data)
    return {entry.key: entry.value for entry in _entries(text)}


def merge(data: bytes, values: Mapping[str, str]) -> bytes:
    """The file with these values: a line whose value differs is replaced, a missing key appended, all else kept byte by byte.

    New lines are written in ASCII with Java's escapes, so that they mean the same in either encoding.
    """
    text, encoding = decode(data)
    newline = "\r\n" if "\r\n" in text else "\n"
    present = {entry.key: entry for entry in _entries(text)}
    changed = sorted(
        (entry for key, entry in present.items() if key in values and entry.value != values[key]),
        key=lambda entry: entry.begin,
        reverse=True,
    )
    for entry in changed:
        text = text[: entry.begin] + _line(entry.key, values[entry.key], newline) + text[entry.end :]
    missing = [key for key in values if key not in present]
    if missing:
        text = _closed(text, newline)
    text += "".join(_line(key, values[key], newline) for key in missing)
    return text.encode(encoding)


def _closed(text: str, newline: str) -> str:
    """The text with its last line ended, so that another can follow."""
    last = [match.group() for match in _LINES.finditer(text)][-1:]
    if last and not last[0].endswith(("\n", "\r")):
        text += newline
    if last and _continues(last[0].rstrip("\r\n")):
        text += newline  # ends the continuation
    return text


def _entries(text: str) -> list[_Entry]:
    entries = []
    lines = list(_LINES.finditer(text))
    position = 0
    while position < len(lines):
        begin = lines[position].start()
        logical = lines[position].group().rstrip("\r\n").lstrip(_BLANK)
        if logical and logical[0] not in "#!":
            while _continues(logical) and position + 1 < len(lines):
                position += 1
                logical = logical[:-1] + lines[position].group().rstrip("\r\n").lstrip(_BLANK)
            key, value = _split(logical.removesuffix("\\") if _continues(logical) else logical)
            entries.append(_Entry(key, value, begin, lines[position].end()))
        position += 1
    return entries


def _continues(line: str) -> bool:
    """Whether a line ends in an odd number of backslashes."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _split(line: str) -> tuple[str, str]:
    """Key and value: they are parted by the first unescaped =, : or blank."""
    end = 0
    while end < len(line) and line[end] not in "=:" + _BLANK:
        end += 2 if line[end] == "\\" else 1
    rest = line[end:].lstrip(_BLANK)
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(_BLANK)
    return _unescape(line[:end]), _unescape(rest)


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else _ESCAPES.get(match[2], match[2])

    plain = re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.?))", one, text)
    # a character beyond 16 bits stands there as two escapes
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escape(text: str, special: str) -> str:
    names = {value: "\\" + name for name, value in _ESCAPES.items()}
    out = []
    for character in text:
        if character in names:
            out.append(names[character])
        elif character in special:
            out.append("\\" + character)
        elif " " <= character <= "~":
            out.append(character)
        else:
            units = character.encode("utf-16-be")
            out.extend(f"\\u{units[i]:02X}{units[i + 1]:02X}" for i in range(0, len(units), 2))
    return "".join(out)


def _line(key: str, value: str, newline: str) -> str:
    shown = _escape(value, "\\")
    if shown.startswith(" "):
        shown = "\\" + shown
    return f"{_escape(key, chr(92) + '=:#! ')}={shown}{newline}"
