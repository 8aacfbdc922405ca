"""The domain of the mailloop service is none of this host's own names (guide 5.4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding
from workflows.rules.configuration import require_mailloop, split_url

SUBJECT = Subject("mailloop", "the mailloop domain", "bounces that come later would not be caught", "guide 5.4", order=100)


def check(ground: Ground) -> Iterator[Finding]:
    """Those that it is called by, by itself, in the answers and in the URL."""
    answers, name = ground.plan.answers, ground.host.network.full_name()
    servers = {answers.name, *([name] if name else [])}
    with suppress(WorkflowError):  # `url` says so
        servers.add(split_url(answers.url)[1])
    try:
        require_mailloop(answers.mailloop_domain, servers)
    except WorkflowError as error:
        yield SUBJECT.stops(error.message, "the same command with --mailloop-domain DOMAIN    another one")
    else:
        yield SUBJECT.fine(answers.mailloop_domain)
