"""logrotate's files as text: which block rotates a log, and the mode that a new log gets (guide 4.7). No I/O.

The guide puts `create 0644` into the block of the distribution's own file, which rotates /var/log/secure too, and would open that
to everybody. Where a block rotates more than the mail log, the mail log gets a block of its own instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

CREATE = "create 0644"
READABLE = 0o044
_SCRIPT = frozenset({"postrotate", "prerotate", "firstaction", "lastaction", "preremove"})
_PATH = re.compile(r'"([^"]+)"|(\S+)')
_MODE = re.compile(r"create\s+(0?[0-7]{3})\b")


@dataclass(frozen=True)
class Block:
    """A block of a file, by its lines: the paths begin at `first`, the brace opens at `opens` and closes at `closes`."""

    paths: tuple[str, ...]
    first: int
    opens: int
    closes: int
    body: tuple[str, ...]

    @property
    def create(self) -> int | None:
        """The mode that a new log gets; None: the block does not say."""
        found = None
        for line in _directives(self.body):
            if match := _MODE.match(line):
                found = int(match[1], 8)
            elif line == "nocreate":
                found = 0
        return found

    @property
    def readable(self) -> bool:
        """Whether everybody may read a new log, because the block says so."""
        return self.create is not None and self.create & READABLE == READABLE


def blocks(text: str) -> list[Block]:
    """The blocks of a file, in their order."""
    found: list[Block] = []
    lines = text.splitlines()
    first, opens, paths = -1, -1, list[str]()
    script = False
    for number, line in enumerate(lines):
        word = line.strip()
        if opens >= 0:
            script = word in _SCRIPT or (script and word != "endscript")
            if word == "}" and not script:
                found.append(Block(tuple(paths), first, opens, number, tuple(lines[opens + 1 : number])))
                first, opens, paths = -1, -1, []
            continue
        if word.startswith(("/", '"')):
            first = number if first < 0 else first
            paths += [quoted or plain for quoted, plain in _PATH.findall(word.partition("{")[0])]
        elif word and not word.startswith(("#", "{")):
            first, paths = -1, []
        opens = number if word.endswith("{") and paths else -1
    return found


def rotating(text: str, path: str) -> Block | None:
    """The block that rotates that log, by name or by a pattern."""
    return next((block for block in blocks(text) if any(fnmatchcase(path, one) for one in block.paths)), None)


def with_readable(text: str, block: Block) -> str:
    """The text with `create 0644` in that block; every other line stays."""
    lines = text.splitlines(keepends=True)
    lines[block.opens + 1 : block.closes] = [f"{line}\n" for line in _creating(block.body)]
    return "".join(lines)


def moved(text: str, block: Block, path: str, to: str) -> tuple[str, str]:
    """The text without that path, and the text of a file `to` that rotates it as the block did, with `create 0644`."""
    lines = text.splitlines(keepends=True)
    word = re.compile(rf'"{re.escape(path)}"|(?<!\S){re.escape(path)}(?=[\s{{]|$)')
    head = []
    for line in lines[block.first : block.opens + 1]:
        left = word.sub("", line)
        if left == line:
            head.append(line)
        elif left.strip():
            head.append(left.rstrip() + "\n")
    lines[block.first : block.opens + 1] = [f"# {path} is rotated by {to}\n", *head]
    return "".join(lines), "\n".join([f"{path} {{", *_creating(block.body), "}"]) + "\n"


def own(path: str, hang_up: Sequence[str]) -> str:
    """The text of a file that rotates a log that nothing rotated; hang_up: the command that lets its writer open it anew."""
    options = ["weekly", "rotate 4", "compress", "delaycompress", "missingok", "notifempty", CREATE, "postrotate"]
    lines = [f"    {option}" for option in options]
    return "\n".join([f"{path} {{", *lines, f"        {' '.join(hang_up)}", "    endscript", "}"]) + "\n"


def _creating(body: Sequence[str]) -> list[str]:
    """The lines with `create 0644`, where the first create stood, else behind sharedscripts, else at the top."""
    plain = set(_directives(body))
    indent = next((line[: len(line) - len(line.lstrip())] for line in body if line.strip()), "    ")
    stated = [line for line in body if line.strip() in plain and re.match(r"(no)?create\b", line.strip())]
    if stated:
        at = body.index(stated[0])
        return [*(line for line in body[:at]), f"{indent}{CREATE}", *(line for line in body[at + 1 :] if line not in stated)]
    shared = next((number for number, line in enumerate(body) if line.strip() == "sharedscripts"), -1)
    return [*body[: shared + 1], f"{indent}{CREATE}", *body[shared + 1 :]]


def _directives(body: Sequence[str]) -> list[str]:
    """What a block says outside of its scripts."""
    found, script = [], False
    for line in body:
        word = line.strip()
        script = word in _SCRIPT or (script and word != "endscript")
        if not script and word and not word.startswith("#"):
            found.append(word)
    return found
