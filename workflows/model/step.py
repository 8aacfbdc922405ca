"""What a step is: it looks before it acts, acts so that it may act again, and can take back what it did.

The engine (orchestrator/runs/engine.py) calls, for each step of a workflow:

1. `prepare`: looks at the world before the first attempt; what it returns is committed with `doing` and is there for
   every later attempt and for `undo` as `ctx.intent`. It changes nothing.
2. `probe`: only when the step was found `doing` after a crash; looks at the world, never at memory.
3. `do`: acts. It must bear being run again after having been cut off anywhere.
4. `undo`: takes the step back; must bear being run twice, and after a `do` that was cut off anywhere.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from workflows.host import Host

Json = Any
Facts = Mapping[str, Json]


class Probe(enum.Enum):
    """What the world says of a step that was cut off."""

    NOT_STARTED = "not started"
    PARTIAL = "partial"
    COMPLETE = "complete"


@dataclass(frozen=True)
class LedgerNote:
    """An entry for the ledger, written in the same transaction as the step's result.

    kind: what happened, e.g. "component-version", "backup-verified", "hop-proven" (docs/reference/ledger.md).
    component: runtime, frontend, backend, manual, database, ... or None.
    """

    kind: str
    component: str | None = None
    from_version: str | None = None
    to_version: str | None = None
    evidence: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """The step is done. `facts` is kept for later steps (`ctx.facts_of`), `summary` is one short line for people."""

    summary: str = ""
    facts: Facts = field(default_factory=dict)
    ledger: Sequence[LedgerNote] = ()


@dataclass(frozen=True)
class Waiting:
    """A gate is shut: `reason` says what is waited for. The engine asks again after `again_in` seconds."""

    reason: str
    facts: Facts = field(default_factory=dict)
    again_in: float = 5.0


Outcome = Done | Waiting


class StatementState(enum.Enum):
    """Where one SQL statement stands."""

    DOING = "doing"
    DONE = "done"
    BENIGN = "benign"  # failed with an error the catalogue names as harmless


@dataclass(frozen=True)
class StatementRecord:
    """One statement of an update file in the journal.

    position: 0-based within the file. digest: SHA-256 of its text (hex). fingerprint: of the objects it touches, taken before
    it ran (DDL only). session: values of the user variables and session settings after it ran, for a resume in mid-file.
    """

    file: str
    position: int
    digest: str
    state: StatementState
    fingerprint: str | None = None
    session: Facts = field(default_factory=dict)
    error: str | None = None


class StatementJournal(Protocol):
    """The durable memory of SQL statements of one step of one run (DESIGN 3.3)."""

    def records(self) -> Sequence[StatementRecord]:
        """All records of this step, in the order written."""

    def write(self, *records: StatementRecord) -> None:
        """Insert or replace records (keyed by file and position), all in one durable transaction."""

    def forget(self) -> None:
        """Forget all records: the restore point was put back, nothing of this step has been applied."""


class Context(Protocol):
    """What a step may use while it runs."""

    @property
    def host(self) -> Host:
        """The host the run works on."""

    @property
    def run(self) -> str:
        """The run's id, e.g. 7K3Q."""

    @property
    def step(self) -> str:
        """The step's name, e.g. hop1.database."""

    @property
    def attempt(self) -> int:
        """1 for the first attempt."""

    @property
    def intent(self) -> Facts:
        """What `prepare` saw before the first attempt."""

    @property
    def statements(self) -> StatementJournal:
        """The SQL journal of this step."""

    def facts_of(self, step: str) -> Facts:
        """The facts of a step of this run that is done; empty when it has none."""

    def intent_of(self, step: str) -> Facts:
        """What that step's `prepare` saw; empty when it never began."""

    def pinned_digest(self, package: str) -> str | None:
        """The SHA-256 (hex) this site's ledger trusts for a package file of that name, or None."""

    @property
    def checkpoint(self) -> Facts:
        """The head of this site's ledger now (seq, hash, time), for a backup's manifest."""

    def remember(self, **facts: Json) -> None:
        """Merge into `intent`, durably and at once: what a later attempt must know although this one may be cut off."""

    def report(self, message: str, done: int | None = None, total: int | None = None) -> None:
        """Tell the displays what is happening now; not persisted."""

    def note(self, message: str, **facts: Json) -> None:
        """Persist an event worth keeping (a repair, a benign error) with this run."""

    def pause_point(self) -> None:
        """A place where the step can be left safely: raises PauseRequested when the admin has asked for a pause."""


class PauseRequested(Exception):  # noqa: N818 - a request, not an error
    """Leave the step now; it is resumable from here."""


class Step(Protocol):
    """A step of a workflow."""

    @property
    def name(self) -> str:
        """Unique within the run, stable between versions of this tool: hop1.stop."""

    @property
    def title(self) -> str:
        """What people read: "hop 1 stop"."""

    def wanted(self, ctx: Context) -> bool:
        """Whether it is to be done at all, asked before its first attempt: a guard of the workflow's machine."""

    def prepare(self, ctx: Context) -> Facts:
        """Look at the world before the first attempt."""

    def probe(self, ctx: Context) -> Probe:
        """Look at the world after a crash."""

    def do(self, ctx: Context) -> Outcome:
        """Act."""

    def observed(self, ctx: Context) -> Done:
        """The facts of a step that `probe` found complete after a crash."""

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Take it back; what is returned goes to the ledger with it."""

    def unharmed(self, ctx: Context) -> Sequence[str]:
        """What is known to be as before when this step has failed; shown with an error that does not say it itself."""


class StepDefaults:
    """What most steps have in common; a step overrides what it must."""

    def wanted(self, ctx: Context) -> bool:
        """Always."""
        del ctx
        return True

    def prepare(self, ctx: Context) -> Facts:
        """Nothing to remember."""
        del ctx
        return {}

    def probe(self, ctx: Context) -> Probe:
        """Not known: `do` runs again."""
        del ctx
        return Probe.PARTIAL

    def observed(self, ctx: Context) -> Done:
        """Complete, without facts of its own."""
        del ctx
        return Done("found complete after an interruption")

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Nothing was changed on the host."""
        del ctx
        return ()

    def unharmed(self, ctx: Context) -> Sequence[str]:
        """Nothing is known."""
        del ctx
        return ()


def may_skip(step: Step) -> bool:
    """Whether the step has a guard of its own, by which it may be skipped."""
    return getattr(type(step), "wanted", None) is not StepDefaults.wanted
