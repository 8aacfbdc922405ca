"""What every check of a switch is given."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.host import Host
from workflows.host.mail import MailServer
from workflows.rules.mta import MtaPlan


@dataclass(frozen=True)
class Question:
    """May this host switch as planned?"""

    host: Host
    plan: MtaPlan

    @property
    def old(self) -> MailServer:
        """The server that is left."""
        return self.host.mail.server(self.plan.old)

    @property
    def new(self) -> MailServer:
        """The server that takes over."""
        return self.host.mail.server(self.plan.new)
