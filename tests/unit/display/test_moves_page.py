"""What a switch and a rollback say of themselves before they begin."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.display.pages import moves, retention
from orchestrator.plans.rollback import Loss, RollbackView
from orchestrator.upkeep.retention import Fate
from workflows.model.moves import RestorePoint, RollbackPlan, SwitchPlan
from workflows.model.plans import Component, Hop, LineRules, Link, PackageKind, Release, StagedTree

NOW = datetime(2026, 11, 22, 11, 9, 31, tzinfo=UTC)
HOP = Hop(1, "20.10.000.152", Release("20.04.000.200", ()), LineRules("20.04"), final=True, name="rollback")
TREES = (
    StagedTree(Component.FRONTEND, PackageKind.GUI, "20.04.000.200", "release/emm/x", ""),
    StagedTree(Component.BACKEND, PackageKind.BACKEND, "20.04.000.190", "release/backend/x", ""),
)
BEFORE = {"frontend": "20.10.000.152", "backend": "20.10.000.126"}
POINT = RestorePoint(NOW, ("20.04.001",), {"a_tbl": 1}, backup="7K3Q-hop2", verified=NOW)
PLAN = RollbackPlan(
    source="20.10.000.152", target="20.04.000.200", hop=HOP, trees=TREES, before=BEFORE,
    point=POINT,
)  # fmt: skip
LOSS = Loss(15, {f"table_{n}_tbl": n for n in range(12, 0, -1)}, {"recipients": 12, "mailings": 1})


def text(lines: list[str]) -> str:
    assert max(map(len, lines)) <= 80, max(lines, key=len)
    return "\n".join(lines)


def a_view(**changes: Any) -> RollbackView:
    return RollbackView(**{"plan": PLAN, "loss": LOSS, "restore_seconds": 600.0, "other_seconds": 20.0, **changes})


def test_a_rollback_names_the_dump_the_loss_and_the_downtime() -> None:
    page = text(moves.rollback_lines("mail1", a_view()))
    assert "frontend   20.10.000.152 -> 20.04.000.200" in page
    assert "from dump 7K3Q-hop2, taken 2026-11-22 11:09:31 UTC" in page
    assert "15 rows, of them 12 recipients, 1 mailing\n" in page
    assert "and 4 more tables" in page
    assert "mail is down for about 10 m 20 s" in page


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"loss": Loss(problem="no answer")}, "what would be lost is not known: no answer"),
        ({"loss": Loss()}, "nothing was written since, by row count"),
        ({"plan": replace(PLAN, folders=("7K3Q-hop2",))}, "folders    that starts have deleted since come back"),
        ({"restore_seconds": None}, "a time that no earlier run tells; a dump has to be loaded"),
        ({"plan": replace(PLAN, point=replace(POINT, backup=None, kept="openemm_kept_x"))}, "kept database openemm_kept_x"),
        ({"plan": replace(PLAN, point=None)}, "both are of one release line"),
        ({"plan": replace(PLAN, point=None, without_database=True, misses=("a_tbl", "b.c"))}, "will miss (2): a_tbl, b.c"),
        ({"plan": replace(PLAN, links=(Link("opt/tomcat", "apache-tomcat-9.0.43"),))}, "opt/tomcat   -> apache-tomcat-9.0.43"),
    ],
)  # fmt: skip
def test_what_is_different_is_said(changes: dict[str, Any], told: str) -> None:
    assert told in text(moves.rollback_lines("mail1", a_view(**changes)))


def test_a_switch_says_whether_mail_is_down() -> None:
    plan = SwitchPlan(source="1", target="2", hop=HOP, trees=TREES[1:], before=BEFORE, component=Component.BACKEND)
    assert "mail is down for one restart" in text(moves.switch_lines("mail1", plan))
    assert "nothing is restarted" in text(moves.switch_lines("mail1", replace(plan, component=Component.MANUAL)))


def test_prune_says_of_each_why() -> None:
    fates = [
        Fate("7K3Q-hop1", "dump", NOW, 1_200_000_000, remove=False, why="the newest of 19.10.000.170, which is installed"),
        Fate("openemm_kept_7k3q_20261122", "kept database", NOW, None, remove=True, why="old; a later rollback kept another"),
    ]
    page = text(retention.lines(fates, done=False))
    assert "remove  openemm_kept_7k3q_20261122" in page
    assert "1.2 GB  the newest of" in page
    assert retention.lines([], done=False) == ["no backup yet, and no kept database"]
