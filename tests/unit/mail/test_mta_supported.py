"""An upgrade that leaves the last line with Sendmail stops, with the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from workflows.checks.upgrade.journey import Journey
from workflows.checks.upgrade.mta_supported import check
from workflows.host.mail import Clue, Source
from workflows.model.finding import Severity
from workflows.model.plans import Hop, LineRules, Release, UpgradePlan


def plan(*versions: str) -> UpgradePlan:
    hops = [
        Hop(n, source, Release(target, ()), LineRules(target[:5]), final=False)
        for n, (source, target) in enumerate(pairwise(versions), start=1)
    ]
    return UpgradePlan(versions[0], versions[-1], tuple(hops))


def host(unit: str | None) -> Any:
    clues: Sequence[Clue] = [Clue(Source.UNITS, unit, f"{unit}.service is enabled")]
    return SimpleNamespace(mail=SimpleNamespace(clues=lambda: clues))


@pytest.mark.parametrize(
    ("unit", "versions", "severity"),
    [
        ("sendmail", ("23.04.000.222", "23.10.000.159"), Severity.INHIBITOR),
        ("sendmail", ("22.10.000.222", "23.04.000.222", "23.10.000.159", "24.04.000.100"), Severity.INHIBITOR),
        ("postfix", ("23.04.000.222", "23.10.000.159"), Severity.PASSED),
        ("sendmail", ("22.10.000.222", "23.04.000.222"), None),
        (None, ("23.04.000.222", "23.10.000.159"), Severity.PASSED),
    ],
)
def test_sendmail_must_be_left_before_23_10(unit: str | None, versions: tuple[str, ...], severity: Severity | None) -> None:
    found = list(check(Journey(host(unit), plan(*versions))))
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    if severity is Severity.INHIBITOR:
        assert found[0].fix == "orchestrate mta switch postfix"
