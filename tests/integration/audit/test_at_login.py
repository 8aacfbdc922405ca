"""What somebody who logs in is told of a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.hosts.system import motd
from orchestrator.runs.announce import at_login
from orchestrator.runs.site import Site

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
def shown(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a login of root's host would show; the site is the one that commands without --site find."""
    path = tmp_path / "etc/motd.d/openemm-orchestrator"
    path.parent.parent.mkdir()
    monkeypatch.setattr(motd, "FILE", path)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    file = tmp_path / "site.toml"
    file.write_text(f"state = {json.dumps(str(site.settings.state))}\n")
    monkeypatch.setattr("orchestrator.settings.SITE_FILE", file)
    return path


@pytest.mark.parametrize("state", ["planned", "running", "waiting", "paused", "failed", "undoing"])
def test_an_open_run_is_shown_with_its_resume_until_it_has_ended(site: Site, shown: Path, state: str) -> None:
    run = site.store.journal.load("BAD1")
    at_login(site.settings, replace(run, state=state))
    assert "orchestrate resume BAD1" in shown.read_text()
    assert shown.stat().st_mode & 0o777 == 0o644
    at_login(site.settings, replace(run, state="completed"))
    assert not shown.exists()
    at_login(site.settings, run)
    assert not shown.exists()


def test_a_run_of_another_site_on_this_host_is_not_shown(site: Site, shown: Path, tmp_path: Path) -> None:
    other = site.settings.model_copy(update={"state": tmp_path / "sandbox"})
    at_login(other, replace(site.store.journal.load("BAD1"), state="failed"))
    assert not shown.exists()


def test_what_cannot_be_shown_is_no_reason_to_fail(site: Site, shown: Path) -> None:
    shown.parent.write_text("a file where the folder should be\n")
    at_login(site.settings, replace(site.store.journal.load("BAD1"), state="failed"))
    assert shown.parent.is_file()
