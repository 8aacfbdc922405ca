"""Which packages provide what: a data file for each distribution and version."""

from orchestrator.data.systems.table import RealCapabilities

__all__ = ["RealCapabilities"]
