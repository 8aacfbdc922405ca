"""Where the places at which a test cuts the process off count: nowhere but beside the tests."""

from __future__ import annotations

from pathlib import Path

from state.faults import TESTS, given

ASKED = {"ORCHESTRATE_FAULT": "commit:17", "ORCHESTRATE_FAULT_LOG": "/etc/passwd"}
NOTHING = ("", "", None)


def test_an_installed_package_knows_no_faults(tmp_path: Path) -> None:
    assert given(ASKED, tmp_path) == NOTHING
    assert given({"ORCHESTRATE_FAULT": "commit:3"}, tmp_path) == NOTHING


def test_beside_the_tests_they_count(tmp_path: Path) -> None:
    (tmp_path / TESTS).parent.mkdir(parents=True)
    (tmp_path / TESTS).touch()
    assert given(ASKED, tmp_path) == ("commit", "17", "/etc/passwd")
    assert given({"ORCHESTRATE_FAULT": "swap"}, tmp_path) == ("swap", "", None)
    assert given({}, tmp_path) == NOTHING


def test_these_tests_are_beside_the_package() -> None:
    assert (Path(__file__).parents[3] / TESTS).is_file()
