"""Exactly one server runs, and it is the one the application uses; no third one is chosen."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.host.mail import Source
from workflows.model.answers import Mta
from workflows.model.finding import Finding
from workflows.rules.mta import KNOWN, decide

SUBJECT = Subject("mta-active", "one mail server is active", order=20)


def check(question: Question) -> Iterator[Finding]:
    """Hold what the application decides for against what is installed, what runs, and what alternatives lead to."""
    mail, old = question.host.mail, question.old
    running = [mta for mta in Mta if mail.server(mta).processes()]
    clues = mail.clues()
    third = next((c for c in clues if c.source is Source.ALTERNATIVES and c.says is not None and c.says not in KNOWN), None)
    if not any(mail.server(mta).version() for mta in Mta):
        manager, packages = question.host.os_packages, " ".join(question.new.packages)
        yield SUBJECT.but("mta-none-installed", why="there is nothing to switch from").stops(
            "neither Postfix nor Sendmail is installed",
            f"{manager.name} install {packages}    then configure it as guide 4.2 and 4.3 say",
        )
    elif third is not None:
        yield SUBJECT.but("alternatives-third", why="OpenEMM works with Postfix and Sendmail only").stops(
            f"alternatives lead to {third.says}: {third.detail}", f"alternatives --set mta {old.program}"
        )
    elif len(running) > 1:
        yield SUBJECT.but("mta-both-active", why="which one holds which mail cannot be told").stops(
            "Postfix and Sendmail both run", f"systemctl disable --now {question.new.units[0]}    or the other"
        )
    elif running and running[0] is not question.plan.old:
        yield SUBJECT.but("mta-contradiction", why=decide(clues).why).stops(
            f"{running[0].label} runs, but the application uses {question.plan.old.label}",
            "orchestrate mta status    what each source says; then stop the one or choose the other",
        )
    elif against := decide(clues).contradictions:
        yield SUBJECT.but("mta-sources", why="the switch makes all sources agree").warns("; ".join(against))
    else:
        yield SUBJECT.fine(question.plan.old.label)
