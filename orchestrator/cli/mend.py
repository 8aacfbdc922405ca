"""--fix: show what was found, ask for each remedy, do it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from orchestrator.cli.app import App
    from orchestrator.runs.site import Site
    from orchestrator.upkeep.fixing import Fixed
    from orchestrator.views.checks import Found
    from workflows.model.finding import Finding

F = TypeVar("F", bound=Callable[..., Any])


def fix_option(command: F) -> F:
    """--fix [KEY]."""
    text = "Mend what can be mended safely, each asked for (--yes: all); with KEY only that one."
    return click.option("--fix", "wanted", metavar="[KEY]", is_flag=False, flag_value="all", help=text)(command)


def mend(
    app: App, site: Site, findings: Sequence[Finding], wanted: str, *, known: Collection[str],
    page: Callable[[Sequence[Found]], list[str]], reason: str | None,
) -> list[Fixed]:  # fmt: skip
    """Do the remedies that are agreed to; what was done.

    Args:
        app: who is asked.
        site: the site.
        findings: what was found.
        wanted: what --fix says, a key or all.
        known: the keys of all checks.
        page: the findings as lines, shown before the first question.
        reason: why, for the ledger.

    Raises:
        UsageError: "check-unknown", "answer-missing"; nothing was changed.
    """
    from orchestrator.upkeep.fixing import chosen, fix
    from orchestrator.views.checks import found

    offered = chosen(findings, wanted, known)
    if offered and not app.yes:
        app.tell([*page(found(findings)), ""])
    agreed = [finding for finding in offered if app.display.ask(f"{_sentence(finding)}?", "--yes")]
    return [fix(site, finding, reason=reason) for finding in agreed]


def _sentence(finding: Finding) -> str:
    text = str(finding.remedy)
    return text[:1].upper() + text[1:]
