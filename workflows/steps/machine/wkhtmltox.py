"""wkhtmltox, which makes previews and PDF files (guide 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.errors import RefusedError
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.steps.machine import packages
from workflows.steps.setup import SetupStep

PACKAGE = "wkhtmltox.package"
PROGRAM = "wkhtmltopdf"


@dataclass(frozen=True)
class Wkhtmltox(SetupStep):
    """Install the package file that was named; without one it is left out, for the distribution's own may be buggy."""

    part: ClassVar[str] = "wkhtmltox"
    guide: ClassVar[tuple[str, ...]] = ("4.5",)

    def look(self, host: Host) -> Sequence[Difference]:
        """Whether the package of that file is installed, in that version."""
        file = self.plan.answers.wkhtmltox
        if file is None:
            return []
        name, version = host.os_packages.describe(file)
        now = host.os_packages.installed([name]).get(name)
        return [] if now == version else [Difference(PACKAGE, name, now, version, by_admin=now is not None)]

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """By the package manager, with what it needs.

        Raises:
            RefusedError: "wkhtmltox-of-other-version" when another is installed, whose package could not be put back.
        """
        file = self.plan.answers.wkhtmltox
        if file is None:
            return
        if differences[0].now is not None:
            raise RefusedError(
                f"cannot replace {differences[0].what} {differences[0].now}: it could not be put back",
                key="wkhtmltox-of-other-version", unharmed=[f"{differences[0].what}: as it was"],
                next=[f"the same command with --keep {PACKAGE}    uses the one that is there",
                      "orchestrate resume    once it is removed"],
            )  # fmt: skip
        packages.install(ctx, host, [file])

    def take_back(self, ctx: Context, host: Host) -> None:
        """The package goes with what came with it."""
        packages.take_back(ctx, host)

    def evidence(self, host: Host) -> Facts:
        """Where it is; without it previews are missing."""
        program = host.software.program(PROGRAM)
        if program is None:
            return {"left_out": "previews and PDF files are missing until wkhtmltox is installed"}
        return {"program": program, "version": host.software.program_version(program)}
