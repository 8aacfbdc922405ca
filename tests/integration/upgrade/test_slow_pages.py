"""The logon page waits for a host on the internet, or logs an error at every call (facts 24.3): the proof does neither mind."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from upgrade_kit import Stages

from orchestrator.command import run
from tests.integration.setup.conftest import namespaces

pytestmark = pytest.mark.integration
__all__ = ["namespaces"]
INSIDE = Path(__file__).with_name("dropping_inside.py")
NEWS = "Cannot read the news"
LIMIT = 7  # seconds that the page waits inside


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("namespaces")
def test_where_packets_are_dropped_an_upgrade_asks_no_page_and_a_restart_waits_for_it_once(open_folder: Path) -> None:
    env = {"PYTHONPATH": str(Path(__file__).parents[3])}
    said = run(["unshare", "--net", sys.executable, str(INSIDE), str(open_folder / "drop")], timeout=850, env=env)
    found = json.loads(said.stdout.splitlines()[-1])
    assert found["upgrade"]["code"] == 0, found
    assert (found["upgrade"]["waited"], found["asked"]) == (0, 0)  # else it had waited for over two minutes
    assert found["restart"]["code"] == 0, found
    assert found["restart"]["waited"] > 0
    assert found["restart"]["seconds"] > LIMIT
    assert found["news"] == 1


def test_first_starts_are_proven_by_what_they_write_and_the_log_is_not_flooded(first_hop: Stages) -> None:
    first_hop.say("resume").completed()
    log = (first_hop.home / "logs/catalina.out").read_text()
    assert NEWS not in log
    proofs = [evidence["http-database"] for kind, evidence in first_hop.ledger() if kind == "hop-proven"]
    assert proofs == ["the start has migrated the companies of this database", "the start has logged itself in this database"]
    first_hop.say("restart", "--yes").completed()  # leaves nothing in the database: the page is asked, once
    assert (first_hop.home / "logs/catalina.out").read_text().count(NEWS) == 1


def test_a_pause_is_heard_while_the_page_is_waited_for_and_it_is_asked_anew(one_hop: Stages) -> None:
    one_hop.say("resume").completed()
    one_hop.hook("logon-waits", "60")
    import signal

    def on(event: dict[str, object]) -> None:
        if event["kind"] == "step-progress" and "asks a host" in str(event["data"]):
            signal.raise_signal(signal.SIGINT)

    answer = one_hop.say("restart", "--yes", on=on)
    assert (answer.code, answer.state) == (4, "paused"), answer.all[-2000:]
    one_hop.mend("logon-waits")
    one_hop.say("resume").completed()
