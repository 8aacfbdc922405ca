"""bin/setenv.sh as text: what OpenEMM's scripts know of Java, Tomcat and wkhtmltox (facts 1.4). No I/O.

The vendor's tool writes the file anew, and foreign lines vanish; here every line stays that is not about the same variable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FIRST = "#!/bin/sh"
LAST = 'if [ -r "$HOME/scripts/config.sh" ]; then . "$HOME/scripts/config.sh"; fi'
_CONFIG = re.compile(r"^[^#\n]*scripts/config\.sh", re.MULTILINE)


def variables(text: str, home: str) -> dict[str, str]:
    """What the file sets; the home is put in for $HOME and ~."""
    found = {}
    for name, double, single, plain in re.findall(_assignment(r"(\w+)"), text):
        value = double or single or plain
        found[name] = re.sub(r"^(?:\$HOME|\$\{HOME\}|~)(?=/|$)", lambda _: home, value)
    return found


def with_variables(text: str, values: Mapping[str, str]) -> str:
    """The text with these values: a line that sets one is replaced where it stands, a new one comes before config.sh is read."""
    text = text or f"{FIRST}\n"
    if not text.endswith("\n"):
        text += "\n"
    if not _CONFIG.search(text):
        text += f"{LAST}\n"
    for name, value in values.items():
        line = f'export {name}="{value}"'
        replaced, count = re.subn(_assignment(re.escape(name)), line.replace("\\", r"\\"), text)
        text = replaced if count else _before_config(text, line)
    return text


def reads_config(text: str) -> bool:
    """Whether the file reads scripts/config.sh."""
    return bool(_CONFIG.search(text))


def _before_config(text: str, line: str) -> str:
    match = _CONFIG.search(text)
    at = match.start() if match else len(text)
    return f"{text[:at]}{line}\n{text[at:]}"


def _assignment(name: str) -> str:
    return rf"""(?m)^[ \t]*(?:export[ \t]+)?{name}=(?:"([^"\n]*)"|'([^'\n]*)'|([^\s;#]*))[ \t]*$"""
