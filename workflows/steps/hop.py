"""What the steps of a hop have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from workflows.model.parts import BACKUP, WRITE_DATA
from workflows.model.plans import Hop
from workflows.model.step import Context, StepDefaults


class HopStep(StepDefaults):
    """A step of a hop; when it fails, it says what of the host is as it was.

    part: its name behind the hop's. label: how people read it, the same unless given.
    """

    hop: Hop
    part: ClassVar[str]
    label: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """Its name in the run: hop1.stop."""
        return f"{self.hop.prefix}.{self.part}"

    @property
    def title(self) -> str:
        """What people read: hop 1 stop."""
        return f"{self.hop.title} {self.label or self.part}"

    def unharmed(self, ctx: Context) -> Sequence[str]:
        """The data, by whether the hop has written any and where its restore point lies; and the hop behind this one."""
        said = []
        backup = ctx.facts_of(f"{self.hop.prefix}.{BACKUP}").get("backup")
        if not any(ctx.intent_of(f"{self.hop.prefix}.{part}") for part in WRITE_DATA):
            said.append(f"the database: nothing of {self.hop.title} has changed it")
        elif backup:
            said.append(f"the data of {self.hop.source}: backup {backup}, restored and compared")
        if not self.hop.final:
            said.append(f"the SQL of the hop behind {self.hop.target.version} has not begun")
        return said
