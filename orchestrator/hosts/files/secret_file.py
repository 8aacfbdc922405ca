"""A password that stands in a file of its own, so that it stands on no command line and in no answers."""

from __future__ import annotations

from pathlib import Path

from orchestrator.errors import hide
from orchestrator.files import small_text
from orchestrator.places import see_file
from workflows.model.errors import RefusedError


def read_secret(path: str) -> str:
    """The one line of a file that only its owner can read.

    Raises:
        PlaceError: it is another user's, or no file.
        RefusedError: "password-file-missing", "password-file-open", "password-file-empty".
    """
    file = Path(path)
    see_file(file)
    try:
        mode = file.stat().st_mode
        lines = small_text(file).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RefusedError(
            f"cannot read the password file {path}: {reason}", key="password-file-missing", unharmed=["no password was changed"],
            next=[f"ls -l {path}"],
        ) from None  # fmt: skip
    if mode & 0o077:
        raise RefusedError(
            f"the password file {path} is open to others", key="password-file-open", unharmed=["no password was changed"],
            next=[f"chmod 600 {path}"],
        )  # fmt: skip
    if len(lines) != 1 or not lines[0]:
        raise RefusedError(
            f"the password file {path} must have one line, and has {len(lines)}", key="password-file-empty",
            unharmed=["no password was changed"],
        )  # fmt: skip
    hide(lines[0])
    return lines[0]
