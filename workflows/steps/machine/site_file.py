"""The site file of this tool: where the packages come from, and how the host is called in its ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.installation import Difference
from workflows.model.step import Context
from workflows.steps.setup import SetupStep


@dataclass(frozen=True)
class SiteFile(SetupStep):
    """Write the site file, so that every later command finds this host; one that is there is left as it is."""

    part: ClassVar[str] = "site-file"
    label: ClassVar[str] = "site file"

    def look(self, host: Host) -> Sequence[Difference]:
        """Whether there is one."""
        if not self.plan.site_file or host.files.read(self.plan.site_file) is not None:
            return ()
        return [Difference("site-file", self.plan.site_file, None, "written")]

    def files(self, host: Host) -> Sequence[str]:
        """That one."""
        del host
        return [self.plan.site_file]

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Write it, for root alone."""
        del ctx, differences
        host.files.write(self.plan.site_file, self.plan.site_text, mode=0o600)
