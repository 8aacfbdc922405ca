"""What must never be shown is hidden as `***`, and no word of an error with it.

A secret that could be a word, a name, a path or a number ("mail", "openemm", "a") is hidden only in the places where secrets
stand: behind `password=`, in a URL, in an SQL statement that sets one, behind `-p`. Elsewhere it tells nobody that it is one,
and a text with holes helps nobody. What is no word is hidden wherever it stands.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

HIDDEN: Final = "***"
_ANYWHERE = 8  # characters from which a secret that is no word is hidden inside of other text, too
_TOKEN = 5  # the same where it stands by itself
_LONG = 16  # characters from which even words are one: a pass phrase
_LINE = 20  # of a secret of several lines, each line from this length on is one
_NAME = r"[\w-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|api[-_]?key)"
_QUOTED = r'"(?:\\.|[^"\\])*"|' + r"'(?:\\.|[^'\\])*'"
_URL = r"(?P<url>[a-z][a-z0-9+.-]*:/+|//|(?:https?|ftps?):)(?P<user>[^\s/:@]*)"  # one slash where a path was made of it
_URL_PASSWORD = re.compile(rf"{_URL}:(?P<value>[^\s/]*(?=@)|(?!\d+(?:/|\s|$))[^\s@]*(?=@))", re.IGNORECASE)
_NAMED = re.compile(
    rf"""(?P<name>{_NAME})(?P<sign>["']?\s*=\s*|["']?:(?=\S)|["']?\s*:\s+|\s+(?:is\s+)?(?=["']))(?P<value>{_QUOTED}|[^\s,;&)\]}}]+)""",
    re.IGNORECASE,
)
_SQL = re.compile(rf"(\bIDENTIFIED\s+(?:\w+\s+\w+\s+)?(?:BY|AS)\s+(?:PASSWORD\s+)?|\bPASSWORD\s*\(\s*)({_QUOTED})", re.IGNORECASE)
_SET = re.compile(rf"(\bSET\s+PASSWORD\b[^=;]*=\s*)({_QUOTED})", re.IGNORECASE)
_FILE = re.compile(r"(?:/[\w.+-]+){2,}/?")
_IN_A_PATH = re.compile(r"(?:^|[\s'\"(])/[\w.+/-]*$")
_FAR = 255
_WORDS = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")
_GOES_ON = re.compile(r"[ \t]+[^\W\d_]+\b(?!\s*[:=])")
_SEPARATORS = re.compile(r"[ ._:/@+-]+")
_secrets: set[str] = set()


def hide(secret: str | None) -> None:
    """Never show this text again, whatever raises it; of several lines neither a whole one."""
    if not secret:
        return
    _secrets.add(secret)
    lines = secret.splitlines()
    if len(lines) > 1:
        _secrets.update(line for line in lines if len(line) >= _LINE and not line.startswith("-----"))


def hide_in_url(url: str | None) -> None:
    """Never show the password of this URL again."""
    match = _URL_PASSWORD.search(url or "")
    if match:
        hide(match["value"])
        hide(unquote(match["value"]))


def scrub(text: str) -> str:
    """The text without secrets: those told to `hide`, and whatever stands where secrets stand."""
    known = sorted(_secrets, key=len, reverse=True)
    for secret in known:
        text = _without(text, secret)
    text = _URL_PASSWORD.sub(rf"\g<url>\g<user>:{HIDDEN}", text)
    text = _SET.sub(rf"\1{HIDDEN}", _SQL.sub(rf"\1{HIDDEN}", text))
    text = _NAMED.sub(_named, text)
    for secret in known:
        text = re.sub(rf"(?<=\s-p)(['\"]?){re.escape(secret)}\1(?!\S)", HIDDEN, text)
    return text


def _without(text: str, secret: str) -> str:
    """Hide a secret by its looks: a word only where it is long, and stands by itself."""
    if secret not in text:
        return text
    words = _is_words(secret)
    if not words and len(secret) >= _ANYWHERE:
        return text.replace(secret, HIDDEN)
    if len(secret) >= (_LONG if words else _TOKEN):
        return re.sub(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", HIDDEN, text)
    return text


def _named(match: re.Match[str]) -> str:
    """What stands behind a name of a secret; prose goes on behind a colon: "the password: it is too short"."""
    name, sign, value = match["name"], match["sign"], match["value"]
    bare = value[1:-1] if value[0] in "\"'" else value
    if (_FILE.fullmatch(bare) and _is_words(bare)) or (":" in sign and _IN_A_PATH.search(match.string[: match.start()][-_FAR:])):
        return match[0]  # a file's name
    placeholder = not bare.strip(".*") or (name.lower() in {"pwd", "oldpwd"} and bare.startswith("/"))
    prose = sign.endswith((" ", "\t")) and ":" in sign and bare == value and _is_words(bare.strip("?!)"))
    if prose and bare in _secrets:
        prose = _GOES_ON.match(match.string, match.end()) is not None
    return match[0] if placeholder or prose else f"{name}{sign}{HIDDEN}"


def _is_words(text: str) -> bool:
    """Whether it could stand in a text that is no secret: words in letters of one kind, numbers, and what joins them."""
    return all(_is_word(piece) for piece in _SEPARATORS.split(text))


def _is_word(piece: str) -> bool:
    letters = piece.rstrip("0123456789")
    parts = _WORDS.findall(letters)
    return "".join(parts) == letters and (len(letters) == 1 or all(len(part) > 1 for part in parts))
