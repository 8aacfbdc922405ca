"""Each point of facts 17.6, judged on what was seen."""

from __future__ import annotations

import pytest

from workflows.host.database import Report, StartupJob
from workflows.rules.proof import (
    Condition,
    decided,
    judge_config,
    judge_jobs,
    judge_layout,
    judge_log,
    judge_reports,
    judge_versions,
)

GOOD = "INFO Server startup in 11234 ms"


@pytest.mark.parametrize(
    ("log", "missing"),
    [
        (GOOD, []),
        ("", ["log-started"]),
        (f"SEVERE Context [] startup failed due to previous errors\n{GOOD}", ["log-context"]),
        (f"ERROR Cannot check installation validity: boom\n{GOOD}", ["log-migration"]),
    ],
)
def test_a_log_with_server_startup_in_proves_nothing_alone(log: str, missing: list[str]) -> None:
    assert [condition.key for condition in judge_log(log) if not condition.holds] == missing


def test_the_set_of_versions_counts_never_its_maximum() -> None:
    assert not judge_versions({"20.07.492"}, {"20.07.492", "20.01.368"}, ()).holds
    assert judge_versions({"20.07.492", "20.01.368"}, {"20.01.368"}, ()).holds
    assert judge_versions(set(), {"19.07.420"}, {"19.07.420"}).holds


@pytest.mark.parametrize(
    ("items", "holds", "repairable"),
    [
        ({"favicon.ico": True, "logo.svg": True, "logo.png": True, "edition_logo.png": True}, True, True),
        ({"favicon.ico": True, "logo.svg": True, "logo.png": False}, False, True),
        ({}, False, False),
    ],
)
def test_a_half_filled_layout_is_damage_an_empty_one_is_only_late(items: dict[str, bool], holds: bool, repairable: bool) -> None:
    condition = judge_layout(items)
    assert (condition.holds, condition.repairable) == (holds, repairable)


@pytest.mark.parametrize(
    ("rows", "holds"),
    [
        ([(None, "https://mail.example.com")], True),
        ([(None, "https://kept.example.com")], True),
        ([(None, "https://other.example.com")], False),
        ([(None, "https://other.example.com"), ("mail1", "https://mail.example.com")], True),
        ([(None, "http://[to be defined]")], False),
        ([(None, "")], False),
        ([], False),
    ],
)
def test_a_configuration_value_is_the_sites_own_or_the_one_the_database_had(
    rows: list[tuple[str | None, str]], holds: bool
) -> None:
    judged = judge_config(
        {"system.url": rows}, {"system.url": "https://mail.example.com"}, (), {"system.url": ["https://kept.example.com"]}
    )
    assert all(condition.holds for condition in judged) is holds


@pytest.mark.parametrize(
    ("open_key", "hopeless"), [(None, True), ("log-started", False), ("company-values", False), ("layout", False)]
)
def test_a_value_that_is_missing_behind_all_that_comes_after_it_never_comes(open_key: str | None, hopeless: bool) -> None:
    keys = ("log-started", "company-values", "layout", "http-version")
    judged = [Condition(key, key != open_key, "") for key in keys]
    missing = [Condition(key, holds=False, said="") for key in ("config:system.url", "reports")]
    found = decided([*judged, *missing])
    assert [condition.hopeless for condition in found] == [*[False] * 4, hopeless, hopeless]


def test_a_required_key_without_a_site_value_must_only_be_real() -> None:
    assert all(c.holds for c in judge_config({"birt.privatekey": [(None, "key")]}, {}, ["birt.privatekey"], {}))
    assert not all(c.holds for c in judge_config({}, {}, ["birt.privatekey"], {}))


@pytest.mark.parametrize(
    ("report", "holds"),
    [
        (Report(1, ("a@example.com", "b@example.com"), "x", "y", None, "a@example.com, b@example.com", due=True), True),
        (Report(1, ("a@example.com",), "x", "y", None, "a@example.com,b@example.com", due=True), False),
        (Report(1, (), None, None, None, None, due=True), False),
        (Report(1, (), None, None, None, None, due=False), True),
    ],
)
def test_a_report_keeps_its_recipients_and_schedule(report: Report, holds: bool) -> None:
    assert judge_reports([report]).holds is holds


def test_updates_of_another_release_are_found_and_those_from_before_are_not_held_against_a_hop() -> None:
    known = {"19.10.002", "20.01.008"}
    assert judge_versions({"19.10.002", "20.01.008"}, {"20.01.008"}, (), known).holds
    foreign = judge_versions({"19.10.002", "20.01.008", "20.10.123"}, {"20.01.008"}, (), known)
    assert (foreign.holds, foreign.hopeless, "20.10.123" in foreign.said) == (False, True, True)


@pytest.mark.parametrize(
    ("state", "enabled", "holds", "repairable", "hopeless"),
    [
        (0, True, False, False, False),
        (1, True, False, True, False),
        (2, True, True, False, False),
        (3, True, False, False, True),
        (3, False, True, False, False),
    ],
)
def test_a_startup_job_is_waited_for_mended_or_given_up(
    state: int, enabled: bool, holds: bool, repairable: bool, hopeless: bool
) -> None:
    found = judge_jobs([StartupJob(1, "Job", 1, enabled, state)])
    assert (found.holds, found.repairable, found.hopeless) == (holds, repairable, hopeless)
