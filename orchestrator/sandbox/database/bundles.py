"""The SQL and list files of a frontend package, by release line (facts 5.3, 13.1).

The updates are sections of sql/updates/*.sql, each begun by a line `--- VERSION what it does`: a version that several bundles
ship has the same text in all of them. What all update files have alike, heading and the row of their own, is added here.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from orchestrator.sandbox.database import messages, rights

UPDATES = {
    "19.10": """
        18.10.490 19.04.{003,017,054,088,123,160,214,255,300,347,378,402}
        19.07.{011,052,096,133,187,240,289,322,355,364,387,396,503} 19.10.{000,001,002}""",
    "20.04": """
        18.10.490 19.01.634 19.07.{410,420,478,501,503,506,559}
        19.10.{000,001,002,087,088,105,121,181,196,205,236,270,275,295,319,355,404,422,448,467}
        20.01.{008,018,023,062,225,257,300,315,460,504} 20.07.383 20.07.492""",
    "20.10": """
        18.10.490 19.10.000 19.10.404 20.01.{368,392,402,407,476,545,570,596,618}
        20.04.{011,071,074,087,177,178,205,250,272,295,300,320,331,360,366,394,419,449,450}
        20.07.{016,019,020,053,054,058,064,101,102,104,110,119,132,133,225,229,283,284,381,383,489,492}
        20.10.{006,007,014,026,027,036,037,116,123}""",
}
LINES = tuple(UPDATES)
OPENEMM_ONLY = frozenset({"18.10.490", "19.10.000", "19.10.404", "20.04.450", "20.07.019", "20.07.383"})
LOWER_CASE_USER = frozenset({"19.07.355", "19.07.387"})
NO_FINAL_NEWLINE = frozenset(
    {"19.04.378", "19.10.001", "19.10.355", "20.01.018", "20.01.460"}
    | {"20.01.570", "20.04.331", "20.07.064", "20.07.283", "20.10.036", "20.10.123"}
)

_SECTION = re.compile(r"^--- (\S+) (.+)\n", re.MULTILINE)


def update_versions(line: str) -> list[str]:
    """The update versions of a line's bundle, in the order of their file names.

    Raises:
        KeyError: the sandbox has no such line.
    """
    versions = []
    for word in UPDATES[line].split():
        prefix, _, numbers = word.partition("{")
        versions += [prefix + number for number in numbers.rstrip("}").split(",")]
    return versions


def bundle(line: str) -> dict[str, str]:
    """The database files of a line's frontend package: path below WEB-INF -> text.

    Args:
        line: "19.10", "20.04" or "20.10".

    Raises:
        KeyError: the sandbox has no such line.
    """
    versions = update_versions(line)
    files = {f"sql/mysql/{file_name(version)}": update_text(version) for version in versions}
    return files | {
        "sql/mysql/emm-mysql-messages.sql": messages.main_text(line),
        "sql/mysql/emm-mysql-messages-deleted.sql": messages.deleted_text(),
        "sql/mysql/emm-mysql-messages-openemm.sql": messages.openemm_text(line),
        "sql/userrights.sql": rights.userrights_text(line),
        "classes/mandatoryDbChanges_mysql.csv": "".join(f"{version}\n" for version in versions),
    }


def file_name(version: str) -> str:
    """The name of an update file: those that the commercial edition shares end in -basic."""
    return f"emm-mysql-update-{version}.sql" if version in OPENEMM_ONLY else f"emm-mysql-update-{version}-basic.sql"


def update_text(version: str) -> str:
    """The whole text of one update file; its last statement records its own version (facts 5.4)."""
    title = _sections()[version][0]
    user = "current_user" if version in LOWER_CASE_USER else "CURRENT_USER"
    end = "" if version in NO_FINAL_NEWLINE else "\n"
    return (
        f"-- Update {version}: {title}\n\n{body(version)}\n\n"
        "INSERT INTO agn_dbversioninfo_tbl (version_number, updating_user, update_timestamp)\n"
        f"\tVALUES ('{version}', {user}, CURRENT_TIMESTAMP);{end}"
    )


def body(version: str) -> str:
    """What an update does, without the record of its version."""
    return _sections()[version][1].strip()


@cache
def _sections() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for file in (resources.files(__package__) / "sql" / "updates").iterdir():
        parts = _SECTION.split(file.read_text(encoding="utf-8"))[1:]
        found |= {version: (title, body) for version, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)}
    return found
