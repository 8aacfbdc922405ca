"""A distribution of a known family is one data file, and everything else follows from it."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.data import distributions
from orchestrator.hosts import os_packages
from orchestrator.hosts.mail.mail import RealMail
from orchestrator.hosts.os_packages.capabilities import RealCapabilities
from orchestrator.settings import Settings
from tests.unit.setup.memory_host import RUNS, make_host, make_plan
from tests.unit.setup.test_preflight import preflight
from workflows.checks.doctor import cron_enabled
from workflows.host.system import Family
from workflows.host.units import UnitState
from workflows.model.answers import Mta
from workflows.steps.machine import packages
from workflows.steps.machine.logging import Logging
from workflows.steps.machine.os_packages import OperatingSystemPackages

IDS = 'ids = ["rhel", "centos", "rocky", "almalinux", "ol", "fedora"]'
CHANGES = {
    'name = "RHEL 9 and its rebuilds"': 'name = "New Linux 3"',
    IDS: 'ids = ["newlinux"]',
    'majors = ["9"]': 'majors = ["3"]',
    'package_managers = ["dnf"]': 'package_managers = ["zypper"]',
    'cron = "crond.service"': 'cron = "fcron.service"',
    'mail_log = "/var/log/maillog"': 'mail_log = "/var/log/post"',
    'packages = ["cronie"]': 'packages = ["fcron"]',
    'packages = ["postfix"]': 'packages = ["postfix-new"]',
    'packages = ["sendmail-milter"]': 'packages = ["libmilter-new"]',
}


@pytest.fixture
def new_linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This host runs it, and a data file says what it is."""
    folder = shutil.copytree(distributions.FOLDER, tmp_path / "systems")
    text = (folder / "rhel9.toml").read_text()
    for old, new in CHANGES.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "newlinux3.toml").write_text(text)
    (tmp_path / "os-release").write_text('ID=newlinux\nVERSION_ID="3.1"\nID_LIKE="rhel fedora"\nPRETTY_NAME="New Linux 3.1"\n')
    monkeypatch.setattr(distributions, "FOLDER", folder)
    monkeypatch.setattr(distributions, "OS_RELEASE", tmp_path / "os-release")


def on_new_linux(**told: Any) -> Any:
    """A host in order, on it; none of its packages is installed, and all of them are offered."""
    known = distributions.read()
    host = make_host(**told)
    host.system.distribution = lambda: known
    host.system.processes = lambda programs: [7] if told.get("units") and "fcron" in programs else []
    host.capabilities = RealCapabilities(known)
    host.os_packages = SimpleNamespace(
        name="new", installed=lambda names: {}, candidates=lambda names: dict.fromkeys(names, "1"), repositories=lambda: ["main"]
    )
    return host


@pytest.mark.usefixtures("new_linux")
def test_it_is_known_by_its_own_file_and_not_by_that_of_those_it_is_like() -> None:
    found = distributions.read()
    assert (found.family, found.supported, found.file) == (Family.RHEL, True, "newlinux3")


@pytest.mark.usefixtures("new_linux")
def test_an_installation_is_checked_and_planned_by_it() -> None:
    off = on_new_linux(units={"fcron.service": UnitState(exists=True, enabled=False)})
    found = {one.key: one for one in preflight(off, make_plan())}
    assert found["os-supported"].measured == "New Linux 3.1"
    assert found["cron"].measured.startswith("fcron.service is disabled")
    host = on_new_linux()
    differences = {one.key: one.wanted for one in OperatingSystemPackages(make_plan()).look(host)}
    assert differences["os.packages.cron"] == "fcron"
    assert packages.lacking(host, "mta-postfix") == ["postfix-new"]
    assert {one.key: one.wanted for one in Logging(make_plan()).look(host)}["logging.maillog"] == "written to /var/log/maillog"


@pytest.mark.usefixtures("new_linux")
def test_the_doctor_looks_for_its_cron_and_names_its_package() -> None:
    (missing,) = cron_enabled.check(SimpleNamespace(host=on_new_linux()))  # type: ignore[arg-type]
    assert (missing.measured, missing.fix) == ("no cron is installed", "new install fcron")
    (fine,) = cron_enabled.check(SimpleNamespace(host=on_new_linux(units={"fcron.service": RUNS})))  # type: ignore[arg-type]
    assert fine.measured == "fcron.service is enabled and runs"


@pytest.mark.usefixtures("new_linux")
def test_the_mail_servers_its_log_and_its_package_manager_are_those_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "root/var/log/post"
    log.parent.mkdir(parents=True)
    log.touch()
    mail = RealMail(Settings(home=tmp_path, state=tmp_path), root=tmp_path / "root")
    assert list(mail.server(Mta.POSTFIX).packages)[:2] == ["postfix-new", "libmilter-new"]
    assert list(mail.server(Mta.SENDMAIL).packages)[:3] == ["sendmail", "sendmail-cf", "libmilter-new"]
    assert mail.log().other == str(log)
    monkeypatch.setattr(os_packages.shutil, "which", lambda program, path: program)
    assert os_packages.package_manager().name == "zypper"
