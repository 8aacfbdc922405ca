"""Which packages provide what: a data file for each distribution and version."""

from orchestrator.hosts.setup.capabilities.table import RealCapabilities

__all__ = ["RealCapabilities"]
