"""A run that an older version of the tool began has a plan without what newer ones pin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orchestrator.plans.workflows import plan_from_json, plan_to_json
from orchestrator.releases.catalogue import Catalogue
from workflows.model.plans import FirstStart, Hop, Release, UpgradePlan


def plan(**more: Any) -> UpgradePlan:
    rules = Catalogue.load().rules
    hops = (
        Hop(1, "19.10.000.170", Release("20.04.000.200", ()), rules("20.04"), final=False, **more),
        Hop(2, "20.04.000.200", Release("20.10.000.152", ()), rules("20.10"), final=True),
    )
    return UpgradePlan("19.10.000.170", "20.10.000.152", hops)


def test_a_plan_comes_back_as_it_was_pinned() -> None:
    pinned = plan(first=FirstStart("release/emm/b", "release/webservices/b", ("release/emm/a", None)))
    assert plan_from_json("upgrade", plan_to_json(pinned)) == pinned


def test_a_plan_of_0_1_0_moves_what_the_line_has_always_moved_and_is_mended_as_it() -> None:
    whole = plan()
    repaired = Hop(3, "20.10.000.152", Release("21.10.000.305", ()), Catalogue.load().rules("21.10"), final=True)
    assert repaired.rules.repairs
    whole = replace(whole, hops=(*whole.hops, repaired))
    data = plan_to_json(whole)
    for hop in data["hops"]:
        del hop["rules"]["moves"], hop["rules"]["repairs"], hop["first"]
    assert plan_from_json("upgrade", data) == whole
