"""Whether the Python that a release's own scripts find can import what its backend imports (facts 18.2, 24.1).

The release's config.sh chooses the Python and enters a virtual environment of its own; all of it is run as OpenEMM's user, whose
files these are. It works on BASE, which is a folder of links here: to the programs and scripts of that release, which need not be
active, and to opt and etc of the home. So nothing is left in the home, and what config.sh does only where BASE is HOME, from
23.10 on, is left out: letting pip install.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from orchestrator.command import CommandError, run, tail
from orchestrator.user import command_as, environment_of
from workflows.host.software import BackendPython

SECONDS = 180.0
OUTPUT_BYTES = 64 << 10
_ASK = """folder=$1 text=$2; shift 2
BASE=$(mktemp -d) || exit; export BASE
trap 'rm -rf "$BASE"' EXIT
mkdir -p "$BASE/var/log"
for name in bin lib scripts JAVA; do ln -s "$folder/$name" "$BASE/$name"; done
for name in opt etc plugins; do [ -e "$HOME/$name" ] && ln -s "$HOME/$name" "$BASE/$name"; done
export PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
cd /
. "$BASE/scripts/config.sh"
if type py3required >/dev/null 2>&1; then py3required; elif type setupVirtualEnviron >/dev/null 2>&1; then setupVirtualEnviron; fi
python=$HOME/$(basename "${VIRTUAL_ENV:-none}")/bin/python3
[ -x "$python" ] || python=python3
"$python" -c "$text" "$folder/scripts" "$@"
"""  # the virtual environment that the home has already, made by an earlier start, is the one that the next start takes


def ask(user: str, home: Path, folder: Path, modules: Sequence[str]) -> BackendPython | None:
    """Import what the scripts in folder/scripts import, and these modules; None where that backend has no config.sh.

    Args:
        user: OpenEMM's, as whom it is done.
        home: of OpenEMM.
        folder: of the release, active or only staged.
        modules: what it imports only when it needs it.
    """
    if not (folder / "scripts/config.sh").is_file():
        return None
    text = (files(__package__) / "backend_imports.py").read_text(encoding="utf-8")
    script = f"exec 2>&1; ({_ASK}) </dev/null | tail -c {OUTPUT_BYTES}"
    args = command_as(user, home, ["/bin/bash", "-c", script, "bash", str(folder), text, *modules])
    try:
        said = run(args, timeout=SECONDS, expect=None, env=environment_of(user, home), cwd="/").stdout
    except CommandError as error:
        return BackendPython(None, None, (error.message, *error.detail[-3:]))
    answer = _answer(said)
    if answer is None:
        return BackendPython(None, None, tuple(tail(said, 3)) or ("its config.sh says nothing",))
    return BackendPython(str(answer["program"]), str(answer["version"]), tuple(map(str, answer["failures"])))


def _answer(said: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(said.rstrip().rpartition("\n")[2])
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and {"program", "version", "failures"} <= answer.keys() else None
