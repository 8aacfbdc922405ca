"""Sendmail is supported up to 23.04; from 23.10 on OpenEMM sends by Postfix alone (facts 12)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.host import Host
from workflows.model.answers import Mta
from workflows.model.finding import Finding, Severity, passed
from workflows.model.plans import UpgradePlan
from workflows.model.version import Version
from workflows.rules.mta import BY_DEFAULT, decide

KEY = "mta-supported"
TITLE = "the mail server works with every release on the way"
FIRST_WITHOUT_SENDMAIL = Version(23, 10)


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """Nothing to say of a plan that stays below 23.10."""
    last = next((hop for hop in plan.hops if Version.parse(hop.target.version) >= FIRST_WITHOUT_SENDMAIL), None) if plan else None
    if last is None:
        return
    decision = decide(host.mail.clues())
    if decision.mta is Mta.SENDMAIL and decision.source != BY_DEFAULT:
        measured = f"Sendmail is active ({decision.why}), and {last.target.version} works with Postfix only"
        yield Finding(
            KEY, Severity.INHIBITOR, TITLE, measured,
            "mailings would not leave the host", "orchestrate mta switch postfix",
        )  # fmt: skip
    else:
        yield passed(KEY, TITLE, decision.mta.label)
