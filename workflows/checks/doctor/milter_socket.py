"""The bounce filter that the mail server asks (guide 4.2, 4.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.answers import Mta
from workflows.model.finding import Finding

SOCKET = "var/run/bav.sock"
SUBJECT = Subject(
    "milter-socket", "the bounce filter answers on its socket",
    "a mail server that asks it and gets no answer puts mail off: Postfix what comes in, Sendmail every mail",
    "guide 4.2, 4.3", order=120,
)  # fmt: skip


def check(visit: Visit) -> Iterator[Finding]:
    """Somebody accepts connections there."""
    path = f"{visit.host.home_path}/{SOCKET}"
    if visit.host.mail.milter():
        yield SUBJECT.fine(path)
        return
    found = SUBJECT.stops if visit.decision.mta is Mta.SENDMAIL and visit.installed else SUBJECT.warns
    yield found(
        f"nobody answers on {path}",
        f"{visit.host.home_path}/bin/backend.sh restart    as its own user; `status` tells whether bavd runs",
    )
