"""What a statement does, and how one in doubt after a crash is settled (DESIGN 3.3)."""

from __future__ import annotations

import enum
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workflows.rules.sql.tokens import Token, tokenize, unquote

LAST_INSERT_ID = "last_insert_id()"  # stands for the session's value of it among the names of user variables


class Kind(enum.Enum):
    """What a statement is."""

    DML = "dml"
    SELECT = "select"
    ASSIGN = "assign"  # SET of user variables only
    SESSION = "session"  # settings of the session: SET sql_mode, SET NAMES, USE
    PREPARE = "prepare"
    DEALLOCATE = "deallocate"
    EXECUTE = "execute"
    DDL = "ddl"
    CALL = "call"  # a procedure, or a block that is one without a name
    TRANSACTION = "transaction"  # START TRANSACTION, COMMIT, LOCK TABLES, autocommit: every statement is committed by itself here
    UPKEEP = "upkeep"  # SHOW, ANALYZE, GRANT, ...: as often as one likes
    REFUSED = "refused"  # ROLLBACK and the like: cannot be meant where every statement is committed
    OTHER = "other"


class Settling(enum.Enum):
    """How it is known whether a statement that was cut off has run."""

    MARK = "mark"  # it is committed together with a mark
    FINGERPRINT = "fingerprint"  # it changes the definition of what it names
    REPEAT = "repeat"  # it may run again
    RESTORE = "restore"  # it cannot be known: the restore point is put back


@dataclass(frozen=True)
class Classified:
    """A statement understood.

    objects: what DDL touches or DML writes, as name or schema.name. variables: the user variables it mentions, lower case,
    and LAST_INSERT_ID. row_count: it reads what the statement before it left (ROW_COUNT(), FOUND_ROWS(), diagnostics).
    prepared: name of the prepared statement. source: its text when that is a literal. source_variable: the user variable
    that holds the text. makes, ends: temporary tables it creates, tables it drops.
    """

    kind: Kind
    settling: Settling
    objects: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()
    row_count: bool = False
    prepared: str | None = None
    source: str | None = None
    source_variable: str | None = None
    makes: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()


