"""Which of the reasons about the mail server is said, told by what is installed, runs, and is decided for: never two for one."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from workflows.checks.doctor import mta_active, mta_installed, mta_running, mta_started
from workflows.checks.doctor.visit import Visit
from workflows.host.mail import Clue, Source
from workflows.host.units import UnitState
from workflows.model.answers import Mta

BOTH = "postfix sendmail"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NEVER, ENDED = (
    UnitState(exists=True, enabled=True),
    UnitState(exists=True, enabled=True, state="failed", started=LONG_AGO, ended=LONG_AGO),
)
UP, NOT_ENABLED = (
    UnitState(exists=True, enabled=True, state="active", started=LONG_AGO),
    UnitState(exists=True, state="active", started=LONG_AGO),
)


def visit(installed: str, running: str, decided: str | None, story: UnitState, *, systemd: bool = True) -> Visit:
    """A host on which alternatives decide."""

    def server(mta: Mta) -> Any:
        return SimpleNamespace(
            mta=mta, units=(f"{mta}.service",), packages=("it",), program=f"/usr/sbin/sendmail.{mta}",
            version=lambda: "1.0" if mta in installed else None, processes=lambda: [7] if mta in running else [],
        )  # fmt: skip

    packages = SimpleNamespace(name="dnf", installed=dict.fromkeys)
    mail = SimpleNamespace(
        server=server,
        clues=lambda: [Clue(Source.ALTERNATIVES, decided, f"sendmail leads to sendmail.{decided}")],
    )  # fmt: skip
    host: Any = SimpleNamespace(
        mail=mail, os_packages=packages, units=SimpleNamespace(available=lambda: systemd, state=lambda name: story),
        network=SimpleNamespace(listeners=lambda port: []), home_path="/home/openemm",
    )  # fmt: skip
    return Visit(host, host)


@pytest.mark.parametrize(
    ("installed", "running", "decided", "story", "found"),
    [
        ("postfix", "postfix", "postfix", UP, {}),
        ("postfix", "postfix", "postfix", NOT_ENABLED, {"mta-started": "warning"}),
        ("", "", None, NEVER, {"mta-installed": "inhibitor"}),
        ("postfix", "", "postfix", NEVER, {"mta-started": "inhibitor"}),
        ("postfix", "", "postfix", ENDED, {"mta-running": "inhibitor"}),
        ("postfix", "", "postfix", UP, {"mta-running": "inhibitor"}),
        ("postfix", "", None, NEVER, {"mta-active": "inhibitor"}),
        ("postfix", "postfix", "sendmail", UP, {"mta-active": "inhibitor"}),
        (BOTH, "postfix", "sendmail", NEVER, {"mta-active": "inhibitor"}),
        (BOTH, "sendmail", "sendmail", UP, {}),
        (BOTH, BOTH, "postfix", UP, {"mta-active": "warning"}),
        ("postfix", "postfix", "exim", UP, {"mta-active": "inhibitor"}),
    ],
)
def test_one_cause_is_one_finding(
    installed: str, running: str, decided: str | None, story: UnitState, found: dict[str, str]
) -> None:
    looked = visit(installed, running, decided, story)
    findings = [f for module in (mta_installed, mta_active, mta_started, mta_running) for f in module.check(looked)]
    assert {f.key: str(f.severity) for f in findings if str(f.severity) != "passed"} == found


def test_a_server_that_is_installed_and_that_nothing_decides_for_is_to_be_enabled() -> None:
    (finding,) = mta_active.check(visit("postfix", "", None, NEVER))
    assert finding.fix == "systemctl enable --now postfix.service"
    (finding,) = mta_active.check(visit("postfix", "postfix", "sendmail", UP))
    assert finding.fix == "orchestrate mta switch postfix"


def test_without_systemd_a_server_without_a_process_is_not_running_and_its_start_unknown() -> None:
    looked = visit("postfix", "", "postfix", NEVER, systemd=False)
    assert [str(f.severity) for f in mta_running.check(looked)] == ["inhibitor"]
    assert [str(f.severity) for f in mta_started.check(looked)] == ["unknown"]
