"""A Python that the backend of the target cannot run on (facts 24.1) is found while mail runs, and nothing is stopped for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from upgrade_kit import Stages, same

from tests.crash.bench import Picture
from tests.remedies.follow import seen
from tests.system.lab import python_source

pytestmark = pytest.mark.integration
UPGRADE = ("upgrade", "--to", "20.10", "--yes")


def findings(host: Stages, key: str) -> list[dict[str, str]]:
    return [one for one in host.say("check", "--to", "20.10").last["findings"] if one["key"] == key]


def planned(host: Stages, fix: str, *given: str) -> dict[str, str]:
    """What the command that is printed would make of the host; given: for its words in capitals."""
    seen(fix)
    values = iter(given)
    words = [next(values) if word.isupper() else word for word in fix.partition("    ")[0].split()[1:]]
    command = (*words, "--dry-run", "--name", "openemm.lab.test", "--resolver", "127.0.0.1:9")
    asked = [line.split()[0] for line in host.say(*command).error["detail"]]
    plan = host.say(*command, *(word for key in asked for word in ("--keep", key))).last
    return {one["key"]: one["wanted"] for part in plan["parts"] for one in part["differences"]}


def test_a_python_too_new_for_the_target_is_refused_before_a_package_is_fetched(
    installed: Stages, as_installed: Picture, tmp_path: Path
) -> None:
    installed.hook("python-version", "3.11.2")
    found = findings(installed, "requirements")
    assert {one["severity"] for one in found if "20.10 needs python 3.8 or 3.9" in one["measured"]} == {"inhibitor"}
    assert {one["severity"] for one in found if "20.04 needs python 3.8 or 3.9" in one["measured"]} == {"warning"}
    installed.say(*UPGRADE).refused(3, "requirements")
    fix = next(one["fix"] for one in found if one["severity"] == "inhibitor")
    source, digest = python_source.build(tmp_path, "/usr/bin/python3")
    assert planned(installed, fix, str(source), digest)["python.version"] == f"3.9.2, built from {source}"
    installed.mend("python-version")
    same(as_installed, installed.picture())


@pytest.mark.parametrize(("hook", "content"), [("python-lacks", "aiohttp_xmlrpc"), ("python-modules-hidden", "")])
def test_a_module_that_the_target_needs_is_missed_after_unpacking_and_before_the_stop(
    installed: Stages, hook: str, content: str
) -> None:
    installed.hook(hook, content)
    error = installed.say(*UPGRADE).failed("stage", "backend-python-unfit")
    assert any("No module named 'aiohttp_xmlrpc'" in line for line in error["detail"])
    assert any("nothing was stopped" in line for line in error["unharmed"])
    assert installed.application()
    found = findings(installed, "backend-python")
    assert [one["severity"] for one in found] == ["inhibitor"]
    assert "20.10.000.126 with Python 3.9.2" in found[0]["measured"]
    if hook == "python-lacks":
        assert "aiohttp_xmlrpc" in planned(installed, found[0]["fix"])["python.modules"]
    installed.mend(hook)
    assert [one["severity"] for one in findings(installed, "backend-python")] == ["passed"]
    installed.until("stage")


def test_an_intermediate_line_whose_backend_is_not_started_is_not_asked(installed: Stages) -> None:
    installed.hook("python-lacks", "aiohttp_xmlrpc")
    answer = installed.say("upgrade", "--to", "20.10", "--yes")
    assert all("20.04.000.190" not in line for line in answer.error["detail"])
    assert "20.10.000.126" in answer.error["message"]
    installed.say("abort", "--yes")
