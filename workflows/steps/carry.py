"""The values an admin set in files are carried into the new release before its first start (facts 8.3, 17.3)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from workflows.host import CarriedFile
from workflows.plan import Hop, PackageKind
from workflows.step import Context, Done, Facts, LedgerNote
from workflows.steps.hop import HopStep
from workflows.steps.stop import keep_stopped
from workflows.steps.trees import tree_of

WEB_APPLICATIONS = (PackageKind.GUI, PackageKind.WEBSERVICES)


@dataclass(frozen=True)
class CarryValues(HopStep):
    """Carry values of emm.properties, emm-ws.properties and web.xml, and mend rows that would keep them from being stored.

    Undo needs nothing here: the new folder goes with the staged trees, the rows with the restore point.
    """

    hop: Hop
    part: ClassVar[str] = "carry"
    label: ClassVar[str] = "carry values"

    def prepare(self, ctx: Context) -> Facts:
        """The folders that are active, and the values that the site has set in them."""
        home = ctx.host.home
        folders = {kind.value: home.active_folder(kind) for kind in WEB_APPLICATIONS}
        gui = folders[PackageKind.GUI.value]
        values = home.site_values(gui, folders[PackageKind.WEBSERVICES.value]) if gui and self._migrates else {}
        return {"folders": folders, "values": dict(values)}

    def do(self, ctx: Context) -> Done:
        """Carry; safe to be done again, the sources are never written."""
        keep_stopped(ctx)
        carried: list[CarriedFile] = []
        for kind in WEB_APPLICATIONS:
            if source := ctx.intent["folders"][kind.value]:
                carried += ctx.host.home.carry_values(source, tree_of(ctx, self.hop, kind).folder, kind)
        mended: list[str] = []
        notes: list[LedgerNote] = []
        if self._migrates:
            mended += ctx.host.database.replace_placeholders(ctx.intent["values"])
        if mended:
            ctx.note("placeholder rows replaced by the site's values", keys=mended)
            notes.append(LedgerNote("database-repaired", "database", evidence={"placeholders": mended}))
        facts: dict[str, Any] = {"carried": [asdict(file) for file in carried], "mended": mended}
        return Done(f"{len(ctx.intent['values'])} values, {len(carried)} files", facts, notes)

    @property
    def _migrates(self) -> bool:
        return "config-values" in self.hop.rules.migrates
