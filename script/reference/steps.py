"""steps.md, from the workflows."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import guide
from markdown import opening, table
from markdown import page as whole

from orchestrator.releases.catalogue import Catalogue
from workflows import convert, install, restart, rollback, switch, upgrade
from workflows.model.machine import RunState, StepState
from workflows.model.moves import RestorePoint, RollbackPlan, SwitchPlan
from workflows.model.plans import Component, FirstStart, Hop, Release, UpgradePlan
from workflows.model.step import Probe, StepDefaults
from workflows.steps.setup import SetupStep


def page() -> str:
    """The page."""
    return whole(
        "Steps and states",
        "What `orchestrate run RUN` lists. Before it begins, each step is written down as `doing`; when it is done, its outcome, "
        "its event and its ledger entries are written in one transaction. A step that was cut off is looked at before anything "
        "is done again: " + ", ".join(f"*{probe.value}*" for probe in Probe) + ".",
        "## An upgrade",
        "Those of a hop come once for every hop; `backend` comes in the last one only, unless a line needs it to migrate. "
        "`orchestrate plan --to VERSION --diagram` draws the steps of your host.",
        table(("step", "what it does", "when it is taken back"), _rows(list(upgrade.steps(_plan(hops=2))))),
        "## An installation",
        "A part of the host that is right already is a step that says so. Those from `fetch` to `install.links` and from "
        "`install.hold` on only where they are needed.",
        table(("step", "what it does", "when it is taken back"), _rows(list(install.steps(guide.plan())))),
        "## A restart",
        "`backup` and `carry` only before the first start of a line on its database, when that moves values out of files.",
        table(("step", "what it does", "when it is taken back"), _rows(list(restart.steps(_plan(hops=1, name="restart"))))),
        "## A rollback",
        "`restore` only across release lines, `carry` only to a line whose first start moves values out of files; the steps of "
        "`orchestrate backup restore` begin with `restore.`",
        table(("step", "what it does", "when it is taken back"), _rows(list(rollback.steps(_rollback())))),
        "## A switch",
        "Of a manual only `links` and `record`; `backup` and `carry` as of a restart.",
        table(("step", "what it does", "when it is taken back"), _rows(list(switch.steps(_switch())))),
        "## A conversion of tables",
        table(("step", "what it does", "when it is taken back"), _rows(list(convert.steps(_conversion())))),
        "## States",
        f"A run is {_listed(RunState)}. A step is {_listed(StepState)}.",
        "```text\n"
        "planned -> running <-> waiting <-> paused\n"
        "           running -> completed | failed\n"
        "           failed  -> running (resume) | undoing -> undone | undo-failed -> undoing (resume)\n"
        "```",
    )


def _plan(*, hops: int, name: str = "") -> Any:
    rules = Catalogue.load().rules
    way = ("19.10", "20.04", "20.10")[: hops + 1]
    first = FirstStart("gui") if name else None
    made = tuple(
        Hop(number, way[number - 1], Release(line, ()), rules(line), final=number == hops, name=name, first=first)
        for number, line in enumerate(way[1:], start=1)
    )
    return UpgradePlan(way[0], way[-1], made)


def _move(name: str, *, restored: bool = False) -> dict[str, Any]:
    first = FirstStart("gui", restored=restored)
    hop = Hop(1, "20.10", Release("20.04", ()), Catalogue.load().rules("20.04"), final=True, name=name, first=first)
    return {"source": "20.10", "target": "20.04", "hop": hop}


def _rollback() -> RollbackPlan:
    return RollbackPlan(**_move("rollback", restored=True), point=RestorePoint(datetime.now(UTC), (), {}, backup="RUN-hop1"))


def _switch() -> SwitchPlan:
    return SwitchPlan(**_move("switch"), component=Component.RUNTIME)


def _conversion() -> convert.ConversionPlan:
    hop = Hop(1, "20.04", Release("20.04", ()), Catalogue.load().rules("20.04"), final=True, name="convert")
    return convert.ConversionPlan(source="20.04", target="20.04", hop=hop, tables=1, starts=True)


def _rows(steps: Sequence[Any]) -> list[tuple[str, str, str]]:
    """One row a step; those of a hop once."""
    rows = {re.sub(r"^hop\d+", "hopN", step.name): (opening(inspect.getdoc(type(step))), _undo(step)) for step in reversed(steps)}
    return [(f"`{name}`", *told) for name, told in reversed(rows.items())]


def _undo(step: Any) -> str:
    kind = type(step)
    if kind.undo is SetupStep.undo:
        more = "" if kind.take_back is SetupStep.take_back else f" {opening(kind.take_back.__doc__)}"
        return f"Its files are put back as they were.{more}"
    return "-" if kind.undo is StepDefaults.undo else opening(kind.undo.__doc__)


def _listed(states: Any) -> str:
    words = [f"`{state.value}`" for state in states]
    return f"{', '.join(words[:-1])} or {words[-1]}"
