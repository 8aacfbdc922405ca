"""A stop: nothing is stopped that could not be started and proven again, and what ran before the run runs after an undo."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from proof_kit import HOP, Site

from workflows.host.application import AppState, OpenFiles
from workflows.host.database import OtherDatabase
from workflows.model.errors import RefusedError
from workflows.steps.application.stop import StopApplication, keep_stopped, stop_all, telling

STOP = StopApplication(HOP)


@pytest.fixture
def site() -> Any:
    made: Any = Site()
    made.step = "hop1.stop"
    made.host.application.open_files = lambda: OpenFiles("openemm", 16384, 16384, 16348)
    return made


def test_the_service_manager_is_held_first_then_all_is_stopped_the_frontend_first(site: Any) -> None:
    done = STOP.do(site)
    assert site.did == ["hold", "stop frontend", "stop backend"]
    assert (done.summary, done.facts) == ("frontend and backend stopped", {"log": [1, 2]})


def test_where_whatever_is_active_may_run_nothing_is_held(site: Any) -> None:
    site.intents["hop1.stop"] = {"frontend": False, "backend": False}
    assert StopApplication(HOP, hold=False).do(site).summary == "nothing ran"
    assert site.did == ["stop frontend", "stop backend"]


def test_what_ran_is_remembered_before(site: Any) -> None:
    site.backend = False
    assert STOP.prepare(site) == {"frontend": True, "backend": False}


def test_nothing_is_stopped_that_could_not_be_started_again(site: Any) -> None:
    site.host.application.open_files = lambda: OpenFiles("openemm", 16348, 16384, 16348)
    STOP.do(site)  # just enough
    site.did.clear()
    site.host.application.open_files = lambda: OpenFiles("openemm", 16347, 16384, 16348)
    with pytest.raises(RefusedError) as caught:
        STOP.do(site)
    assert (caught.value.error_key, site.did) == ("open-files-too-few", [])


def test_nothing_is_stopped_whose_start_could_not_be_proven(site: Any) -> None:
    site.other = OtherDatabase("jdbc-connect names another", "jdbc:x")
    with pytest.raises(RefusedError) as caught:
        STOP.do(site)
    assert (caught.value.error_key, site.did) == ("dbcfg-differs", [])


def test_the_service_manager_learns_of_a_stop_only_where_it_took_it_for_started(site: Any) -> None:
    told: list[bool] = []
    site.host.application.stop_unit = lambda: told.append(True)
    for unit in (False, True):
        site.host.application.state = lambda unit=unit: AppState(frontend=False, backend=False, unit=unit)
        assert stop_all(site) is False
    assert (site.did, told) == (["stop backend"] * 2, [True])


@pytest.mark.parametrize(("frontend", "backend"), [(True, True), (True, False), (False, True), (False, False)])
def test_what_was_started_meanwhile_is_stopped_and_told(site: Any, frontend: bool, backend: bool) -> None:
    noted: list[str] = []
    site.note = noted.append
    site.frontend, site.backend = frontend, backend
    assert keep_stopped(site) is (frontend or backend)
    assert (site.frontend, site.backend) == (False, False)
    assert len(noted) == (frontend or backend)


@pytest.mark.parametrize("frontend", [True, False])
@pytest.mark.parametrize("backend", [True, False])
def test_an_undo_starts_what_ran_before_the_run(site: Any, frontend: bool, backend: bool) -> None:
    site.intents["hop1.stop"] = {"frontend": frontend, "backend": backend}
    site.frontend = site.backend = False
    STOP.undo(site)
    assert site.did == ["release", *["start frontend"] * frontend, *["start backend"] * backend]
    site.did.clear()
    STOP.undo(site)
    assert site.did == ["release"]


def test_an_undo_of_a_stop_that_was_cut_short_starts_all_services(site: Any) -> None:
    site.host.application.services_down = lambda: {"trigger": "stopped"}
    STOP.undo(site)
    assert site.did == ["release", "start backend"]


def test_what_a_later_hop_stopped_is_an_intermediate_version_that_nobody_needs_back(site: Any) -> None:
    site.frontend = site.backend = False
    assert StopApplication(replace(HOP, number=2)).undo(site) == ()
    assert site.did == []


def test_a_script_that_keeps_us_waiting_is_told(site: Any) -> None:
    told: list[str] = []
    site.report = told.append
    tell = telling(site, "stopping the backend")
    tell(3.2, "")
    tell(61.0, "x" * 80)
    assert told == ["stopping the backend, 3 s", f"stopping the backend, 61 s: {'x' * 60}"]
