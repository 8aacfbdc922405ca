"""catalogue.md, from the catalogue of release lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markdown import page as whole
from markdown import table

from orchestrator.packages.catalogue import Catalogue


def page() -> str:
    """The page."""
    catalogue = Catalogue.load()
    needs, starts, failures = [], [], []
    for entry in catalogue.entries:
        needs += [(entry.name, name, _wanted(need), need.source) for name, need in entry.known().items()]
        unknown = ", ".join(entry.unknown())
        needs += [(entry.name, f"not known: {unknown}", "", "")] if unknown else []
        if entry.migration:
            starts.append((entry.name, ", ".join(entry.migration.migrates), entry.migration.source))
        failures += list(_failures(entry))
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
        "A harmless failure is noted and the run goes on; any other error of any file stops it.",
        table(("line", "update", "error", "about", "", "source"), failures),
    )


def _wanted(need: Any) -> str:
    return ", ".join(need.any_of) + (" (stops)" if need.stops else "")


def _failures(entry: Any) -> Iterator[tuple[str, str, str, str, str, str]]:
    for known, word in ((entry.benign, "harmless"), (entry.failures_seen, "seen; not known to be harmless: stops")):
        for failure in known:
            yield entry.name, failure.version, str(failure.errno), f"`{failure.object}`", word, failure.source
