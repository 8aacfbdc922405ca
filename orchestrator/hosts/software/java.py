"""The Javas of this host, by what their homes say of themselves (guide 3.2, 3.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from orchestrator.command import CommandError
from orchestrator.files import small_text
from orchestrator.user import run_as_owner

FOLDER = Path("/usr/lib/jvm")
SECONDS = 30.0
_RELEASE = re.compile(r'^JAVA_VERSION="([^"]+)"', re.MULTILINE)
_SAID = re.compile(r'version "([^"]+)"')


def version(home: Path) -> str | None:
    """From the file `release` of a JDK or JRE, else as it says it; None when there is no bin/java."""
    if not (home / "bin/java").is_file():
        return None
    for release in (home / "release", home.resolve().parent / "release"):  # a JRE of Java 8 may lie in its JDK
        match = _RELEASE.search(small_text(release, errors="replace")) if release.is_file() else None
        if match:
            return match[1]
    try:
        said = run_as_owner(home / "bin/java", [str(home / "bin/java"), "-version"], timeout=SECONDS)
    except CommandError:
        return None
    match = _SAID.search(said.stderr + said.stdout)
    return match[1] if match else None


def found(folder: Path, program: str | None) -> Sequence[tuple[str, str]]:
    """Home and version of all below that folder, and of the program on the path, newest first; each once.

    A home is told by the shortest of its names that has a number in it: the name with all of the version is gone after an update.
    """
    names: dict[Path, list[Path]] = {}
    for home in sorted(folder.iterdir()) if folder.is_dir() else ():
        if home.name.startswith("java") and (home / "bin/java").is_file():
            names.setdefault(home.resolve(), []).append(home)
    if program:
        home = Path(program).resolve().parent.parent
        if (home / "bin/java").is_file():
            names.setdefault(home, [home])
    homes = [min(known, key=lambda path: (not any(map(str.isdigit, path.name)), len(path.name))) for known in names.values()]
    versions = [(str(home), said) for home in homes if (said := version(home))]
    return sorted(versions, key=lambda pair: _numbers(pair[1]), reverse=True)


def _numbers(version_: str) -> tuple[int, ...]:
    """1.8.0_412 is 8."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", version_))
    return numbers[1:] if numbers[:1] == (1,) else numbers
