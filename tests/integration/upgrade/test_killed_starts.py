"""kill -9 of the application during the first start of 20.04: recognised, mended, and as if nothing had been (facts 17.4)."""

from __future__ import annotations

import pytest
from upgrade_kit import Stages

from tests.crash.bench import Picture

pytestmark = pytest.mark.integration
POINTS = ("before-migration", "mailaddress-insert", "birt-recipient", "company-2", "logo-insert", "job-state")
REPAIRED = {"logo-insert", "job-state"}  # what no later start of the application mends by itself


@pytest.mark.parametrize("point", POINTS)
def test_a_start_that_was_killed_is_mended_by_resume(one_hop: Stages, clean_20_04: Picture, point: str) -> None:
    one_hop.hook("die-at", point)
    error = one_hop.say("resume").failed("hop1.start", "start-failed")
    assert "ended during its start" in error["message"]
    one_hop.say("resume").completed()
    repairs = [evidence for kind, evidence in one_hop.ledger() if kind == "database-repaired"]
    assert bool(repairs) == (point in REPAIRED), repairs
    assert one_hop.picture().database == clean_20_04.database


def test_damage_that_a_later_normal_start_hides_is_found_by_the_proof(one_hop: Stages, clean_20_04: Picture) -> None:
    one_hop.until("hop1.links")
    for point in ("logo-insert", "job-state"):
        one_hop.hook("die-at", point)
        one_hop.start_by_hand()
    one_hop.start_by_hand()  # a normal one, behind the tool's back
    one_hop.say("resume").completed()
    (repair,) = [evidence for kind, evidence in one_hop.ledger() if kind == "database-repaired"]
    assert set(repair) == {"layout", "startup_jobs"}
    assert one_hop.picture().database == clean_20_04.database
