"""The full schema file of 20.10: an empty database becomes what its own updates then complete (facts 5.3, 13.1, 13.3).

A real one states the tables as they are; this one states those of 19.10 and what became of them since, which comes to the same.
"""

from __future__ import annotations

from importlib import resources

from orchestrator.sandbox.database import bundles
from orchestrator.sandbox.database.rights import permissions
from orchestrator.sandbox.database.schema import TABLE_OPTIONS, history

LINE = "20.10"
LAST = "20.04.450"  # what it records last; later updates run right after it
NEVER = frozenset({"18.10.490", "19.10.000", "19.10.404"})  # OpenEMM's own: not recorded, so that they run after it as well
ONLY_FRESH = ("19.01.635", "19.10.432", "20.01.307", "20.01.418", "20.01.447")
_IN_THE_TABLES = "19.07.420"  # an index that 19.10 has already


def full_text() -> str:
    """The text of emm-mysql-fulldb-basic.sql."""
    later = [version for line in ("20.04", LINE) for version in bundles.update_versions(line) if _is_recorded(version)]
    changes = [version for version in dict.fromkeys(later) if version not in {*bundles.update_versions("19.10"), _IN_THE_TABLES}]
    recorded = {*history(), *filter(_is_recorded, bundles.update_versions("19.10")), *later, *ONLY_FRESH}
    rights = ", ".join(f"('{name}', '{name.partition('.')[0]}')" for name in permissions("19.10"))
    versions = ", ".join(f"('{version}', CURRENT_USER, CURRENT_TIMESTAMP)" for version in sorted(recorded))
    return "\n\n".join(
        [
            "-- The full schema; for an empty database only",
            *_statements("tables.sql"),
            *(text for text in _statements("company.sql") if text.startswith("CREATE")),
            f"INSERT INTO permission_tbl (permission_name, category) VALUES {rights};",  # noqa: S608
            *(bundles.body(version) for version in changes),
            *_statements("fresh.sql"),
            f"INSERT INTO agn_dbversioninfo_tbl (version_number, updating_user, update_timestamp) VALUES {versions};",  # noqa: S608
            "COMMIT;\n",
        ]
    )


def _is_recorded(version: str) -> bool:
    return version <= LAST and version not in NEVER


def _statements(name: str) -> list[str]:
    """The statements of one of our own files, which blank lines end, as a client takes them."""
    text = (resources.files(__package__) / "sql" / "schema" / name).read_text(encoding="utf-8").replace("{n}", "1")
    found = []
    for part in text.split("\n\n"):
        statement = "\n".join(line for line in part.strip().splitlines() if not line.startswith("--"))
        if statement.startswith("CREATE TABLE") and statement.endswith(")"):
            statement += TABLE_OPTIONS
        if "BEGIN" in statement:
            found.append(f"DELIMITER ;;\n{statement};;\nDELIMITER ;")
        elif statement:
            found.append(f"{statement};")
    return found
