"""Text moved from one field of an entry to another, so that the digest still fits, is no entry."""

from __future__ import annotations

import pytest

from state.chain import NOTHING, Line
from state.verify import Chain, Problem, verify

SITE, MACHINE, SITE_ID = "prod", "b642b4217b34b1e8d3bd915fc65c4452", "2f1c8e7a-8a55-4f0e-9d6b-3c1f5d1a9e70"
TIME = "2026-03-01T22:15:04.000125Z"
ACTOR = '{"uid":0,"user":"root"}'
INNER = '"actor":1,"boot_id":"other","component":null,"evidence":{}'  # what evidence may hold: any JSON


def sealed(line: Line) -> Line:
    return line._replace(hash=line.digest())


GENESIS = sealed(
    Line(SITE, 1, TIME, "boot", ACTOR, None, "genesis", None, None, None,
         f'{{"machine_id":"{MACHINE}","site_id":"{SITE_ID}"}}', NOTHING, "")
)  # fmt: skip


def second(actor: str, evidence: str) -> Line:
    return sealed(
        Line(SITE, 2, TIME, "boot", actor, "7K3Q", "hop-proven", "frontend", "19.10", "20.04", evidence, GENESIS.hash, "")
    )


def out_of_the_evidence() -> tuple[Line, Line]:
    """What the evidence holds becomes boot id and component; the true ones go into the actor."""
    honest = second(ACTOR, f"{{{INNER}}}")
    actor = f'{ACTOR},"boot_id":"boot","component":"frontend","evidence":{{"actor":1'
    return honest, honest._replace(actor=actor, boot_id="other", component=None, evidence="{}}")


def out_of_the_actor() -> tuple[Line, Line]:
    """What the actor holds becomes boot id and component; the true ones go into the evidence."""
    honest = second(f"{{{INNER}}}", "{}")
    evidence = '{}},"boot_id":"boot","component":"frontend","evidence":{}'
    return honest, honest._replace(actor='{"actor":1', boot_id="other", component=None, evidence=evidence)


@pytest.mark.parametrize("shift", [out_of_the_evidence, out_of_the_actor])
def test_text_shifted_between_fields_under_the_same_digest_is_found(shift) -> None:
    honest, forged = shift()
    assert forged.digest() == honest.hash
    assert forged.hash == honest.hash
    found = [verify(Chain([GENESIS, line].__iter__, SITE, MACHINE, SITE_ID), None).problem for line in (honest, forged)]
    assert found == [None, Problem(2, "changed")]


@pytest.mark.parametrize("text", ["[]", "1", '"text"', "null", "{}{}", "{} ", " {}", "", "{", "{]", "[" * 100_000])
@pytest.mark.parametrize("field", ["actor", "evidence"])
def test_an_actor_or_evidence_that_is_no_object_is_no_entry(field: str, text: str) -> None:
    assert second(ACTOR, "{}").is_true()
    assert not sealed(second(ACTOR, "{}")._replace(**{field: text})).is_true()
