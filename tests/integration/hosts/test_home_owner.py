"""Whose the home is must be who OpenEMM runs as, and the command of the finding makes it so (facts 1.1)."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestrator.hosts.application.application import RealApplication
from orchestrator.hosts.home.home import RealHome
from orchestrator.settings import Settings
from tests.remedies.follow import follow
from workflows.checks.upgrade import home_owner
from workflows.checks.upgrade.journey import Journey
from workflows.model.finding import Finding, Severity


def found(settings: Settings) -> Finding:
    host = SimpleNamespace(home=RealHome(settings), application=RealApplication(settings), home_path=str(settings.home))
    (finding,) = home_owner.check(Journey(host, None))  # type: ignore[arg-type]
    return finding


def test_a_home_of_whoever_runs_openemm_is_fine(settings: Settings) -> None:
    assert found(settings).severity is Severity.PASSED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
@pytest.mark.parametrize("is_link", [False, True], ids=["a folder", "a link to another disk"])
def test_a_home_of_roots_stops_a_run_until_it_is_given_to_its_user(
    settings: Settings, tmp_path: Path, open_folder: Path, is_link: bool
) -> None:
    home = open_folder / f"home-{tmp_path.name}"
    if is_link:
        (disk := open_folder / f"disk-{tmp_path.name}").mkdir()
        home.symlink_to(disk)
    else:
        home.mkdir()
    its = settings.model_copy(update={"home": home, "user": "daemon"})
    finding = found(its)
    assert (finding.severity, finding.measured) == (Severity.INHIBITOR, f"{home} is root's, and OpenEMM runs as daemon")
    follow(finding.fix)
    assert found(its).severity is Severity.PASSED
    assert home.owner() == "daemon"
