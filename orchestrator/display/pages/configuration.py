"""What OpenEMM is configured to, and what would be changed of it. Secrets are never shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.display.pages.layout import paragraph, table
from orchestrator.display.words import number
from orchestrator.errors import scrub
from workflows.rules.configuration import MARKER

if TYPE_CHECKING:
    from orchestrator.upkeep.configuring import Proposal
    from workflows.rules.configuration import Setting

HIDDEN = "(hidden)"
_NONE, _EMPTY = "(none)", "(empty)"


def show_lines(settings: Sequence[Setting], host: str, pattern: str | None) -> list[str]:
    """One line a setting: key, what the application sees, and where else it has values."""
    if not settings:
        wanted = f" like {pattern}" if pattern else ""
        return [f"no setting{wanted}", "  next      orchestrate config show    all of them"]
    rows = [(one.row.key, _seen(one, host)) for one in settings]
    return [f"{number(len(settings), 'setting')} as the application on {host} sees them", *table(rows, gap=2)]


def proposal_lines(proposal: Proposal) -> list[str]:
    """Every change with what is and what will be, and what to know."""
    lines = []
    for change in proposal.changes:
        before, after = (_shown(value, secret=change.secret) for value in (change.before, change.after))
        lines += [change.name, *paragraph(f"- {before}", 4), *paragraph(f"+ {after}", 4)]
    for note in proposal.notes:
        lines += paragraph(f"note: {note}", 2)
    return lines


def effect_line(proposal: Proposal, run: str | None) -> str:
    """When the change takes effect. run: the failed one whose proof it was made for."""
    if run is not None:
        return f"  next      orchestrate resume {run}    proves the start again"
    if proposal.restart:
        return "  next      orchestrate restart    needed: the application reads this at its start only"
    return "  next      orchestrate restart    only if it has no effect within 5 minutes"


def _seen(setting: Setting, host: str) -> str:
    if setting.row.host not in {None, host}:
        return f"{_NONE}   (only on {', '.join(row.host or '' for row in (setting.row, *setting.others))})"
    parts = [_shown(setting.row.value, secret=setting.secret)]
    if setting.row.host:
        general = [row for row in setting.others if row.host is None and row.table == setting.row.table]
        others = f", all others: {_shown(general[0].value, secret=setting.secret)}" if general else ""
        parts.append(f"(this host only{others})")
    elif elsewhere := sorted({row.host for row in setting.others if row.host}):
        parts.append(f"(another value on {', '.join(elsewhere)})")
    if MARKER in (setting.row.value or ""):
        parts.append("(nobody has set it)")
    return "   ".join(parts)


def _shown(value: str | None, *, secret: bool) -> str:
    if value is None or not value:
        return _NONE if value is None else _EMPTY
    if secret:
        return HIDDEN
    first, *more = scrub(value).splitlines() or [""]
    return f"{first} ... ({len(more) + 1} lines)" if more else first
