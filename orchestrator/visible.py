r"""Text from outside on a screen, in a page or a file: what a terminal would obey, or what nobody would see, is shown as \x1b.

A version, a host name, a reason, the output of a script can hold anything. Our own colours carry a number that nobody outside
knows, so that they alone are colours.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from typing import Any

import click

_OURS = int.from_bytes(os.urandom(8))
_STYLE = re.compile(rf"\x1b\[{_OURS};([0-9;]*m)")
_BYTES = range(0xDC80, 0xDD00)  # bytes that are no UTF-8, as Python reads them


def visible(text: str, keep: str = "\t") -> str:
    """The text with control characters, marks of direction and width, and lone bytes written out; keep: those that stay."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep or _is_blank(char) else _written(char) for char in text)


def styled(text: str, **style: Any) -> str:
    """Text in a colour of ours (the arguments of `click.style`)."""
    return click.style(visible(text), **style).replace("\x1b[", f"\x1b[{_OURS};")


def shown(line: str, *, color: bool) -> str:
    """A line for people: our colours, where they are wanted, and everything else visible."""
    parts = _STYLE.split(line)
    parts[::2] = map(visible, parts[::2])
    parts[1::2] = [f"\x1b[{code}" if color else "" for code in parts[1::2]]
    return "".join(parts)


def as_json(document: Any) -> str:
    """A document as one line of JSON with the same values, in which nothing is invisible."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or _is_blank(char) else json.dumps(char)[1:-1] for char in text)


def _is_blank(char: str) -> bool:
    return unicodedata.category(char) == "Zs"


def _written(char: str) -> str:
    code = ord(char)
    if code in _BYTES:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004
