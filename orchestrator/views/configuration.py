"""What OpenEMM is configured to, as it is told: never a secret's value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestrator.errors import scrub
from workflows.rules.configuration import MARKER

if TYPE_CHECKING:
    from orchestrator.upkeep.configuring import Proposal
    from workflows.model import values
    from workflows.rules import configuration as rules


ConfiguredBy = Literal["orchestrate.config-set/1", "orchestrate.config-url/1"]


@dataclass(frozen=True)
class Other:
    """A further row of a setting."""

    table: str
    host: str | None
    value: str | None
    """Null where there is none, and of every secret."""


@dataclass(frozen=True)
class Setting:
    """What the application on one host sees of a key."""

    key: str
    value: str | None
    """Null where there is none, and of every secret."""
    secret: bool
    placeholder: bool
    """Nobody has set it: it holds OpenEMM's marker."""
    table: str | None
    """Where the value that counts is; null: only other hosts have one."""
    host: str | None
    """Null: for all hosts."""
    others: tuple[Other, ...]

    @classmethod
    def of(cls, setting: rules.Setting, host: str) -> Setting:
        """The setting as it is told on that host."""
        row, secret = setting.row, setting.secret
        here = row.host in {None, host}
        rest = setting.others if here else (row, *setting.others)
        return cls(
            key=row.key, value=_plain(row.value, secret=secret) if here else None, secret=secret,
            placeholder=here and MARKER in (row.value or ""), table=row.table if here else None, host=row.host if here else None,
            others=tuple(Other(one.table, one.host, _plain(one.value, secret=secret)) for one in rest),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings as the application on a host sees them."""

    schema: Literal["orchestrate.config-show/1"] = "orchestrate.config-show/1"
    host: str
    """The host whose application's view this is."""
    settings: tuple[Setting, ...]


@dataclass(frozen=True)
class Change:
    """A value that changes."""

    table: str
    key: str
    """Of company_tbl the column."""
    host: str | None
    """Null: for all hosts."""
    company: int | None
    """Of company_tbl only."""
    secret: bool
    from_: str | None
    """Null where there is none, and of every secret."""
    to: str | None
    """Null where there is none, and of every secret."""

    @classmethod
    def of(cls, change: values.Change) -> Change:
        """The change as it is told."""
        before, after = (_plain(value, secret=change.secret) for value in (change.before, change.after))
        return cls(change.table, change.key, change.host, change.company, change.secret, before, after)


@dataclass(frozen=True, kw_only=True)
class Configured:
    """What was changed, in one transaction."""

    schema: ConfiguredBy
    changed: bool
    changes: tuple[Change, ...]
    """Made in one transaction."""
    restart: bool
    """A restart is needed; else only when there is no effect within 5 minutes."""
    notes: tuple[str, ...]

    @classmethod
    def of(cls, schema: ConfiguredBy, proposal: Proposal) -> Configured:
        """The proposal as it is told once it is done."""
        changes = tuple(map(Change.of, proposal.changes))
        return cls(schema=schema, changed=bool(changes), changes=changes, restart=proposal.restart, notes=proposal.notes)


@dataclass(frozen=True, kw_only=True)
class AdminPassword:
    """A password of emm-master."""

    schema: Literal["orchestrate.admin-password/1"] = "orchestrate.admin-password/1"
    changed: bool
    password: str | None
    """The generated one, shown this once; null when it was typed."""


def _plain(value: str | None, *, secret: bool) -> str | None:
    return None if secret or value is None else scrub(value)
