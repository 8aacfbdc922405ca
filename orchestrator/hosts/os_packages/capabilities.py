"""Which packages provide what, as the data file of the distribution says."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.data import distributions
from workflows.host.os_packages import Provided, Repository
from workflows.host.system import Distribution
from workflows.model.errors import RefusedError, WorkflowError


class RealCapabilities:
    """As `workflows.host.os_packages.Capabilities` asks for it."""

    def __init__(self, distribution: Distribution) -> None:
        """Name the distribution."""
        self._distribution = distribution

    def supported(self) -> Sequence[str]:
        """Those there is a data file for."""
        return [table.name for table in distributions.tables().values()]

    def provided(self, capability: str) -> Provided:
        """From the data file."""
        distribution = self._distribution
        if not distribution.supported:
            raise RefusedError(
                f"cannot install on {distribution.name}: nobody has said which packages it has", key="distribution-unknown",
                detail=self.supported(), unharmed=["nothing was changed"],
                next=["cat /etc/os-release    what this host says it is"],
            )  # fmt: skip
        table = distributions.tables()[distribution.file]
        found = table.capability.get(capability)
        if found is None:
            raise WorkflowError(f"internal error: nothing is known of {capability} on {table.name}", key="capability-unknown")
        named = table.repository[found.repository] if found.repository else None
        repository = Repository(found.repository, named.any_of, named.enable) if named else None
        return Provided(capability, found.packages, repository, found.version, found.path, found.note)
