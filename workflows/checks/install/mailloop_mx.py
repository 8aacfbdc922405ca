"""Bounces find their way to this host (guide 8.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject("mailloop-mx", "bounces reach this host", "bounces that arrive later would be lost", "guide 8.1", order=240)


def check(ground: Ground) -> Iterator[Finding]:
    """The MX record of the mailloop domain names the host, or one with an address of it."""
    answers, exchangers = ground.plan.answers, ground.records.exchangers
    if exchangers is None:
        return  # `name-resolves` says why
    domain = answers.mailloop_domain
    fix = f"have the record added: {domain}. MX 10 {answers.name}."
    if not exchangers:
        yield SUBJECT.warns(f"{domain} has no MX record", fix)
    elif ground.records.leads_here:
        yield SUBJECT.fine(f"mail for {domain} goes to {', '.join(exchangers)}")
    else:
        yield SUBJECT.warns(f"mail for {domain} goes to {', '.join(exchangers)}, not to {answers.name}", fix)
