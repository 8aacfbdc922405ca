"""A run taken back between the start of a release and its proof: nothing of that release runs under what is put back."""

from __future__ import annotations

import pytest
from upgrade_kit import Stages, at, same

from orchestrator import processes
from tests.crash.bench import Picture

pytestmark = pytest.mark.integration
DELETED = ("birt-plugins", "emm-plugins")  # by a start of 20.10


def deleted(host: Stages) -> list[str]:
    return [name for name in DELETED if not (host.home / name / "sandbox.properties").is_file()]


def test_what_was_started_is_stopped_and_what_its_start_deleted_is_back_before_anything_else_is_put_back(
    second_hop: Stages, as_installed: Picture
) -> None:
    second_hop.until("hop2.start")
    assert deleted(second_hop) == [*DELETED]
    second_hop.by_hand("backend.sh", "start")  # by somebody who wants mail to flow at once
    assert processes.backend(second_hop.home)
    seen = []

    def look() -> None:
        seen.append((second_hop.application(), processes.backend(second_hop.home), deleted(second_hop)))

    answer = second_hop.say("abort", "--yes", on=at("step-undone", "hop2.start", look))
    assert (answer.code, answer.state) == (0, "undone"), answer.all[-3000:]
    assert seen == [([], [], [])]
    same(as_installed, second_hop.picture())
    assert second_hop.application()
    assert {process.service for process in processes.backend(second_hop.home)} >= {"bav", "pickdist", "generate", "trigger"}
