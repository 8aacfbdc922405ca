"""The words of one SQL statement, strings and names kept whole."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<skip>   \s+ | /\*M?!\d* | \*/ | /\*.*?\*/ | --\s[^\n]* | \#[^\n]* )
    | (?P<string> '(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" )
    | (?P<quoted> `(?:[^`]|``)*` )
    | (?P<system> @@[\w.$]+ )
    | (?P<variable> @(?: `(?:[^`]|``)*` | '[^']*' | "[^"]*" | [\w.$]+ ) )
    | (?P<word>   [\w$]+ )
    | (?P<mark>   . )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}


@dataclass(frozen=True)
class Token:
    """type: string, quoted, system, variable, word or mark. text: as written."""

    type: str
    text: str

    @property
    def upper(self) -> str:
        """The word in capitals; of a string or a quoted name nothing that could be taken for a word."""
        return self.text.upper() if self.type in {"word", "mark", "system"} else ""

    @property
    def is_name(self) -> bool:
        """Whether it can name an object; in ANSI_QUOTES mode a string in double quotes does."""
        return self.type in {"word", "quoted"} or self.text.startswith('"')

    @property
    def name(self) -> str:
        """The name without its quotes; of a user variable without @ and in lower case, as all spellings are one."""
        text = self.text.removeprefix("@") if self.type == "variable" else self.text
        if text[:1] == "`":
            text = text[1:-1].replace("``", "`")
        elif text[:1] in {'"', "'"}:
            text = text[1:-1]
        return text.lower() if self.type == "variable" else text


def tokenize(text: str) -> list[Token]:
    """The tokens of a statement; what stands in an executable comment counts, other comments do not."""
    return [
        Token(match.lastgroup or "mark", match[0]) for match in _TOKEN.finditer(text) if match.lastgroup != "skip"
    ]  # fmt: skip


def unquote(string: str) -> str:
    """The value of a string literal."""
    quote = string[0]
    return re.sub(
        rf"\\(.)|{quote}{quote}",
        lambda match: quote if match[1] is None else _ESCAPES.get(match[1], match[1]),
        string[1:-1],
        flags=re.DOTALL,
    )
