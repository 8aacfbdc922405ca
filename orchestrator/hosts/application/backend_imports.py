"""Import what a release's backend imports. Run by that backend's own Python, 3.7 or later, never by ours: it is given as text.

Usage: python3 -c TEXT FOLDER [MODULE ...]. Every import that a script in FOLDER makes at its top is made as it stands there,
without the rest of the script; what a script can do without, and imports inside of try or of a function, is left out.
The last line of the output is JSON: program (of the base), version, and what could not be imported, each once with its place.
"""

from __future__ import annotations

import ast
import json
import sys
import traceback
from pathlib import Path
from typing import Any

MOST = 20  # failures
LONGEST = 200  # characters of one


def attempt(failures: dict[str, str], folder: str, label: str, code: Any) -> None:
    """Run an import; keep what it says when it fails, with the innermost place in the folder."""
    try:
        exec(code, {})  # noqa: S102 - as the user whose files these are
    except BaseException as error:  # noqa: BLE001 - whatever a module raises, its service would end with it
        places = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(f"{folder}/")]
        told = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in places] or [label]
        failures.setdefault(f"{type(error).__name__}: {error}"[:LONGEST], told[-1])


def statements(folder: Path) -> list[tuple[str, ast.stmt]]:
    """The imports of every script for Python 3, each once, with the place where it stands first."""
    found: dict[str, tuple[str, ast.stmt]] = {}
    for file in sorted(folder.glob("*.py")):
        text = file.read_bytes()
        if b"python2" in text.partition(b"\n")[0]:
            continue
        try:
            tree = ast.parse(text)
        except SyntaxError:  # of Python 2
            continue
        for node in tree.body:
            if isinstance(node, (ast.Import, ast.ImportFrom)) and getattr(node, "module", "") != "__future__":
                found.setdefault(ast.dump(node), (f"{file.name}:{node.lineno}", node))
    return list(found.values())


def main(folder: str, *modules: str) -> None:
    """Say it."""
    failures: dict[str, str] = {}
    sys.path.insert(0, folder)
    for place, node in statements(Path(folder)):
        attempt(failures, folder, place, compile(ast.Module([node], []), place, "exec"))
    for module in modules:
        attempt(failures, folder, f"import {module}", compile(f"import {module}", "import", "exec"))
    base = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    said = {
        "program": str(base), "version": ".".join(str(part) for part in sys.version_info[:3]),
        "failures": [f"{place}: {error}" for error, place in failures.items()][:MOST],
    }  # fmt: skip
    sys.stdout.write(f"\n{json.dumps(said)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
