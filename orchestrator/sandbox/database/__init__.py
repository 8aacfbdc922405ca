"""The sandbox's OpenEMM database: its schema and data at 19.10, and the SQL files of the packages (facts 5 to 8, 13, 17)."""

from orchestrator.sandbox.database.bundles import LINES, bundle, update_versions
from orchestrator.sandbox.database.schema import create_schema

__all__ = ["LINES", "bundle", "create_schema", "update_versions"]
