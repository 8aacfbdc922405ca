"""Whether a start would be the first of its line on this database, and which folder on the host holds the site's values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

from workflows.model.errors import RefusedError, refusing
from workflows.model.plans import FirstStart, Hop, PackageKind
from workflows.model.version import Version
from workflows.rules.site_values import unset
from workflows.steps.application.first_start import is_due, values_for, without_values

if TYPE_CHECKING:
    from workflows.host import Host


def with_first_start(host: Host, hop: Hop, gui: str | None = None, *, restored: bool = False) -> Hop:
    """The hop with what goes before its start, should that be the first of its line (facts 24.2).

    Args:
        host: the host.
        hop: what is started, from what lies on the host already.
        gui: the folder of its GUI; None: that of the active one.
        restored: the run puts a database back before, and looks then whether its line was ever started on it.

    Raises:
        RefusedError: "first-start-without-values": no folder on the host has a value for a setting that must have one;
            and as the host says when a dump could not be tried or put back.
    """
    folder = gui or host.home.active_folder(PackageKind.GUI)
    if folder is None or "config-values" not in hop.rules.migrates or not (restored or is_due(host, hop.rules)):
        return hop
    rows = {} if restored else host.database.config()  # what the database holds then is not known now
    tried = []
    for first in _candidates(host, hop, folder, restored=restored):
        found = values_for(host, first, hop.rules)
        missing = unset(found, rows, hop.rules)
        tried.append((len(missing), first, missing, found))
    _, first, missing, found = min(tried, key=itemgetter(0))  # the first of equals
    if missing and not restored:  # else the step tells, once the database is back
        error = without_values(hop.target.version, missing, found, host)
        raise RefusedError(
            error.message, key=error.error_key, detail=error.detail, unharmed=["nothing was changed"], next=error.next
        )
    if not restored:
        refusing(host.backups.can_restore)  # it takes a dump first, and may be taken back
    return replace(hop, first=first)


def _candidates(host: Host, hop: Hop, gui: str, *, restored: bool) -> Iterator[FirstStart]:
    """With each older release on the host, the newest first, and without one."""
    installed = [one.tree for one in host.home.installed() if one.tree.version[:1].isdigit()]
    services = {tree.version: tree.folder for tree in installed if tree.kind is PackageKind.WEBSERVICES}
    webservices = services.get(hop.target.version) or host.home.active_folder(PackageKind.WEBSERVICES)
    older = [tree for tree in installed if tree.kind is PackageKind.GUI and _line(tree.version) < _line(hop.target.version)]
    for tree in sorted(older, key=lambda tree: Version.parse(tree.version), reverse=True):
        yield FirstStart(gui, webservices, (tree.folder, services.get(tree.version)), restored)
    yield FirstStart(gui, webservices, None, restored)


def _line(version: str) -> Version:
    return Version.parse(Version.parse(version).line)
