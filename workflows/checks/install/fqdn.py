"""The host calls itself as it was answered to be called (guide 3.9)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

SUBJECT = Subject("fqdn", "the host has a full name", "mail would be sent in the name of localhost", "guide 3.9", order=80)


def check(ground: Ground) -> Iterator[Finding]:
    """A name with a domain, and the one of the answers."""
    answers, name = ground.plan.answers, ground.host.network.full_name()
    if name is None:
        fix = f"hostnamectl set-hostname {answers.name}    and the same name in /etc/hosts"
        yield SUBJECT.stops("its name has no domain", fix)
    elif name.lower() != answers.name.lower():
        fix = f"hostnamectl set-hostname {answers.name}    or the same command with --name {name}"
        yield SUBJECT.warns(f"it calls itself {name}, and was answered to be {answers.name}", fix)
    else:
        yield SUBJECT.fine(name)
