"""Reason 8: the mail server's queue does not exist (facts 7.2 and 7.3; the guide names another folder for Sendmail's)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.answers import Mta
from workflows.model.finding import Finding

SUBJECT = Subject(
    "queue-folders",
    "the folders of the mail queue exist",
    "a mail that cannot be queued is not sent",
    "guide 6.1 no. 8",
    order=60,
)


def check(visit: Visit) -> Iterator[Finding]:
    """Those of the server that OpenEMM uses."""
    if visit.decision.mta not in visit.installed:
        return
    if missing := visit.host.mail.missing_queue_folders(visit.decision.mta):
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        yield SUBJECT.stops(f"there is no {missing[0]}{more}", _fix(visit, missing[0]))
    else:
        yield SUBJECT.fine(f"those of {visit.decision.mta.label}")


def _fix(visit: Visit, folder: str) -> str:
    if visit.decision.mta is Mta.POSTFIX:
        return "postfix check    makes them again; else re-install Postfix"
    owner = "-o openemm" if folder.startswith(visit.host.home_path) else "-m 0700"
    return f"install -d {owner} {folder} && orchestrate restart"
