"""Reason 1: the packages of a mail server are not installed (guide 4.2, 4.3)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.model.answers import Mta
from workflows.model.finding import Finding

SUBJECT = Subject(
    "mta-installed",
    "a mail server is installed",
    "OpenEMM hands every mail to Postfix or Sendmail",
    "guide 6.1 no. 1",
    order=20,
)


def check(visit: Visit) -> Iterator[Finding]:
    """The server itself, and the packages that OpenEMM needs beside it."""
    mail, manager = visit.host.mail, visit.host.os_packages
    if not visit.installed:
        packages = " ".join(mail.server(Mta.POSTFIX).packages)
        fix = f"{manager.name} install {packages}    then orchestrate mta switch postfix"
        yield SUBJECT.stops("neither Postfix nor Sendmail is installed", fix)
        return
    server = visit.server if visit.decision.mta in visit.installed else mail.server(visit.installed[0])
    there = manager.installed(server.packages)
    lacking = [package for package in server.packages if package not in there]
    if lacking:
        packages = " ".join(lacking)
        measured = f"{server.mta.label} {server.version()}, but not {', '.join(lacking)}"
        yield SUBJECT.warns(measured, f"{manager.name} install {packages}")
    else:
        yield SUBJECT.fine(f"{server.mta.label} {server.version()}")
