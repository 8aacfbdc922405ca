"""The values an admin set in files are carried into the new release before its first start (facts 8.3, 17.3, 24.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from workflows.host.home import CarriedFile
from workflows.model.parts import CARRY
from workflows.model.plans import Hop, PackageKind
from workflows.model.step import Context, Done, Facts, LedgerNote
from workflows.model.values import SiteValues
from workflows.rules.site_values import kept_by, read_values
from workflows.rules.trees import tree_of
from workflows.steps.application.stop import keep_stopped
from workflows.steps.hop import HopStep

WEB_APPLICATIONS = (PackageKind.GUI, PackageKind.WEBSERVICES)


@dataclass(frozen=True)
class CarryValues(HopStep):
    """Carry values of emm.properties, emm-ws.properties and web.xml, and mend rows that would keep them from being stored.

    Undo needs nothing here: the new folder goes with the staged trees, the rows with the restore point.
    """

    hop: Hop
    part: ClassVar[str] = CARRY
    label: ClassVar[str] = "carry values"

    def prepare(self, ctx: Context) -> Facts:
        """The folders that are active, and the values that the site has set in them."""
        home = ctx.host.home
        folders = {kind.value: home.active_folder(kind) for kind in WEB_APPLICATIONS}
        gui = folders[PackageKind.GUI.value]
        found = read_values(ctx.host, gui, folders[PackageKind.WEBSERVICES.value], self.hop.rules) if gui else SiteValues()
        return {"folders": folders, **intent_of(found)}

    def do(self, ctx: Context) -> Done:
        """Carry; safe to be done again, the sources are never written."""
        keep_stopped(ctx)
        if "site" not in ctx.intent:  # an older version of this tool looked
            ctx.remember(**self.prepare(ctx))
        targets = {kind: tree_of(ctx, self.hop, kind).folder for kind in WEB_APPLICATIONS if ctx.intent["folders"][kind.value]}
        return carry(ctx, self.hop, ctx.intent["folders"], targets)


def intent_of(found: SiteValues) -> Facts:
    """What a step remembers of the site's values; `values` is what the gate expects in config_tbl."""
    return {"values": dict(found.config), "site": asdict(found)}


def carry(ctx: Context, hop: Hop, sources: Mapping[str, str | None], targets: Mapping[PackageKind, str]) -> Done:
    """Carry what the step's intent holds into these folders, mend the rows in its way, and tell what moves nowhere.

    sources: by kind, the folders that the values come from.
    """
    site = SiteValues(**ctx.intent["site"])
    carried: list[CarriedFile] = []
    for kind, target in targets.items():
        if source := sources[kind.value]:
            carried += ctx.host.home.carry_values(source, target, kind, site)
    facts: dict[str, Any] = {"carried": [asdict(file) for file in carried], "mended": []}
    notes: list[LedgerNote] = []
    lost: list[str] = []
    if "config-values" in hop.rules.migrates:
        if mended := list(ctx.host.database.replace_placeholders(site.config)):
            ctx.note("placeholder rows replaced by the site's values", keys=mended)
            notes.append(LedgerNote("database-repaired", "database", evidence={"placeholders": mended}))
        facts["mended"] = mended
        kept = kept_by(site.lost, ctx.host.database.config())
        if lost := [key for key in site.lost if key not in kept]:
            ctx.note(f"values that no release keeps: {', '.join(lost)}", keys=lost)
        evidence: Facts = {
            "from": sources[PackageKind.GUI.value],
            "carried": sorted(site.config),
            "lost": lost,
            "as_shipped": list(site.as_shipped),
            "compared": site.compared,
        }
        notes.append(LedgerNote("values-carried", "frontend", hop.source, hop.target.version, evidence))
    said = f", {len(lost)} that no release keeps" if lost else ""
    files = f"{len(carried)} file{'' if len(carried) == 1 else 's'}"
    return Done(f"{len(site.config)} values, {files}{said}", facts, notes)
