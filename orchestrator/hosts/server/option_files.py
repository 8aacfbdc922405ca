"""The option files of a database server: which there are, what they set, and which are as their package shipped them."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.command import PATH, run
from orchestrator.files import read_small, small_text

_SECONDS = 60.0
_SKIP = "skip_"


@dataclass(frozen=True)
class Option:
    """An option as a file says it; names with underscores, a bare name is "ON"."""

    file: Path
    group: str
    name: str
    value: str


def roots(help_text: str) -> list[Path]:
    """The files that a server reads, in its order, as its --help says it; the one of a user's home is left out."""
    found = re.search(r"read from the following files in the given order:\s*\n(.*)", help_text)
    return [Path(word) for word in found[1].split() if word.startswith("/")] if found else []


def folders(files: Sequence[Path]) -> list[Path]:
    """The folders that these files include, in the order of their reading."""
    return [path for path in _walk(files) if path.is_dir()]


def options(files: Sequence[Path]) -> Iterator[Option]:
    """All options of these files and of what they include, in the order of their reading: the last one counts."""
    for path in _walk(files):
        if path.is_file():
            yield from parse(path, small_text(path, errors="replace"))


def parse(file: Path, text: str) -> Iterator[Option]:
    """The options in the text of one file."""
    group = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip().lower()
        elif line and line[0] not in "#;!":
            name, equals, value = line.partition("=")
            name = name.strip().replace("-", "_").lower().removeprefix("loose_")
            yield Option(file, group, name, re.sub(r"\s#.*", "", value).strip().strip("\"'") if equals else "ON")
            if name.startswith(_SKIP) and not equals:
                yield Option(file, group, name.removeprefix(_SKIP), "OFF")


def shipped(file: Path) -> bool:
    """Whether a file is, byte for byte, what its package brought: nobody configured it."""
    real = file.resolve()
    content = read_small(real)
    digests = {hashlib.md5(content, usedforsecurity=False).hexdigest(), hashlib.sha256(content).hexdigest()}
    listed = {tuple(line.split()[:2]) for line in (*_listed_by_dpkg(real), *_listed_by_rpm(real))}
    return any((str(real), digest) in listed for digest in digests)


def _listed_by_dpkg(file: Path) -> list[str]:
    """The configuration files of the package it is of, with their MD5."""
    if not shutil.which("dpkg-query", path=PATH):
        return []
    owner = run(["dpkg-query", "--search", str(file)], timeout=_SECONDS, expect=None)
    if owner.exit_code:
        return []
    package = owner.stdout.partition(":")[0]
    return run(["dpkg-query", "--show", "--showformat=${Conffiles}", package], timeout=_SECONDS, expect=None).stdout.splitlines()


def _listed_by_rpm(file: Path) -> list[str]:
    """The files of the package it is of, with their SHA-256."""
    if not shutil.which("rpm", path=PATH):
        return []
    arguments = ["rpm", "-qf", "--queryformat", "[%{FILENAMES} %{FILEDIGESTS}\n]", str(file)]
    return run(arguments, timeout=_SECONDS, expect=None).stdout.splitlines()


def _walk(files: Sequence[Path]) -> Iterator[Path]:
    """Files and included folders, depth first; what a folder holds comes after the folder."""
    for file in files:
        if not file.is_file():
            continue
        yield file
        for line in small_text(file, errors="replace").splitlines():
            word, _, argument = line.strip().partition(" ")
            target = Path(argument.strip())
            if word == "!include":
                yield from _walk([target])
            elif word == "!includedir" and target.is_dir():
                yield target
                yield from _walk(sorted(target.glob("*.cnf")))
