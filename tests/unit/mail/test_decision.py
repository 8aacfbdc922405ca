"""Which mail server the application will use, told from five sources as scripts/config.sh tells it (facts 12)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.host.mail import Clue, Source
from workflows.model.answers import Mta
from workflows.rules.mta import decide

SAYS = st.sampled_from([None, "postfix", "sendmail", "exim4", "qmail"])


def clues(*says: str | None) -> list[Clue]:
    return [Clue(source, word, f"seen in {source.value}") for source, word in zip(Source, says, strict=True)]


@pytest.mark.parametrize(
    ("says", "mta", "source"),
    [
        (("sendmail", "postfix", "postfix", "postfix", "postfix"), Mta.SENDMAIL, "environment"),
        ((None, "sendmail", "postfix", "postfix", "postfix"), Mta.SENDMAIL, "system.cfg"),
        ((None, "exim4", "postfix", "sendmail", None), Mta.POSTFIX, "alternatives"),
        ((None, None, None, "sendmail", "postfix"), Mta.SENDMAIL, "units"),
        ((None, None, None, None, "postfix"), Mta.POSTFIX, "processes"),
        ((None, None, "qmail", None, None), Mta.SENDMAIL, "default"),
        ((None, None, None, None, None), Mta.SENDMAIL, "default"),
    ],
)
def test_the_first_source_that_names_one_of_the_two_decides(says: Sequence[str | None], mta: Mta, source: str) -> None:
    decision = decide(clues(*says))
    assert (decision.mta, decision.source) == (mta, source)


def test_every_source_against_the_decision_is_told() -> None:
    decision = decide(clues(None, "sendmail", "postfix", "postfix", "sendmail"))
    assert len(decision.contradictions) == 2
    assert decision.contradictions[0] == "alternatives says postfix: seen in alternatives"


@given(st.tuples(SAYS, SAYS, SAYS, SAYS, SAYS), st.permutations(range(5)))
def test_the_order_in_which_clues_are_given_does_not_matter(says: tuple[str | None, ...], order: Sequence[int]) -> None:
    ordered = clues(*says)
    assert decide([ordered[n] for n in order]) == decide(ordered)


@given(st.tuples(SAYS, SAYS, SAYS, SAYS, SAYS))
def test_a_decision_without_contradictions_means_that_no_source_names_another(says: tuple[str | None, ...]) -> None:
    decision = decide(clues(*says))
    assert bool(decision.contradictions) == any(word not in (None, decision.mta.value) for word in says)
