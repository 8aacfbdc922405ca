"""What an installation asks for, as a dry run that changes nothing: each answer it names is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.plans import install as installing
from tests.integration.upgrade.upgrade_kit import Answer, Stages
from tests.remedies.follow import follow, seen
from workflows.model.finding import Finding, Severity

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]
DRY = ("install", "--release", "19.10", "--dry-run", "--resolver", "127.0.0.1:9")  # where no name server is
NAME = ("--name", "openemm.lab.test")
STOPS = 3


@pytest.fixture(scope="module")
def host(stages: Stages) -> Stages:
    stages.put_back("start")
    return stages


def answered(host: Stages, remedy: str, last: tuple[str, ...], **named: str) -> str:
    """What it says when the command is given again as it is printed; a check may stop it."""
    return follow(remedy, site=host.host, last=last, named=named, expect=(0, STOPS, 2)).stderr


def test_what_is_missing_or_unusable_is_named_with_its_option(host: Stages, tmp_path: Path) -> None:
    option, file = host.say(*DRY).refused(2, "answer-missing")["next"]
    assert "difference-unanswered" in answered(host, option, DRY, VALUE="openemm.lab.test")
    (tmp_path / "answers.toml").write_text(file.partition("    ")[0].replace("...", "openemm.lab.test") + "\n")
    host.say(*DRY, "--answers", str(tmp_path / "answers.toml")).refused(2, "difference-unanswered")
    for wrong, key, value in (
        (("--mta", "exim"), "answer-unusable", "postfix"),
        (("--url", "nonsense"), "config-value-malformed", "https://openemm.lab.test"),
        (("--mailloop-domain", "openemm.lab.test"), "mailloop-is-server", "loop.lab.test"),
    ):
        (way,) = host.say(*DRY, *NAME, *wrong).error["next"]
        assert host.say(*DRY, *NAME, *wrong).key == key
        assert key not in answered(host, way, (*DRY, *NAME, *wrong), VALUE=value)


def test_what_is_configured_otherwise_stays_when_told_so(host: Stages) -> None:
    (way,) = host.say(*DRY, *NAME).refused(2, "difference-unanswered")["next"]
    assert "difference-unanswered" not in answered(host, way, (*DRY, *NAME))


def test_answers_that_cannot_be_read_are_made_by_the_dialogue(host: Stages, tmp_path: Path) -> None:
    (tmp_path / "answers.toml").write_text("no such answer")
    (way,) = host.say(*DRY, "--answers", str(tmp_path / "answers.toml")).refused(2, "answers-unreadable")["next"]
    keep = [word for difference in differences(host) for word in ("--keep", difference)]
    file = tmp_path / "made.toml"
    follow(way, site=host.host, named={"VERSION": "19.10", "FILE": f"{file} {' '.join((*NAME, *keep))}"})
    assert host.say(*DRY, "--answers", str(file)).code in {0, STOPS}
    (tmp_path / "answers.toml").write_text('nothing = "1"\n')
    (way,) = host.say(*DRY, "--answers", str(tmp_path / "answers.toml")).refused(2, "answer-unknown")["next"]
    assert "--mailloop-domain" in follow(way, site=host.host).stdout


def differences(host: Stages) -> list[str]:
    return [line.split()[0] for line in host.say(*DRY, *NAME).error["detail"]]


def kept(host: Stages) -> Answer:
    return host.say(*DRY, *NAME, *(word for key in differences(host) for word in ("--keep", key)))


def checks(answer: Answer) -> dict[str, dict[str, Any]]:
    return {f["key"]: f for f in answer.last["checks"] if f["severity"] != "passed"}


def test_what_checks_say_is_an_option_that_is_taken(host: Stages, tmp_path: Path) -> None:
    last = (*DRY, *NAME, *(word for key in differences(host) for word in ("--keep", key)))
    named = {"FILE": str(tmp_path / "file"), "PATH": str(tmp_path), "ADDRESS": "127.0.0.1:9", "DOMAIN": "loop.lab.test"}
    done = 0
    for finding in checks(kept(host)).values():
        if finding["fix"].startswith("the same command") and "FILE" not in finding["fix"]:
            answered(host, finding["fix"], last, **named)
            done += 1
    assert done


def test_what_stops_it_is_shown_by_a_dry_run(host: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    stops = [Finding(f"made-to-stop-{number}", Severity.INHIBITOR, "a check", "made to stop") for number in (1, 2)]
    monkeypatch.setattr(installing, "check", lambda *_: stops)
    last = ("install", "--release", "19.10", *NAME, *(word for key in differences(host) for word in ("--keep", key)))
    (way,) = host.say(*last, "--yes").refused(STOPS, "checks-failed")["next"]
    shown = host.say(*last, *seen(way).command.removeprefix("the same command with ").split())
    assert shown.code == STOPS
    assert set(checks(shown)) == {"made-to-stop-1", "made-to-stop-2"}


def test_an_openemm_that_is_there_is_upgraded_or_looked_at(host: Stages) -> None:
    upgrades, looks = host.say("install", "--release", "20.04", "--dry-run", *NAME).refused(3, "openemm-installed")["next"]
    assert "answer-missing" in follow(looks, site=host.host, expect=(2,)).stderr
    follow(upgrades, site=host.host)
    assert host.say("status").last["components"]["frontend"].startswith("20.04")
