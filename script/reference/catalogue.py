"""catalogue.md, from the catalogue of release lines."""

from __future__ import annotations

from typing import Any

from markdown import page as whole
from markdown import table

from orchestrator.releases.catalogue import Catalogue


def page() -> str:
    """The page."""
    catalogue = Catalogue.load()
    needs, starts, failures, repairs = [], [], [], []
    for entry in catalogue.entries:
        needs += [(entry.name, name, _wanted(need), need.source) for name, need in entry.known().items()]
        unknown = ", ".join(entry.unknown())
        needs += [(entry.name, f"not known: {unknown}", "", "")] if unknown else []
        if entry.migration:
            starts.append((entry.name, ", ".join(entry.migration.migrates), entry.migration.source))
        failures += [(entry.name, f.version, str(f.errno), f"`{f.object}`", f.source) for f in entry.benign]
        repairs += [(entry.name, r.version, f"`{r.drop_foreign_keys_of}`", r.why, r.source) for r in entry.repairs]
    return whole(
        "What is known of each release line",
        f"Serial {catalogue.serial} of the catalogue that this version of the tool brings along. Every entry names its source: "
        '"guide" is the vendor\'s Install and Admin Guide 20.10, "facts" is what was seen on real packages, databases and '
        "starts. What is not known of a line is said as not known, and is never guessed.",
        "An upgrade never skips a line: " + " -> ".join(catalogue.lines) + ".",
        "## What a line needs",
        "*stops*: without it the line is not reached; the rest is told as a warning.",
        table(("line", "what", "any one of", "source"), needs),
        "## What the first start of a line moves in the database",
        table(("line", "what", "source"), starts),
        "## Update files that are known to fail",
        "These failures are harmless: one is noted and the run goes on; any other error of any file stops it.",
        table(("line", "update", "error", "about", "source"), failures),
        "## Update files that need the database mended first",
        "The foreign keys of the column are dropped before the file is run, only when it is pending and the keys are there; the "
        "hop's restore point has them, and the ledger says what was dropped.",
        table(("line", "update", "drops foreign keys of", "why", "source"), repairs),
    )


def _wanted(need: Any) -> str:
    return ", ".join(need.any_of) + (" (stops)" if need.stops else "")