_UPKEEP = "ANALYZE CHECK CHECKSUM DESC DESCRIBE EXPLAIN FLUSH GRANT HELP OPTIMIZE REPAIR REVOKE SHOW"
_KINDS = {
    **dict.fromkeys(["INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "DO"], (Kind.DML, Settling.MARK)),
    **dict.fromkeys(["SELECT", "WITH", "VALUES", "TABLE", "("], (Kind.SELECT, Settling.MARK)),
    **dict.fromkeys(_UPKEEP.split(), (Kind.UPKEEP, Settling.REPEAT)),
    **dict.fromkeys(["CALL", "IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR"], (Kind.CALL, Settling.RESTORE)),
    **dict.fromkeys(["COMMIT", "LOCK", "UNLOCK"], (Kind.TRANSACTION, Settling.REPEAT)),
    **dict.fromkeys(["ROLLBACK", "SAVEPOINT", "RELEASE", "XA"], (Kind.REFUSED, Settling.RESTORE)),
    "USE": (Kind.SESSION, Settling.REPEAT),
}
_TYPES = frozenset(["TABLE", "VIEW", "INDEX", "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "SEQUENCE"])
_ROW_COUNT = frozenset(["ROW_COUNT", "FOUND_ROWS"])
_DIAGNOSTICS = frozenset(["@@WARNING_COUNT", "@@ERROR_COUNT"])
_OTHER = Classified(Kind.OTHER, Settling.RESTORE)


def classify(text: str) -> Classified:
    """Understand a statement as `workflows.rules.sql.splitter.split` gives it. What is not known is OTHER."""
    tokens = tokenize(text)
    if not tokens:
        return Classified(Kind.UPKEEP, Settling.REPEAT)
    found = _classify(tokens)
    reads = found.kind is not Kind.DDL and _reads_row_count(tokens)
    return replace(found, variables=_variables(tokens), row_count=reads)


def _classify(tokens: Sequence[Token]) -> Classified:
    first = tokens[0].upper
    if first in {"PREPARE", "EXECUTE", "DEALLOCATE"} or [token.upper for token in tokens[:2]] == ["DROP", "PREPARE"]:
        return _prepared(tokens)
    if first in {"CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE"}:
        return _ddl(tokens)
    if first in {"START", "BEGIN"}:
        return _begin(tokens)
    if first == "SET":
        return _set(tokens)
    kind, settling = _KINDS.get(first, (_OTHER.kind, _OTHER.settling))
    return Classified(kind, settling, _written(tokens) if kind is Kind.DML else ())


def _begin(tokens: Sequence[Token]) -> Classified:
    rest = [token.upper for token in tokens[1:3]]
    if tokens[0].upper == "BEGIN" and rest[:1] == ["NOT"]:
        return Classified(Kind.CALL, Settling.RESTORE)
    if tokens[0].upper == "BEGIN" or rest[:1] == ["TRANSACTION"]:
        return Classified(Kind.TRANSACTION, Settling.REPEAT)
    return _OTHER


def _set(tokens: Sequence[Token]) -> Classified:
    words = [token.upper for token in tokens]
    if words[1:2] == ["STATEMENT"] and "FOR" in words:
        return _classify(tokens[words.index("FOR") + 1 :] or tokens[:1])
    if words[1:2] in (["PASSWORD"], ["DEFAULT"]):
        return _OTHER
    if not {"AUTOCOMMIT", "@@AUTOCOMMIT"}.isdisjoint(words):
        return Classified(Kind.TRANSACTION, Settling.REPEAT)
    depth = 0
    targets = [tokens[1]] if len(tokens) > 1 else []
    for before, token in itertools.pairwise(tokens):
        depth += (before.text == "(") - (before.text == ")")
        if before.text == "," and depth == 0:
            targets.append(token)
    if targets and all(token.type == "variable" for token in targets):
        return Classified(Kind.ASSIGN, Settling.MARK)
    return Classified(Kind.SESSION, Settling.REPEAT)


def _prepared(tokens: Sequence[Token]) -> Classified:
    words = [token.upper for token in tokens]
    first = words[0]
    if first == "EXECUTE" and words[1:2] == ["IMMEDIATE"]:
        literal, variable = _source(tokens[2:])
        return Classified(Kind.EXECUTE, Settling.RESTORE, source=literal, source_variable=variable)
    at = 2 if words[1:2] == ["PREPARE"] else 1
    name = tokens[at].name.lower() if at < len(tokens) else None
    if first == "EXECUTE":
        return Classified(Kind.EXECUTE, Settling.RESTORE, prepared=name)
    if first in {"DEALLOCATE", "DROP"}:
        return Classified(Kind.DEALLOCATE, Settling.REPEAT, prepared=name)
    literal, variable = _source(tokens[3:])
    return Classified(Kind.PREPARE, Settling.REPEAT, prepared=name, source=literal, source_variable=variable)


def _source(tokens: Sequence[Token]) -> tuple[str | None, str | None]:
    """The text of a prepared statement when it is a literal, and the user variable that holds it."""
    end = next((i for i, token in enumerate(tokens) if token.upper == "USING"), len(tokens))
    source = tokens[:end]
    if source and all(token.type == "string" for token in source):
        return "".join(unquote(token.text) for token in source), None
    if len(source) == 1 and source[0].type == "variable":
        return None, source[0].name
    return None, None


def _ddl(tokens: Sequence[Token]) -> Classified:
    words = [token.upper for token in tokens]
    verb = words[0]
    if verb == "TRUNCATE":
        return Classified(Kind.DDL, Settling.REPEAT, _names(tokens, 2 if words[1:2] == ["TABLE"] else 1)[:1])
    if verb == "RENAME":
        renamed = _names(tokens, 2, separators=(",", "TO"))
        pairs = len(renamed) == 2 and words[1:2] == ["TABLE"]  # noqa: PLR2004 - a swap of equal tables leaves no trace
        return Classified(Kind.DDL, Settling.FINGERPRINT if pairs else Settling.RESTORE, renamed)
    at = next((i for i, token in enumerate(tokens) if token.type == "word" and words[i] in _TYPES), None)
    if at is None:
        return _OTHER
    type_, at = words[at], at + 1
    lenient = words[at : at + 1] == ["IF"]
    while words[at : at + 1] and words[at] in {"IF", "NOT", "EXISTS"}:
        at += 1
    if verb == "DROP":
        return _drop(tokens, words, type_, at, lenient=lenient)
    objects = _names(tokens, at)[:1]
    if type_ in {"INDEX", "TRIGGER"}:
        objects = (objects if type_ == "TRIGGER" else ()) + _after(tokens, words, "ON", at)
    if verb == "ALTER":
        return _alter(tokens, words, objects, at)
    temporary = type_ == "TABLE" and "TEMPORARY" in words[:at]
    repeat = lenient or temporary or words[1:3] == ["OR", "REPLACE"]
    return Classified(
        Kind.DDL, Settling.REPEAT if repeat else Settling.FINGERPRINT, objects,
        makes=frozenset(map(str.lower, objects)) if temporary else frozenset(),
    )  # fmt: skip


def _drop(tokens: Sequence[Token], words: Sequence[str], type_: str, at: int, *, lenient: bool) -> Classified:
    objects = _after(tokens, words, "ON", at) if type_ == "INDEX" else _names(tokens, at)
    ends = frozenset(map(str.lower, objects)) if type_ == "TABLE" else frozenset()
    if lenient:
        return Classified(Kind.DDL, Settling.REPEAT, objects, ends=ends)
    # Several are dropped one by one, so that a change proves only the first.
    return Classified(Kind.DDL, Settling.FINGERPRINT if len(objects) == 1 else Settling.RESTORE, objects, ends=ends)


def _alter(tokens: Sequence[Token], words: Sequence[str], objects: tuple[str, ...], at: int) -> Classified:
    for i in range(at, len(words)):
        if words[i] == "RENAME" and words[i + 1 : i + 2] not in (["COLUMN"], ["INDEX"], ["KEY"]):
            skip = i + 2 if words[i + 1 : i + 2] and words[i + 1] in {"TO", "AS", "="} else i + 1
            objects += _names(tokens, skip)[:1]
    settling = Settling.RESTORE if "EXCHANGE" in words else Settling.FINGERPRINT
    return Classified(Kind.DDL, settling, objects)


_SKIPPED = frozenset(
    {"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "QUICK", "INTO", "FROM"}
    | {"DATA", "LOCAL", "CONCURRENT", "INFILE", "TABLE"}
)


def _written(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The table a plain INSERT, REPLACE, UPDATE, DELETE or LOAD writes; of several tables the first."""
    at = 1
    while at < len(tokens) and (tokens[at].upper in _SKIPPED or (tokens[0].upper == "LOAD" and tokens[at].type == "string")):
        at += 1
    return _names(tokens, at)[:1] if tokens[0].upper != "DO" else ()


def _after(tokens: Sequence[Token], words: Sequence[str], word: str, at: int) -> tuple[str, ...]:
    """The name behind the first such word."""
    found = next((i for i in range(at, len(words)) if words[i] == word and tokens[i].type == "word"), None)
    return () if found is None else _names(tokens, found + 1)[:1]


def _names(tokens: Sequence[Token], at: int, separators: Sequence[str] = (",",)) -> tuple[str, ...]:
    """Names, each perhaps with its schema, from a place on and as long as separators follow."""
    names: list[str] = []
    while at < len(tokens) and tokens[at].is_name:
        name, at = tokens[at].name, at + 1
        if at + 1 < len(tokens) and tokens[at].text == "." and tokens[at + 1].is_name:
            name, at = f"{name}.{tokens[at + 1].name}", at + 2
        names.append(name)
        if at >= len(tokens) or tokens[at].upper not in separators:
            break
        at += 1
    return tuple(names)


def _reads_row_count(tokens: Sequence[Token]) -> bool:
    words = [token.upper for token in tokens]
    called = any(word in _ROW_COUNT and words[i + 1 : i + 2] == ["("] for i, word in enumerate(words))
    return called or words[:2] == ["GET", "DIAGNOSTICS"] or any(word in _DIAGNOSTICS for word in words)


def _variables(tokens: Sequence[Token]) -> frozenset[str]:
    names = {token.name for token in tokens if token.type == "variable"}
    if any(token.upper == "LAST_INSERT_ID" and token.type == "word" for token in tokens):
        names.add(LAST_INSERT_ID)
    return frozenset(names)


def sets_definition(text: str) -> bool:
    """Whether it commits what is open before it: a cheap look at its first word, for files that run as a whole."""
    return re.match(r"\s*(create|alter|drop|rename|truncate)\b", text, re.IGNORECASE) is not None
