"""What an installation does to the operating system, on a booted host: every step done, cut off, done again and taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.system.lab.host import Host
from tests.system.lab.lab import Lab
from tests.system.lab.openemm import PREFIX, install_orchestrator

HERE = Path(__file__).parent
FOUND = {
    "logging rhel8": ["logging.journald", "logging.imjournal", "logging.logrotate"],
    "logging rhel7": ["logging.journald", "logging.imjournal", "logging.logrotate"],
    "logging debian": ["logging.journald", "logging.maillog", "logging.maillog-mode", "logging.logrotate"],
    "logging suse": ["logging.journald", "logging.maillog-link", "logging.logrotate"],
    "limits rhel": ["limits.nofile", "limits.nofile.root", "limits.nofile.services"],
    "account rhel": ["account.group", "account.user"],
    "account group is there": ["account.user"],
    "account shell is another": ["account.home-shell-group", "account.home-passable"],
    "limits set by somebody": ["limits.nofile", "limits.nofile.root", "limits.nofile.services"],
    "account suse": ["account.group", "account.user", "account.path"],
    "home rhel": ["home.folders", "home.owner", "home.setenv.JAVA_HOME", "home.setenv.CATALINA_HOME", "home.setenv.config",
                  "home.server-xml"],
    "unit rhel": ["unit.openemm", "unit.enabled"],
    "log-rotation rhel": ["rotation.catalina"],
}  # fmt: skip


@pytest.fixture(scope="module")
def records(lab: Lab) -> dict[str, dict[str, Any]]:
    """What every step did, by its name and its distribution."""
    host: Host = lab.host()
    host.boot()
    install_orchestrator(host)
    host.copy_in(HERE / "setup_inside.py", "/root/setup_inside.py")
    host.copy_in(HERE / "setup_texts", "/root/setup_texts")
    said = json.loads(host.run([f"{PREFIX}/bin/python", "/root/setup_inside.py"], timeout=280).stdout)
    host.close()
    return {f"{record['step']} {record.get('scenario', record['family'])}": record for record in said}


def test_every_step_finds_what_a_distribution_delivers_otherwise_than_the_guide_wants_it(records: dict[str, Any]) -> None:
    assert {name: record["found"] for name, record in records.items()} == FOUND


def test_nothing_differs_when_a_step_is_done_and_doing_it_again_changes_nothing(records: dict[str, Any]) -> None:
    assert {name: (record["left"], record["again"]) for name, record in records.items()} == {
        name: ([], ["was right"]) for name in FOUND
    }


def test_undo_gives_back_every_byte_mode_and_owner_however_often_it_is_run(records: dict[str, Any]) -> None:
    assert {name: (record["undone"], record["undone_twice"]) for name, record in records.items()} == dict.fromkeys(
        FOUND, ([], [])
    )


def test_a_step_cut_off_behind_any_of_its_calls_is_completed_by_being_done_again(records: dict[str, Any]) -> None:
    left = {f"{name}, call {cut['after']}": cut["left"] for name, record in records.items() for cut in record["cuts"]}
    assert {name.partition(" ")[0] for name in left} == {"logging", "limits", "account", "home", "unit", "log-rotation"}
    assert not any(left.values()), left


def test_a_step_cut_off_behind_any_of_its_calls_is_taken_back_completely(records: dict[str, Any]) -> None:
    for name, record in records.items():
        for cut in record["cuts"]:
            assert (cut["undone"], cut["undone_at_once"]) == ([], []), f"{name}, call {cut['after']}"
