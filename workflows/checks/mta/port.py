"""Nobody but the two servers listens on the port of mail."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.model.answers import Mta
from workflows.model.finding import Finding
from workflows.rules.mta import PORT, is_ours

SUBJECT = Subject("port", f"port {PORT} is free for it", "the new server could not", order=70)


def check(question: Question) -> Iterator[Finding]:
    """By the processes that hold it."""
    known = {pid for mta in Mta for pid in question.host.mail.server(mta).processes()}
    strangers = [one for one in question.host.network.listeners(PORT) if not is_ours(one, known)]
    if strangers:
        one = strangers[0]
        yield SUBJECT.but("port-taken").stops(
            f"{one.program or 'an unknown program'} (process {one.pid or 'unknown'}) listens there",
            f"ps -fp {one.pid or 1}    stop it, and disable its unit",
        )
    else:
        yield SUBJECT.fine("yes")
