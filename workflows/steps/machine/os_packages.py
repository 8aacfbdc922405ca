"""What the operating system must have for OpenEMM beside Java, Python, Tomcat and the servers (guide 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.errors import RefusedError
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.rules.cron import cron_unit
from workflows.rules.packages import CAPABILITIES, lacking
from workflows.steps.machine import packages
from workflows.steps.setup import SetupStep

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

    def look(self, host: Host) -> Sequence[Difference]:
        """Packages, and the service cron."""
        found = [
            Difference(f"os.packages.{capability}", f"packages ({capability})", None, ", ".join(missing))
            for capability in CAPABILITIES
            if (missing := lacking(host, capability))
        ]
        unit = cron_unit(host)
        if unit is None:
            found.append(Difference(CRON, "cron", None, "running"))
        elif not (state := host.units.state(unit)).enabled or not state.active:
            found.append(Difference(CRON, "cron", "stopped" if state.enabled else "not started at boot", "running"))
        return found

    def seen(self, host: Host) -> Facts:
        """How cron stands."""
        unit = cron_unit(host)
        state = host.units.state(unit) if unit else None
        return {"cron": {"enabled": bool(state and state.enabled), "active": bool(state and state.active)}}

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Packages first; cron may be one of them.

        Raises:
            RefusedError: "repository-missing", "package-not-found", "packages-would-go", "cron-missing".
        """
        packages.add(ctx, host, CAPABILITIES)
        if all(difference.key != CRON for difference in differences):
            return
        unit = cron_unit(host)
        if unit is None:
            raise RefusedError(
                f"cannot find the service of cron, {host.system.distribution().cron}", key="cron-missing",
                next=["systemctl list-unit-files 'cron*'", "orchestrate resume"],
            )  # fmt: skip
        if not host.units.state(unit).enabled:
            host.units.enable(unit)
        if not host.units.state(unit).active:
            host.units.start(unit)

    def take_back(self, ctx: Context, host: Host) -> None:
        """Cron is as it was; the packages that it brought go."""
        unit, was = cron_unit(host), ctx.intent["cron"]
        if unit:
            state = host.units.state(unit)
            if state.active and not was["active"]:
                host.units.stop(unit)
            if state.enabled and not was["enabled"]:
                host.units.disable(unit)
        packages.take_back(ctx, host)
