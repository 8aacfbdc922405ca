"""When frontend and backend are started, what is remembered before it, and what damage is left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from proof_kit import HOP, Site

from workflows.model.errors import WorkflowError
from workflows.steps.application.start import MAKE_MAIL, StartBackend, StartFrontend
from workflows.steps.database.repair import repair_damage


def test_a_whole_layout_and_jobs_that_are_not_in_progress_are_no_damage() -> None:
    site: Any = Site()
    assert repair_damage(site, HOP) == []
    site.jobs = [replace(site.jobs[0], state=1, enabled=False), replace(site.jobs[0], state=3)]
    site.layout = {}  # only late
    assert repair_damage(site, HOP) == []
    assert site.did == []


def test_damage_is_told_with_what_was_done() -> None:
    site: Any = Site()
    noted: list[dict[str, Any]] = []
    site.note = lambda message, **facts: noted.append(facts)
    site.jobs = [replace(site.jobs[0], id=7, state=1)]
    (note,) = repair_damage(site, HOP)
    assert [note.evidence] == noted == [{"startup_jobs": [7]}]


def test_a_release_that_migrates_other_things_has_other_damage() -> None:
    site: Any = Site()
    site.jobs, site.layout = [replace(site.jobs[0], state=1)], {"logo.svg": True}
    assert repair_damage(site, replace(HOP, rules=replace(HOP.rules, migrates=("config-values",)))) == []
    assert site.did == []


def test_before_a_start_the_real_values_of_the_database_are_remembered() -> None:
    site: Any = Site()
    site.config = {"system.url": [(None, "https://x"), ("a", "http://[to be defined]"), ("b", "")], "birt.url": [(None, None)]}
    assert StartFrontend(HOP, 1.0).prepare(site) == {"config": {"system.url": ["https://x"], "birt.url": []}}
    assert StartFrontend(replace(HOP, rules=replace(HOP.rules, migrates=())), 1.0).prepare(site) == {}


def test_folders_that_the_home_lacks_are_remembered_before_they_are_brought_back() -> None:
    site: Any = Site()
    site.host.home.lacking_folders = lambda names: ["emm-plugins"] if names == ("A-hop2",) else []
    assert StartFrontend(HOP, 1.0, brings_back=("A-hop2",)).prepare(site)["lacking"] == ["emm-plugins"]


# --- the backend ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("flowed", [True, False])
def test_mail_flows_again_only_where_it_flowed_before_the_run(flowed: bool, final: bool) -> None:
    site: Any = Site()
    site.backend, site.intents["hop1.stop"] = False, {"frontend": True, "backend": flowed}
    done = StartBackend(replace(HOP, final=final)).do(site)
    assert site.did == [*(["release"] if final else []), *(["start backend"] if flowed else [])]
    assert done.summary == ("backend services run" if flowed else "left stopped, as it was before")


def test_what_counts_is_the_first_hops_stop() -> None:
    site: Any = Site()
    site.backend, site.intents["hop2.stop"] = False, {"frontend": True, "backend": False}
    StartBackend(replace(HOP, number=2)).do(site)
    assert site.did == ["release", "start backend"]


def test_a_backend_that_runs_whole_is_left_and_one_that_runs_in_part_is_started() -> None:
    site: Any = Site()
    StartBackend(HOP).do(site)
    assert site.did == ["release"]
    down = [{"bav": "stopped"}, {}]
    site.host.application.services_down = lambda: down.pop(0)
    StartBackend(HOP).do(site)
    assert site.did[1:] == ["release", "start backend"]


def test_a_frontend_that_ended_since_it_was_proven_is_started_again_where_this_run_started_it() -> None:
    site: Any = Site()
    site.frontend = False
    StartBackend(HOP).do(site)
    assert site.did == ["release", "start frontend"]
    site.frontend, site.intents["hop1.start"] = False, {}
    StartBackend(HOP).do(site)
    assert site.did[2:] == ["release"]


@pytest.mark.parametrize("service", sorted(MAKE_MAIL))
def test_a_backend_without_a_service_that_makes_mail_does_not_run(service: str) -> None:
    site: Any = Site()
    site.host.application.services_down = lambda: {service: "stopped", "bav": "stopped"}
    with pytest.raises(WorkflowError) as caught:
        StartBackend(HOP).do(site)
    assert caught.value.error_key == "backend-not-running"
    assert list(caught.value.detail) == [f"{service}: stopped", "bav: stopped"]


def test_a_backend_that_does_not_come_up_does_not_run_and_one_without_other_services_is_only_told() -> None:
    site: Any = Site()
    noted: list[str] = []
    site.note = lambda message, **facts: noted.append(message)
    site.host.application.services_down = lambda: {"bav": "stopped"}
    assert StartBackend(HOP).do(site).summary == "backend services run"
    assert noted == ["not all services of the backend run: bav"]
    site.backend, site.host.application.start_backend = False, lambda tell: None
    with pytest.raises(WorkflowError) as caught:
        StartBackend(HOP).do(site)
    assert caught.value.error_key == "backend-not-running"
