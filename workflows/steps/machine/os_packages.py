"""What the operating system must have for OpenEMM beside Java, Python, Tomcat and the servers (guide 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host.setup import Setup
from workflows.model.errors import RefusedError
from workflows.model.step import Context, Facts
from workflows.steps.machine import packages
from workflows.steps.setup import Difference, SetupStep

CAPABILITIES = ("os-base", "tools", "cron", "rsyslog", "logrotate", "openssl")
CRON_UNITS = ("crond.service", "cron.service")
CRON = "os.cron"


@dataclass(frozen=True)
class OperatingSystemPackages(SetupStep):
    """Install what is missing, and let cron run.

    The guide's general update of all packages is the administrator's to decide; how many are pending is said. Compilers come
    only where a module of Python must be compiled.
    """

    part: ClassVar[str] = "os-packages"
    label: ClassVar[str] = "packages of the operating system"
    guide: ClassVar[tuple[str, ...]] = ("3.2", "3.3")

    def look(self, setup: Setup) -> Sequence[Difference]:
        """Packages, and the service cron."""
        found = [
            Difference(f"os.packages.{capability}", f"packages ({capability})", None, ", ".join(missing))
            for capability in CAPABILITIES
            if (missing := packages.lacking(setup, capability))
        ]
        unit = _cron(setup)
        if unit is None:
            found.append(Difference(CRON, "cron", None, "running"))
        elif not (state := setup.units.state(unit)).enabled or not state.active:
            found.append(Difference(CRON, "cron", "stopped" if state.enabled else "not started at boot", "running"))
        return found

    def seen(self, setup: Setup) -> Facts:
        """How cron stands."""
        unit = _cron(setup)
        state = setup.units.state(unit) if unit else None
        return {"cron": {"enabled": bool(state and state.enabled), "active": bool(state and state.active)}}

    def change(self, ctx: Context, setup: Setup, differences: Sequence[Difference]) -> None:
        """Packages first; cron may be one of them.

        Raises:
            RefusedError: "repository-missing", "package-not-found", "packages-would-go", "cron-missing".
        """
        packages.add(ctx, setup, CAPABILITIES)
        if all(difference.key != CRON for difference in differences):
            return
        unit = _cron(setup)
        if unit is None:
            raise RefusedError(
                f"cannot find the service of cron, neither {' nor '.join(CRON_UNITS)}", key="cron-missing",
                next=["systemctl list-unit-files 'cron*'", "orchestrate resume"],
            )  # fmt: skip
        if not setup.units.state(unit).enabled:
            setup.units.enable(unit)
        if not setup.units.state(unit).active:
            setup.units.start(unit)

    def take_back(self, ctx: Context, setup: Setup) -> None:
        """Cron is as it was; the packages that it brought go."""
        unit, was = _cron(setup), ctx.intent["cron"]
        if unit:
            state = setup.units.state(unit)
            if state.active and not was["active"]:
                setup.units.stop(unit)
            if state.enabled and not was["enabled"]:
                setup.units.disable(unit)
        packages.take_back(ctx, setup)


def _cron(setup: Setup) -> str | None:
    return next((unit for unit in CRON_UNITS if setup.units.state(unit).exists), None)
