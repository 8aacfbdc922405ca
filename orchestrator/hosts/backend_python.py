"""Whether the Python that a release's own scripts find can import what its backend imports (facts 18.2, 24.1).

The release's config.sh chooses the Python and makes or enters its virtual environment; all of it is run as OpenEMM's user, whose
files these are. From 23.10 on config.sh lets pip install where HOME is BASE; with HOME written otherwise it leaves that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from orchestrator.hosts.command import CommandError, run, tail
from orchestrator.hosts.user import command_as, environment_of
from workflows.host import BackendPython

SECONDS = 180.0
OUTPUT_BYTES = 64 << 10
_ASK = """folder=$1 text=$2; shift 2
export BASE="$HOME" PYTHONDONTWRITEBYTECODE=1
had="|$(printf '%s|' "$HOME"/.venv.*)"
cd /
HOME="$HOME/."; export HOME
. "$folder/scripts/config.sh"
if type py3required >/dev/null 2>&1; then py3required; elif type setupVirtualEnviron >/dev/null 2>&1; then setupVirtualEnviron; fi
export PYTHONPATH="$folder/scripts:${PYTHONPATH:-}"
python3 -c "$text" "$folder/scripts" "$@"
case "$had" in *"|$VIRTUAL_ENV|"*) ;; *) case "$VIRTUAL_ENV" in "$BASE"/.venv.*) rm -rf "$VIRTUAL_ENV" ;; esac ;; esac
"""  # a virtual environment that was not there before goes again: a question leaves nothing behind


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
    text = (files("orchestrator.hosts") / "backend_imports.py").read_text(encoding="utf-8")
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
