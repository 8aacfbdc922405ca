"""A Python that the backend of the target cannot run on (facts 24.1) is found while mail runs, and nothing is stopped for it."""

from __future__ import annotations

import pytest
from upgrade_kit import Stages, same

from tests.crash.bench import Picture

pytestmark = pytest.mark.integration
UPGRADE = ("upgrade", "--to", "20.10", "--yes")


def findings(host: Stages, key: str) -> list[dict[str, str]]:
    return [one for one in host.say("check", "--to", "20.10").last["findings"] if one["key"] == key]


def test_a_python_too_new_for_the_target_is_refused_before_a_package_is_fetched(installed: Stages, as_installed: Picture) -> None:
    installed.hook("python-version", "3.11.2")
    found = findings(installed, "requirements")
    assert {one["severity"] for one in found if "20.10 needs python 3.8 or 3.9" in one["measured"]} == {"inhibitor"}
    assert {one["severity"] for one in found if "20.04 needs python 3.8 or 3.9" in one["measured"]} == {"warning"}
    installed.say(*UPGRADE).refused(3, "requirements")
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
    installed.mend(hook)
    assert [one["severity"] for one in findings(installed, "backend-python")] == ["passed"]
    installed.until("stage")


def test_an_intermediate_line_whose_backend_is_not_started_is_not_asked(installed: Stages) -> None:
    installed.hook("python-lacks", "aiohttp_xmlrpc")
    answer = installed.say("upgrade", "--to", "20.10", "--yes")
    assert all("20.04.000.190" not in line for line in answer.error["detail"])
    assert "20.10.000.126" in answer.error["message"]
    installed.say("abort", "--yes")
