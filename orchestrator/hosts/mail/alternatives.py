"""The group `mta` of alternatives: RHEL's, and Debian's under the same name (LAB). What is set is told by links, not by words."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestrator.command import PATH, CommandError, run
from workflows.host.mail import Alternative
from workflows.model.errors import WorkflowError

GROUP = "mta"
LINK = Path("/etc/alternatives/mta")
ADMIN = (Path("/var/lib/alternatives/mta"), Path("/var/lib/dpkg/alternatives/mta"))
SECONDS = 30.0
REFUSED = 2


class SystemAlternatives:
    """As `workflows.host.mail.Alternatives` asks for it."""

    def current(self) -> Alternative:
        """The link, and the first line of the group's own file: auto or manual."""
        target = str(LINK.readlink()) if LINK.is_symlink() else None
        record = next((path for path in ADMIN if path.is_file()), None)
        mode = record.read_text(errors="replace").partition("\n")[0].strip() if record else ""
        return Alternative(target, manual=mode == "manual", registered=record is not None)

    def set(self, target: str) -> None:
        """By hand."""
        try:
            run([self._program(), "--set", GROUP, target], timeout=SECONDS)
        except CommandError as error:
            raise WorkflowError(
                f"cannot let alternatives lead to {target}", key="alternative-unknown", command=error.command,
                detail=error.detail,
                next=[f"alternatives --display {GROUP}    what is registered"],
            ) from error  # fmt: skip

    def automatic(self) -> None:
        """By priority."""
        run([self._program(), "--auto", GROUP], timeout=SECONDS)

    def _program(self) -> str:
        found = shutil.which("alternatives", path=PATH) or shutil.which("update-alternatives", path=PATH)
        if found is None:
            raise WorkflowError("cannot switch: there is no alternatives on this host", key="alternatives-missing")
        return found
