"""What every check of an installation is given: the ground it is to stand on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from workflows.checks.install.records import Records, ask
from workflows.host import Host
from workflows.host.network import Names
from workflows.model.answers import Verdict
from workflows.model.errors import WorkflowError
from workflows.model.installation import Difference, InstallPlan
from workflows.rules.mta import capabilities
from workflows.rules.packages import CAPABILITIES, lacking, require_obtainable


@dataclass(frozen=True)
class Shortage:
    """The packages that are missing. error: why they cannot be had; None: they can."""

    missing: Sequence[str] = ()
    error: WorkflowError | None = None


@dataclass(frozen=True)
class Ground:
    """The host and what is to become of it; what was asked once is not asked again.

    differences: what a step of the run, named as in it, would find to change.
    """

    host: Host
    plan: InstallPlan
    names: Names
    differences: Callable[[str], Sequence[Difference]]

    def accepted(self, key: str) -> bool:
        """Whether the administrator knows better: `--keep KEY`."""
        return self.plan.answers.differences.get(key) is Verdict.KEEP

    @cached_property
    def records(self) -> Records:
        """What the name service tells."""
        return ask(self.names, self.plan.answers)

    @cached_property
    def shortage(self) -> Shortage:
        """Of the packages that the steps would install."""
        try:
            wanted = self._wanted()
            missing = [name for capability in wanted for name in lacking(self.host, capability)]
            if missing:
                require_obtainable(self.host, wanted)
        except WorkflowError as error:
            return Shortage(error=error)
        return Shortage(missing)

    def _wanted(self) -> list[str]:
        procmail = self.host.software.program("procmail") is not None
        wanted = [*CAPABILITIES, *capabilities(self.plan.answers.mta, procmail=procmail)]
        if self.plan.answers.database == "local" and self.host.server.version() is None:
            wanted += ["database-server", "database-client"]
        return wanted
