"""What the ledger keeps of a hop or a move: every component that changed, the schema where it did, and the way back."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from proof_kit import HOP, NEW, OLD, TREES, Site

from workflows.model.errors import WorkflowError
from workflows.model.plans import Hop
from workflows.model.step import LedgerNote
from workflows.steps.release.record import MarkGood, RecordVersions, changes

BACKEND = "20.04.000.126"
FORWARD = [
    LedgerNote("component-version", "frontend", OLD, NEW),
    LedgerNote("component-version", "backend", None, BACKEND),
]
BACK = [
    LedgerNote("component-version", "frontend", NEW, OLD),
    LedgerNote("component-version", "backend", BACKEND, None),
]
FINGERPRINT = LedgerNote("schema-fingerprint", "database", to_version=NEW, evidence={"tables": {"a_tbl": ["id"]}})
STEPS: list[tuple[Any, list[LedgerNote]]] = [
    (RecordVersions(HOP, {"frontend": OLD}), [FINGERPRINT]),
    (RecordVersions(HOP, {"frontend": OLD}, TREES, database=False), []),
    (RecordVersions(HOP, {"frontend": OLD}, TREES), [FINGERPRINT]),
]


@pytest.mark.parametrize(("step", "schema"), STEPS, ids=["hop", "move", "move with its database"])
def test_all_that_changed_is_recorded_and_its_way_back_as_well(step: Any, schema: list[LedgerNote]) -> None:
    site: Any = Site()
    site.step = step.name
    site.intents[step.name] = step.prepare(site)
    assert site.intents[step.name] == {"before": {"frontend": OLD}}
    assert step.undo(site) == ()
    done = step.do(site)
    assert (done.summary, done.ledger) == ("2 components", [*FORWARD, *schema])
    site.facts[step.name] = done.facts
    assert done.facts["active"] == {"frontend": NEW, "backend": BACKEND}
    assert step.undo(site) == BACK


def test_a_component_that_stays_is_not_recorded() -> None:
    """The version before comes out of the journal, as another string."""
    assert changes({"runtime": json.loads('"20.04.000.050"'), "manual": "20.04.003"}, {"runtime": "20.04.000.050"}) == [
        LedgerNote("component-version", "manual", "20.04.003", None)
    ]


def test_a_later_hop_starts_from_what_the_hop_before_it_recorded() -> None:
    site: Any = Site()
    site.facts["hop1.record"] = {"active": {"frontend": NEW}}
    second = Hop(2, NEW, HOP.target, HOP.rules, final=True)
    assert RecordVersions(second, {"frontend": OLD}).prepare(site) == {"before": {"frontend": NEW}}


def test_a_good_run_counts_the_rows_it_leaves_or_says_why_not() -> None:
    site: Any = Site()
    site.host.database = SimpleNamespace(schema=lambda: {"a_tbl": ["id"]}, row_counts=lambda except_for: {"a_tbl": 3})
    assert MarkGood().do(site).facts == {"rows": {"a_tbl": 3}}
    noted: list[str] = []

    def refuse(except_for: object) -> None:
        raise WorkflowError("the server is gone", key="database-down")

    site.host.database.row_counts, site.note = refuse, lambda message, why: noted.append(why)
    assert MarkGood().do(site).facts == {"rows": {}}
    assert noted == ["the server is gone"]
