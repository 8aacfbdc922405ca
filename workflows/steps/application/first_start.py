"""What goes before a start that may be the first of its line on this database, whatever run makes it (facts 24.2).

Such a start stores what the release's own file says, for good. A host that was brought to 20.04 by links and SQL alone, and then
restarted, has the shipped addresses for ever, although the folder with the site's values lies beside: so a proven dump is taken
and the site's values are carried first, by restart, switch and rollback as by an upgrade.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.errors import WorkflowError
from workflows.model.parts import BACKUP, CARRY
from workflows.model.plans import FirstStart, Hop, LineRules, PackageKind
from workflows.model.step import Context, Done, Facts, LedgerNote, Step
from workflows.model.values import SiteValues
from workflows.rules.site_values import Unset, command, read_values, together, unset
from workflows.steps.application.stop import keep_stopped
from workflows.steps.database.backup import BackUpDatabase
from workflows.steps.hop import HopStep
from workflows.steps.release.carry import carry, intent_of


def first_start(hop: Hop) -> Iterator[Step]:
    """The steps that go before the start of this hop; none where its line has been started, or moves nothing."""
    if hop.first is not None:
        if not hop.first.restored:
            yield BackUpDatabase(hop)
        yield CarryFirst(hop, hop.first)


def is_due(host: Host, rules: LineRules) -> bool:
    """Whether no start of this line has moved anything yet: no company has its mark (facts 17.2)."""
    if "config-values" not in rules.migrates:
        return False
    without_mark = host.database.companies_not_migrated()
    return bool(without_mark) and list(host.database.companies()) == list(without_mark)


def values_for(host: Host, first: FirstStart, rules: LineRules) -> SiteValues:
    """The site's values for a first start: of the files that are started, and of the older release beside them."""
    found = read_values(host, first.gui, first.webservices, rules)
    return together(found, read_values(host, *first.older, rules)) if first.older else found


def without_values(release: str, found: Sequence[Unset], values: SiteValues, host: Host) -> WorkflowError:
    """The error of a first start for which a value is nowhere; a planner makes it a refusal."""
    rows = host.database.config()
    return WorkflowError(
        f"cannot start {release} for the first time: {found[0].said}" + (f", and {len(found) - 1} more" if found[1:] else ""),
        key="first-start-without-values",
        detail=[one.said for one in found][:25],
        unharmed=["the database: its first start would have stored what its own file says, for good"],
        next=[command(one, values, rows) for one in found],
    )


@dataclass(frozen=True)
class CarryFirst(HopStep):
    """Carry the site's values into the folder that is started, where it is the first start of its line on this database."""

    hop: Hop
    first: FirstStart
    part: ClassVar[str] = CARRY
    label: ClassVar[str] = "carry values"

    def prepare(self, ctx: Context) -> Facts:
        """Whether it is the first start, and what is carried. Asked now: a rollback has only now put the database back."""
        if not is_due(ctx.host, self.hop.rules):
            return {"due": False}
        return {"due": True, **intent_of(values_for(ctx.host, self.first, self.hop.rules))}

    def do(self, ctx: Context) -> Done:
        """Carry; what the files held is kept for undo.

        Raises:
            WorkflowError: "first-start-without-values", naming what has no value anywhere.
        """
        if not ctx.intent["due"]:
            return Done("not its first start")
        keep_stopped(ctx)
        site = SiteValues(**ctx.intent["site"])
        if found := unset(site, ctx.host.database.config(), self.hop.rules):
            raise without_values(self.hop.target.version, found, site, ctx.host)
        targets = {PackageKind.GUI: self.first.gui}
        if self.first.webservices:
            targets[PackageKind.WEBSERVICES] = self.first.webservices
        ctx.host.home.keep_values(list(targets.values()), self._kept(ctx))
        ctx.remember(begun=True)
        gui, webservices = self.first.older or (self.first.gui, self.first.webservices)
        return carry(ctx, self.hop, {PackageKind.GUI.value: gui, PackageKind.WEBSERVICES.value: webservices}, targets)

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Give the folder its files again, and put back the dump that was taken before."""
        if not ctx.intent.get("begun"):
            return ()
        keep_stopped(ctx)
        ctx.host.home.put_back_values(self._kept(ctx))
        backup = ctx.facts_of(f"{self.hop.prefix}.{BACKUP}").get("backup")
        if backup is None:  # the database that a rollback put back goes with that
            return ()
        keep_as = f"openemm_kept_{ctx.run.lower()}_{self.hop.prefix}"
        if not ctx.host.backups.restored(backup, keep_as=keep_as):
            ctx.host.backups.restore(
                backup, keep_as=keep_as, progress=lambda done, total: ctx.report("restoring the dump", done, total)
            )
        return [LedgerNote("backup-restored", "database", evidence={"backup": backup, "kept_as": keep_as})]

    def _kept(self, ctx: Context) -> str:
        return f"{ctx.run}-{self.hop.prefix}-values"
