"""The domain that mails are sent from lets this host send them (guide 3.9)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject(
    "mailloop-spf", "SPF lets this host send", "receivers refuse mails that the sender's domain disowns", "guide 3.9", order=250
)
SPF_SELF = {"mx", "+mx", "a", "+a", "all", "+all", "?all"}
SPF_ELSEWHERE = ("redirect=", "include:")  # what stands there is not looked at


def check(ground: Ground) -> Iterator[Finding]:
    """Its SPF record, as far as it is written down in one place."""
    answers, records = ground.plan.answers, ground.records
    if records.texts is None:
        return  # `name-resolves` says why
    domain, ours = answers.mailloop_domain, records.addresses[answers.name]
    spf = [text for text in records.texts if text.lower().startswith("v=spf1")]
    if not spf:
        yield SUBJECT.unknown(
            f"{domain} has no SPF record", f'have the record added: {domain}. TXT "v=spf1 mx a:{answers.name} -all"'
        )
        return
    words = spf[0].lower().split()[1:]
    wanted = {f"a:{answers.name.lower()}", *(f"ip{'6' if ':' in address else '4'}:{address.lower()}" for address in ours)}
    if (wanted | SPF_SELF) & set(words) or any(word.startswith(SPF_ELSEWHERE) for word in words):
        yield SUBJECT.fine(f"{domain}: {spf[0]}")
    else:
        yield SUBJECT.warns(f"{domain}: {spf[0]}", f"have a:{answers.name} added to it")
