"""Every setting that the way moves out of the site's files has a value, and what moves nowhere is told (facts 24.2).

A marker or nothing in the file is stored as such for good by the first start, or its shipped default is, and the gate behind it
stays shut: so it is found while mail still runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding
from workflows.model.plans import Hop, PackageKind
from workflows.model.values import SiteValues
from workflows.rules.configuration import is_known
from workflows.rules.site_values import Rows, command, judge, kept_by, set_command, unset

LOST = "values that no release keeps"
SHIPPED = "values as shipped are not taken for the site's"
SUBJECT = Subject("site-values", "every value that moves into the database is there", order=130)


def check(journey: Journey) -> Iterator[Finding]:
    """Only when a hop of the plan moves values; they stand in the active release's files, also when other hops come first."""
    host, plan = journey.host, journey.plan
    hop = next((hop for hop in plan.hops if hop.rules.moves), None) if plan else None
    gui = host.home.active_folder(PackageKind.GUI)
    if hop is None or gui is None:
        return
    files = host.home.property_files(gui, host.home.active_folder(PackageKind.WEBSERVICES))
    values = judge(files, host.releases.shipped(files.version), hop.rules)
    rows = host.database.config()
    line, where = hop.rules.line, f"{host.home_path}/{gui}/WEB-INF/classes"
    missing = unset(values, rows, hop.rules)
    for one in missing:
        why = f"the first start of {line} stores it as it is, or stores nothing; it is read in {where} and config_tbl"
        yield SUBJECT.but(why=why, source="facts 17.3 and 24.2").stops(one.said, command(one, values, rows))
    if not missing:
        yield SUBJECT.fine(f"{len(values.config)} values of the site's are carried into {line}")
    yield from _lost(hop, values, rows, files.emm)
    needed = hop.rules.moves.needed if hop.rules.moves else ()
    if left := [key for key in values.as_shipped if key in needed and key not in rows]:
        yield SUBJECT.but(title=SHIPPED, why=f"{line} stores its own shipped value").warns(
            f"left as the release ships it: {', '.join(left)}", set_command(left[0], None, "what it really is")
        )
    if not values.compared:
        yield SUBJECT.but(title=SHIPPED, why="only what is known to be shipped is told from what the site set").warns(
            f"the package of {files.version} is not at hand", f"put openemm-gui-{files.version}.tar.gz into the package folder"
        )


def _lost(hop: Hop, values: SiteValues, rows: Rows, emm: Mapping[str, str]) -> Iterator[Finding]:
    kept = kept_by(values.lost, rows)
    lost = [key for key in values.lost if key not in kept]
    why = f"the site set it in its files, and {hop.rules.line} moves it nowhere: it is not carried"
    subject = SUBJECT.but(title=LOST, why=why)
    known = [key for key in lost if is_known(key) and key in emm]
    for key in known:
        yield subject.warns(key, set_command(key, emm[key], "the database keeps it"))
    if others := [key for key in lost if key not in known]:
        yield subject.warns(", ".join(others))
