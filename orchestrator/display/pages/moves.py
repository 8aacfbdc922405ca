"""What a switch or a rollback would do, and what it would cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.display.pages.layout import paragraph, table
from orchestrator.display.pages.plan import first_start_lines
from orchestrator.display.words import duration, moment, number
from orchestrator.views.moves import moves

if TYPE_CHECKING:
    from orchestrator.plans.rollback import Loss, RollbackView
    from workflows.model.moves import MovePlan, RollbackPlan, SwitchPlan

_SHOWN = 8


def switch_lines(name: str, plan: SwitchPlan) -> list[str]:
    """What becomes active, and whether mail is down meanwhile."""
    down = "mail is down for one restart" if plan.restarts else "nothing is restarted"
    page = [f"openemm on {name}   switch {plan.component}", "", *_components(plan), "", f"  {down}"]
    return [*page, *first_start_lines(plan.hop)]


def rollback_lines(name: str, view: RollbackView) -> list[str]:
    """What is restored, what is lost, how long it takes."""
    plan = view.plan
    word = "rollback" if plan.target != plan.source else "restore"
    page = [f"openemm on {name}   {word}   {plan.source} -> {plan.target}", "", *_components(plan), *_database(plan)]
    if plan.point is not None:
        page += ["", *_loss(view.loss)]
    page += ["", f"  mail is down for {_downtime(view)}"]
    return [*page, *first_start_lines(plan.hop)]


def _components(plan: MovePlan) -> list[str]:
    rows = [(name, f"{before} -> {after}" if before != after else f"{after}, stays") for name, before, after in moves(plan)]
    rows += [(link.path, f"-> {link.target}") for link in plan.links]
    return table(rows)


def _database(plan: RollbackPlan) -> list[str]:
    point = plan.point
    if point is not None and point.backup:
        proven = f", restored and compared {moment(point.verified)[:16]}" if point.verified else ""
        said = f"from dump {point.backup}, taken {moment(point.taken)} UTC{proven}; {number(len(point.versions), 'update')}"
    elif point is not None:
        said = (
            f"from the kept database {point.kept}, as it was {moment(point.taken)} UTC; {number(len(point.versions), 'update')}"
        )
    elif plan.without_database:
        said = "stays as it is: the older code runs on the newer schema"
    else:
        said = "stays as it is: both are of one release line"
    page = table([("database", said), *([("folders", "that starts have deleted since come back")] if plan.folders else [])])
    page += _named("the older code will miss", plan.misses)
    return page + _named("it does not know", plan.unknown)


def _named(what: str, names: Sequence[str]) -> list[str]:
    return ["", *paragraph(f"{what} ({len(names)}): {', '.join(names)}", 2)] if names else []


def _loss(loss: Loss) -> list[str]:
    if loss.problem:
        return paragraph(f"what would be lost is not known: {loss.problem}", 2)
    if not loss.rows:
        return ["  nothing was written since, by row count, that the restored database lacks"]
    named = ", ".join(number(count, what.removesuffix("s")) for what, count in loss.named.items())
    page = paragraph(f"written since, and not in it: {number(loss.rows, 'row')}" + (f", of them {named}" if named else ""), 2)
    page += table([(name, f"{count} more") for name, count in list(loss.tables.items())[:_SHOWN]], indent=4)
    if len(loss.tables) > _SHOWN:
        page.append(f"    and {number(len(loss.tables) - _SHOWN, 'more table')}")
    return [*page, *paragraph("They stay in the kept database. Rows changed in place are not counted.", 2)]


def _downtime(view: RollbackView) -> str:
    known = [seconds for seconds in (view.restore_seconds, view.other_seconds) if seconds is not None]
    if view.plan.point is not None and view.restore_seconds is None:
        return "a time that no earlier run tells; a dump has to be loaded" if view.plan.point.backup else "about one restart"
    return f"about {duration(sum(known))}, as measured in earlier runs" if known else "a time that no earlier run tells"
