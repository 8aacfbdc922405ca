"""The first start of what was installed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from workflows.host.application import AppState
from workflows.model.plans import Hop, LineRules, Release
from workflows.steps.application.services import StartServices


class Application:
    """A frontend that runs, and a backend that never ran."""

    def __init__(self) -> None:
        self.backend = False
        self.held = True

    def state(self) -> AppState:
        return AppState(frontend=True, backend=self.backend)

    def services_down(self) -> dict[str, str]:
        return {}

    def start_backend(self, told: object) -> None:
        self.backend = True

    def release(self) -> None:
        self.held = False


def test_the_backend_of_what_was_installed_is_started_although_none_was_stopped() -> None:
    application = Application()
    ctx: Any = SimpleNamespace(host=SimpleNamespace(application=application), intent_of=lambda step: {}, report=print)
    hop = Hop(1, "none", Release("20.10.000.152", ()), LineRules("20.10"), final=True, name="install")
    assert StartServices(hop).do(ctx).summary == "backend services run"
    assert (application.backend, application.held) == (True, False)
