"""Sendmail is supported up to 23.04; from 23.10 on OpenEMM sends by Postfix alone (facts 12)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.model.answers import Mta
from workflows.model.finding import Finding
from workflows.model.version import Version
from workflows.rules.mta import BY_DEFAULT, decide

FIRST_WITHOUT_SENDMAIL = Version(23, 10)
SUBJECT = Subject(
    "mta-supported", "the mail server works with every release on the way", "mailings would not leave the host", order=180
)


def check(journey: Journey) -> Iterator[Finding]:
    """Nothing to say of a plan that stays below 23.10."""
    host, plan = journey.host, journey.plan
    last = next((hop for hop in plan.hops if Version.parse(hop.target.version) >= FIRST_WITHOUT_SENDMAIL), None) if plan else None
    if last is None:
        return
    decision = decide(host.mail.clues())
    if decision.mta is Mta.SENDMAIL and decision.source != BY_DEFAULT:
        measured = f"Sendmail is active ({decision.why}), and {last.target.version} works with Postfix only"
        yield SUBJECT.stops(measured, "orchestrate mta switch postfix")
    else:
        yield SUBJECT.fine(decision.mta.label)
