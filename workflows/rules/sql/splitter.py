r"""An SQL script as the statements the mariadb client would send of it (facts 5.4, 5.5).

The vendor feeds each file to one client on its standard input. The client, and not the server, knows DELIMITER, drops
comments and decides where a statement ends; what it does is followed here to the letter, its oddities included. What it
would take as a command of its own (source, \g, ...) is refused: no update file has that, and none of it is SQL.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

from workflows.model.errors import WorkflowError

_SPACE = " \t\n\v\f\r"
_QUOTES = "'\"`"
_BEFORE_GRAPH = "".join(map(chr, [*range(33), 127]))
_DELIMITER_COMMAND = re.compile(r"delimiter(?:[ \t]\s*(.*))?", re.IGNORECASE | re.DOTALL)
_DELIMITER = re.compile(r"[^\s\\'\"`]{1,15}")
_CLIENT_COMMANDS = frozenset(
    {"?", "charset", "clear", "connect", "delimiter", "edit", "ego", "exit", "go", "help", "nopager", "notee", "nowarning"}
    | {"pager", "print", "prompt", "quit", "rehash", "sandbox", "source", "status", "system", "tee", "use", "warnings"}
)
_RUN_IN_STRING = {quote: re.compile(rf"[^\\{quote}]+") for quote in _QUOTES}
_RUN_IN_COMMENT = re.compile(r"[^/*]+")


class SplitError(WorkflowError):
    """The file cannot be split into statements; nothing of it was run."""

    key = "sql-file-unreadable"


@dataclass(frozen=True)
class Statement:
    """One statement. position: 0-based within the file. line: 1-based, where it begins."""

    position: int
    line: int
    text: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def split(text: str, name: str = "the script") -> list[Statement]:
    """The statements of a script, in order.

    Args:
        text: the file's text.
        name: the file's name, for errors.

    Raises:
        SplitError: it holds a command of the client other than DELIMITER, or ends inside a string or a comment.
    """
    splitter = _Splitter(name)
    lines = text.removeprefix("\ufeff").split("\n")
    if lines[-1] == "":
        lines.pop()
    for line in lines:
        splitter.read(line.removesuffix("\r"))
    return splitter.finish()


class _Splitter:
    """`_buffer` is what the client has of the statement; `_out` what it has of it in this line and not moved there yet."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._statements: list[Statement] = []
        self._buffer: list[str] = []
        self._out: list[str] = []
        self._quote = ""
        self._comment = False
        self._line = 0
        self._begun = 0
        self._opened = 0
        self._executable = False
        self._need_space = False
        self._set_delimiter(";")

    def read(self, line: str) -> None:
        """Take the next line, without its end."""
        self._line += 1
        if "\0" in line:
            self._refuse("holds a NUL character")
        if not self._buffer and not self._comment and not self._quote and self._command(line.lstrip(_SPACE)):
            return
        self._executable = self._need_space = False
        self._add(line)
        if self._out or self._buffer:
            # The client leaves the line's end out where a line looks like its DELIMITER, even inside a statement.
            if self._quote or self._comment or "".join(self._out)[:9].lower() != "delimiter":
                self._out.append("\n")
            if not self._comment:
                self._buffer += self._out
            self._out = []

    def finish(self) -> list[Statement]:
        """All statements; the last one needs no delimiter."""
        if self._quote or self._comment:
            self._line = self._opened
            self._refuse("ends inside a comment" if self._comment else "ends inside a string", "begun")
        self._end_statement()
        return self._statements

    def _command(self, line: str) -> bool:
        """Whether the line, outside a statement, is a command of the client. DELIMITER is obeyed."""
        if match := _DELIMITER_COMMAND.fullmatch(line):
            delimiter = (match[1] or "").partition(" ")[0]
            if not _DELIMITER.fullmatch(delimiter):
                self._refuse("has a DELIMITER that is none")
            self._set_delimiter(delimiter)
            return True
        if self._delimiter not in line:
            self._refuse_command(line)
        return False

    def _set_delimiter(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._run = re.compile(rf"[^\\'\"`#\-/*{re.escape(delimiter[0])}]+")

    def _add(self, line: str) -> None:
        at = 0
        while at < len(line):
            char = line[at]
            if char in _SPACE and not self._out and not self._buffer:
                at += 1
            elif not self._need_space and (run := self._plain_run(line, at)):
                self._append(run)
                at += len(run)
            elif ord(char) > 127:  # noqa: PLR2004 - the end of ASCII; the client takes other characters as they are
                self._append(char)
                at += 1
            else:
                at = self._special(line, at)

    def _plain_run(self, line: str, at: int) -> str:
        """The characters from there on that mean nothing."""
        pattern = _RUN_IN_STRING.get(self._quote, self._run)
        match = (_RUN_IN_COMMENT if self._comment else pattern).match(line, at)
        return match[0] if match else ""

    def _special(self, line: str, at: int) -> int:
        """Take what begins at `at`; where to go on."""
        plain = not self._comment and not self._quote
        if not self._comment and line[at] == "\\" and self._quote != "`":
            return self._escape(line, at)
        if plain and line.startswith(self._delimiter, at):
            self._flush()
            self._end_statement()
            return at + len(self._delimiter)
        if plain and self._is_line_comment(line, at):
            self._flush()
            return len(line)
        if not self._quote and line.startswith("/*", at) and not line.startswith(("!", "M!"), at + 2):
            if not self._comment:
                self._opened = self._line
            self._comment = True
            self._flush()
            return at + 2
        if self._comment and not self._executable and line.startswith("*/", at):
            self._comment = False
            self._flush()
            self._need_space = True
            return at + 2
        self._take(line, at)
        return at + 1

    def _take(self, line: str, at: int) -> None:
        char = line[at]
        if not self._quote and line.startswith("/*!", at):
            self._executable = True
        elif not self._quote and self._executable and line.startswith("*/", at):
            self._executable = False
        if char == self._quote:
            self._quote = ""
        elif not self._comment and not self._quote and char in _QUOTES:
            self._quote = char
            self._opened = self._line
        if self._need_space and not self._comment:
            if char not in _SPACE:
                self._append(" ")
            self._need_space = False
        self._append(char)

    def _escape(self, line: str, at: int) -> int:
        if at + 1 == len(line):  # at a line's end the client drops it, in a string this means the same
            return at + 1
        if not self._quote and line[at + 1] != "N":
            self._refuse(f"holds \\{line[at + 1]} outside a string, a command of the client")
        self._append(line[at : at + 2])
        return at + 2

    def _is_line_comment(self, line: str, at: int) -> bool:
        if line[at] == "#":
            return True
        if not line.startswith("--", at):
            return False
        at_start = not self._buffer and not self._out
        return at_start or at + 2 == len(line) or line[at + 2] in _SPACE

    def _append(self, text: str) -> None:
        if self._comment:
            return
        if not self._buffer and not self._out:
            self._begun = self._line
        self._out.append(text)

    def _flush(self) -> None:
        self._buffer += self._out
        self._out = []

    def _end_statement(self) -> None:
        text = "".join(self._buffer).rstrip(_BEFORE_GRAPH).lstrip(_SPACE)
        self._buffer = []
        if not text:
            return
        if not re.match(r"use\s", text, re.IGNORECASE):
            self._line, line = self._begun, self._line
            self._refuse_command(text)
            self._line = line
        self._statements.append(Statement(len(self._statements), self._begun, text))

    def _refuse_command(self, text: str) -> None:
        word = re.split(r"[ \t\n]", text, maxsplit=1)[0].lower()
        if word in _CLIENT_COMMANDS:
            self._refuse(f"holds the client's command {word!r}")

    def _refuse(self, what: str, where: str = "at") -> NoReturn:
        raise SplitError(f"cannot read {self._name}: it {what}, {where} line {self._line}")
