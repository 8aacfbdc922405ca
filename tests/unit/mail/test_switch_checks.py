"""What stops a switch of the mail server, and that what is said of it helps."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.hosts.mail.mail import RealMail
from orchestrator.settings import Settings
from tests.remedies.follow import seen
from workflows.checks.mta import milter, sendmail_supported, systemd
from workflows.checks.mta.question import Question
from workflows.host.system import Family
from workflows.model.answers import Mta
from workflows.model.finding import Finding, Severity
from workflows.model.plans import Hop, LineRules, Release
from workflows.rules.mta import MtaPlan


def question(host: Any, *, new: Mta = Mta.SENDMAIL, version: str = "20.10") -> Question:
    hop = Hop(1, version, Release(version, ()), LineRules(version[:5]), final=True)
    return Question(host, MtaPlan(new.other.value, new.value, "mail.example.com", hop))


def stopped(findings: list[Finding]) -> str:
    """The fix of the one that stops."""
    (found,) = (one for one in findings if one.severity is Severity.INHIBITOR)
    seen(found.fix)
    return found.fix


@pytest.mark.parametrize(("family", "version"), [(Family.SUSE, "20.10"), (Family.RHEL, "23.10.000.159")])
def test_who_stays_with_postfix_is_not_kept_from_it(family: Family, version: str) -> None:
    host = SimpleNamespace(system=SimpleNamespace(distribution=lambda: SimpleNamespace(family=family)))
    stopped(list(sendmail_supported.check(question(host, version=version))))
    assert list(sendmail_supported.check(question(host, new=Mta.POSTFIX, version=version))) == []


def test_where_systemd_runs_it_is_no_hindrance() -> None:
    def booted(there: bool) -> Any:
        return SimpleNamespace(units=SimpleNamespace(available=lambda: there))

    stopped(list(systemd.check(question(booted(False)))))
    assert [one.severity for one in systemd.check(question(booted(True)))] == [Severity.PASSED]


def test_a_home_with_a_shorter_path_has_a_bounce_filter_that_answers(tmp_path: Path, open_folder: Path) -> None:
    homes = [tmp_path / ("long" * (milter.LONGEST // 4)), open_folder / "home"]
    for home in homes:
        (home / "var/run").mkdir(parents=True)
    long, short = (question(SimpleNamespace(mail=RealMail(Settings(name="x", home=home)), home_path=str(home))) for home in homes)
    stopped(list(milter.check(long)))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{short.host.home_path}/var/run/bav.sock")
        server.listen()
        assert [one.severity for one in milter.check(short)] == [Severity.PASSED]
