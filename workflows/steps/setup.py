"""A step of an installation: it looks at what differs from what the guide wants, and changes that alone.

What is right already is left alone and said; what an administrator has configured otherwise is a difference that he was asked
about, and is never overwritten silently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from workflows.host import Host
from workflows.model.answers import Verdict
from workflows.model.errors import WorkflowError
from workflows.model.installation import Difference, InstallPlan
from workflows.model.step import Context, Done, Facts, LedgerNote, Probe, StepDefaults
from workflows.steps.kept import put_back

SHORT = 60  # characters of a difference in a summary
ANOTHER_ANSWER = "the same command"  # how a remedy begins that only another run can do


@dataclass(frozen=True)
class SetupStep(StepDefaults):
    """A step that makes the host as the guide wants it. A subclass says how it looks and how it changes.

    part: its name in the run. label: how people read it, the same unless given. guide: the sections of the guide it does.
    """

    plan: InstallPlan
    part: ClassVar[str]
    label: ClassVar[str] = ""
    guide: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """Its name in the run."""
        return self.part

    @property
    def title(self) -> str:
        """What people read."""
        return self.label or self.part.replace("-", " ")

    # --- what a subclass says ---

    def look(self, host: Host) -> Sequence[Difference]:
        """What differs now; empty: all is right. Changes nothing, and works on a host where nothing is installed yet."""
        raise NotImplementedError

    def files(self, host: Host) -> Sequence[str]:
        """The files that `change` may write; they are kept before, and put back by undo."""
        del host
        return ()

    def seen(self, host: Host) -> Facts:
        """What undo must know beyond the files; JSON, committed before the first change."""
        del host
        return {}

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Make these differences go away; must bear being run again after having been cut off anywhere."""
        raise NotImplementedError

    def cut_off(self, ctx: Context, host: Host) -> None:
        """Before packages that were cut off are brought to their end: what their own scripts cannot do over a half of it."""
        del ctx, host

    def take_back(self, ctx: Context, host: Host) -> None:
        """Undo beyond the files, once they are back; must bear being run twice. `ctx.intent` holds what `seen` saw."""
        del ctx, host

    def evidence(self, host: Host) -> Facts:
        """What the ledger and later steps shall know of the result, beside the differences; no secrets."""
        del host
        return {}

    # --- what all have in common ---

    def prepare(self, ctx: Context) -> Facts:
        """The files with digest, owner and mode, their content kept aside; and what undo must know."""
        host = ctx.host
        return {"files": [file.as_json() for file in host.register.keep(self.files(host))], **self.seen(host)}

    def probe(self, ctx: Context) -> Probe:
        """By looking; packages that were being installed are for `do` to bring to their end, however right all looks."""
        return Probe.PARTIAL if "added" in ctx.intent or self._to_change(ctx.host) else Probe.COMPLETE

    def do(self, ctx: Context) -> Done:
        """Change what differs, and look again.

        Raises:
            WorkflowError: "difference-unanswered", or "setup-not-effective" when it still differs after the change.
        """
        try:
            return self._make_right(ctx)
        except WorkflowError as error:
            if any(way.startswith(ANOTHER_ANSWER) for way in error.next):  # refused while this run is open
                error.next = ("orchestrate abort    takes the run back", *error.next)
            raise

    def _make_right(self, ctx: Context) -> Done:
        host = ctx.host
        if "added" in ctx.intent:  # of an attempt that was cut off; what a package left half done says nothing of the host
            self.cut_off(ctx, host)
            host.os_packages.mend()
        differences = self._to_change(host)
        if not differences:
            return self.observed(ctx)
        if open_ones := [d for d in differences if d.by_admin and d.key not in self.plan.answers.differences]:
            raise WorkflowError(
                f"{open_ones[0].what} is {open_ones[0].now} now, and not {open_ones[0].wanted}",
                key="difference-unanswered", detail=[f"{d.key}: {d.now}, wanted {d.wanted}" for d in open_ones[1:]],
                unharmed=[f"{d.what}: as it was" for d in open_ones],
                next=[f"the same command with --keep {open_ones[0].key}    then"],
            )  # fmt: skip
        before = list(ctx.intent.get("changed", ()))  # of an attempt that was cut off
        known = {d["key"] for d in before}
        ctx.remember(changed=[*before, *(asdict(d) for d in differences if d.key not in known)])
        self.change(ctx, host, differences)
        self._remember_written(ctx, host)
        if left := self._to_change(host):
            raise WorkflowError(
                f"{left[0].what} is still {left[0].now or 'missing'} after it was set to {left[0].wanted}",
                key="setup-not-effective", detail=[f"{d.key}: {d.now}, wanted {d.wanted}" for d in left[1:]],
                next=["orchestrate resume    once it is clear what keeps it", "orchestrate abort    takes the run back"],
            )  # fmt: skip
        return self._done(ctx, host)

    def observed(self, ctx: Context) -> Done:
        """As `do` tells it."""
        host = ctx.host
        if ctx.intent.get("changed") and "written" not in ctx.intent:
            self._remember_written(ctx, host)
        return self._done(ctx, host)

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Put the files back, then the rest; nothing when nothing was changed.

        Raises:
            WorkflowError: "file-changed" when somebody edited one since it was written.
        """
        changed = ctx.intent.get("changed")
        if not changed:
            return ()
        host = ctx.host
        put_back(host.register, ctx.intent)
        self.take_back(ctx, host)
        return [LedgerNote("setup-undone", self.part, evidence={"changed": changed})]

    def _remember_written(self, ctx: Context, host: Host) -> None:
        ctx.remember(written=[file.as_json() for file in host.register.keep(self.files(host))])

    def _to_change(self, host: Host) -> list[Difference]:
        kept = {key for key, verdict in self.plan.answers.differences.items() if verdict is Verdict.KEEP}
        return [difference for difference in self.look(host) if difference.key not in kept]

    def _done(self, ctx: Context, host: Host) -> Done:
        changed: Sequence[Mapping[str, Any]] = ctx.intent.get("changed", ())
        evidence = dict(self.evidence(host))
        if not changed:
            return Done("was right", {"changed": False, **evidence})
        note = LedgerNote("setup-changed", self.part, evidence={"changed": list(changed), **evidence})
        summary = ", ".join(_short(d["what"], d["wanted"]) for d in changed[:2])
        if changed[2:]:
            summary += f" and {len(changed) - 2} more"
        return Done(summary, {"changed": True, **evidence}, [note])


def _short(what: str, wanted: str) -> str:
    """For a line among others; a long list is left to the ledger and the plan."""
    text = f"{what} {wanted}"
    return text if len(text) <= SHORT else what
