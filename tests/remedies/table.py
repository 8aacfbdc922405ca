"""The table of remedies beside this file: one row for each text, the kind it is of, and the tests in which it was run."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.remedies.collector import PARTED, Remedy, plain

HERE = Path(__file__).parent
COMMAND, LOOK, SHELL, HAND = KINDS = ("command", "look", "shell", "hand")
SAME = "the same command"  # what an option of this command line stands behind
HOLE = re.compile(r"\{([A-Za-z_.]+)\}")
_OF_OURS = re.compile(r"([A-Z_]+=\S+ )*(sudo )?orchestrate |the same command|-")
_LOOKS = ("ls", "less", "df", "ps", "journalctl", "systemctl status", "systemctl list-unit-files", "cat", "tail", "file", "ss")


@dataclass(frozen=True)
class Row:
    """One remedy. run: the tests in which it was really run and left things better; why: why there is none yet."""

    remedy: str
    kind: str
    run: tuple[str, ...]
    why: str = ""

    @property
    def command(self) -> str:
        return self.remedy.partition(PARTED)[0]

    def fits(self, printed: str) -> bool:
        """Whether that is what the tool printed, its holes filled."""
        parts = [f"((?!{PARTED}).)*" if at % 2 else re.escape(part) for at, part in enumerate(HOLE.split(self.remedy))]
        return re.fullmatch("".join(parts), plain(printed)) is not None


@cache
def rows() -> tuple[Row, ...]:
    return tuple(
        Row(row["remedy"], kind, tuple(row["run"]), row.get("why", ""))
        for kind in KINDS for row in tomllib.loads((HERE / f"{kind}.toml").read_text(encoding="utf-8"))["row"]
    )  # fmt: skip


@cache
def settings() -> dict[str, Any]:
    """What holes are filled with where only the form of a command is looked at, and how many rows may be untried."""
    return tomllib.loads((HERE / "table.toml").read_text(encoding="utf-8"))


def of(printed: str) -> list[Row]:
    """The rows of a remedy that was printed: of those that fit, the ones with the most words of their own."""
    found = [row for row in rows() if row.fits(printed)]
    assert found, f"{printed!r} has no row in tests/remedies"
    own = max(len(HOLE.sub("", row.remedy)) for row in found)
    return [row for row in found if len(HOLE.sub("", row.remedy)) == own]


def filled(text: str) -> str:
    """The text with examples in its holes."""
    return HOLE.sub(lambda hole: str(settings()["holes"].get(hole[1], hole[0])), text)


def words(text: str) -> list[str]:
    """The arguments of a remedy of ours, behind `orchestrate` or `the same command`."""
    command = filled(text).partition(PARTED)[0].removeprefix(SAME)
    found = shlex.split(command)
    return found[found.index("orchestrate") + 1 :] if "orchestrate" in found else found


def kind_of(text: str) -> str:
    """The kind that a new row most likely is of."""
    if _OF_OURS.match(text):
        return COMMAND
    if text.startswith(_LOOKS):
        return LOOK
    return SHELL if re.match(r"[a-z-]+ .*[/{]", text) else HAND


def as_toml(remedies: Sequence[Remedy]) -> str:
    """Rows to paste, by the file they go into."""
    page = []
    for kind in KINDS:
        rows = [remedy for remedy in remedies if kind_of(remedy.text) == kind]
        page += [f"# tests/remedies/{kind}.toml"] if rows else []
        page += [f"\n[[row]]  # {' '.join(row.places)}\nremedy = {_quoted(row.text)}\nrun = []" for row in rows]
    return "\n".join(page)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
