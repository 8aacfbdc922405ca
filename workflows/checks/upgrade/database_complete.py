"""The database has every update of the release that is active now; the set, never its maximum (facts 13.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding
from workflows.model.plans import PackageKind

KNOWN_MISSING = frozenset({"19.07.420"})  # fails as known on 20.04 and leaves no row (facts 13.2)
SUBJECT = Subject(
    "database-complete", "the database is complete for the active release", "updates of the next release build on them", order=40
)


def check(journey: Journey) -> Iterator[Finding]:
    """Compare the package's mandatory list with the database."""
    host = journey.host
    frontend = host.home.active_folder(PackageKind.GUI)
    if frontend is None:
        return
    versions = host.database.versions()
    missing = sorted(host.home.mandatory_versions(frontend) - versions - KNOWN_MISSING)
    if missing:
        files = {file.version: file.path for file in host.home.sql_files(frontend)}
        first = next((files[one] for one in missing if one in files), None)
        way = f"mariadb openemm < {host.home_path}/{first}    and the files of the others, in the order of their names"
        yield SUBJECT.stops(
            f"{len(missing)} updates are missing: {', '.join(missing[:6])}",
            way if first else "orchestrate packages verify    is the active release complete?",
        )
    else:
        yield SUBJECT.fine(f"{len(versions)} updates")
