"""What every check of the doctor is given: the host, and what several of them ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from workflows.host import Host
from workflows.host.mail import Clue, MailServer
from workflows.host.network import Names
from workflows.model.answers import Mta
from workflows.rules.mta import Decision, decide


@dataclass(frozen=True)
class Visit:
    """One examination; what was asked once is not asked again."""

    host: Host
    names: Names

    @cached_property
    def clues(self) -> Sequence[Clue]:
        """What tells OpenEMM which mail server to use."""
        return self.host.mail.clues()

    @cached_property
    def decision(self) -> Decision:
        """Which mail server OpenEMM uses, and why."""
        return decide(self.clues)

    @cached_property
    def server(self) -> MailServer:
        """That server."""
        return self.host.mail.server(self.decision.mta)

    @cached_property
    def running(self) -> tuple[Mta, ...]:
        """The mail servers that run."""
        return tuple(mta for mta in Mta if self.host.mail.server(mta).processes())

    @cached_property
    def installed(self) -> tuple[Mta, ...]:
        """The mail servers that are installed."""
        return tuple(mta for mta in Mta if self.host.mail.server(mta).version())
