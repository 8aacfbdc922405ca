"""Java, in a version the release works with (guide 3.1 to 3.3; facts 17.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.host.os_packages import Provided
from workflows.model.errors import RefusedError
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.rules.needs import meets
from workflows.rules.versions import JAVA_VERSION
from workflows.steps.machine import packages
from workflows.steps.setup import SetupStep

OFFERS = ("java-17", "java-11", "java-8")  # capabilities, newest first
HOME, PACKAGE = "java.home", "java.package"


@dataclass(frozen=True)
class Java(SetupStep):
    """The Java that was named; else one that is there and fits; else the newest that fits and the distribution offers.

    Where none of these fits, the administrator is asked: `java.version` kept means the newest is taken all the same.
    """

    part: ClassVar[str] = "java"
    label: ClassVar[str] = "Java"
    guide: ClassVar[tuple[str, ...]] = ("3.2", "3.3")

    def look(self, host: Host) -> Sequence[Difference]:
        """What is there against what is wanted."""
        chosen = self._chosen(host)
        if chosen and self._fits(chosen[1]):
            return []
        if self.plan.answers.java_home:
            named = Difference(HOME, f"Java in {self.plan.answers.java_home}", None, "a JDK or JRE")
            return [self._unfit(chosen[1]) if chosen else named]
        return self._look_at_offer(host, newest=chosen)

    def _look_at_offer(self, host: Host, newest: tuple[str, str] | None) -> list[Difference]:
        """What the distribution could bring; newest: the one that is there, and does not fit."""
        offer = self._offer(host)
        if offer and self._fits(offer.version):
            return [Difference(PACKAGE, "Java", newest[1] if newest else None, offer.version)]
        if newest:
            return [self._unfit(newest[1])]
        if offer is None:
            return [Difference(PACKAGE, "Java", None, self._wanted)]
        return [
            self._unfit(f"{offer.version}, all this distribution offers"),
            Difference(PACKAGE, "Java", None, f"{offer.version}, of this distribution"),
        ]

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Install the package.

        Raises:
            RefusedError: "java-missing", "java-version-unfit", or as `packages.add`.
        """
        keys = {difference.key for difference in differences}
        offer = self._offer(host)
        if HOME in keys or (PACKAGE in keys and offer is None):
            where = f"in {self.plan.answers.java_home}" if HOME in keys else "in this distribution"
            raise self._refused(f"there is no Java {where}", "java-missing")
        if JAVA_VERSION in keys:
            unfit = next(difference for difference in differences if difference.key == JAVA_VERSION)
            raise self._refused(f"Java {unfit.now} does not fit {self.plan.target}", "java-version-unfit")
        if offer:
            packages.add(ctx, host, [offer.capability])

    def take_back(self, ctx: Context, host: Host) -> None:
        """The packages that it brought go."""
        packages.take_back(ctx, host)

    def evidence(self, host: Host) -> Facts:
        """For bin/setenv.sh; tested: whether the release is known to work with it."""
        found = self._chosen(host)
        if found is None:
            return {}
        return {"java_home": found[0], "version": found[1], "tested": meets(self._needs, found[1]) is True}

    @property
    def _needs(self) -> tuple[str, ...]:
        return tuple(one for need in self.plan.hop.rules.needs if need.name == "java" for one in need.any_of)

    @property
    def _wanted(self) -> str:
        if self.plan.answers.java:
            return self.plan.answers.java
        return " or ".join(self._needs) or "any"

    def _fits(self, version: str) -> bool:
        """What was asked for decides; else what the release is known to need; where nothing is known, any will do."""
        needs = (self.plan.answers.java,) if self.plan.answers.java else self._needs
        return not needs or meets(needs, version) is True

    def _chosen(self, host: Host) -> tuple[str, str] | None:
        if self.plan.answers.java_home:
            return host.software.java(self.plan.answers.java_home)
        fitting = next((java for java in host.software.javas() if self._fits(java[1])), None)
        return fitting or host.software.java()

    def _offer(self, host: Host) -> Provided | None:
        """The newest that fits, else the newest of all."""
        offers = [provided for name in OFFERS if (provided := host.capabilities.provided(name)).packages]
        fitting = (provided for provided in offers if self._fits(provided.version))
        return next(fitting, None) or next(iter(offers), None)

    def _unfit(self, version: str) -> Difference:
        return Difference(JAVA_VERSION, "Java", version, self._wanted, by_admin=True)

    def _refused(self, message: str, key: str) -> RefusedError:
        return RefusedError(
            f"{message}; wanted is {self._wanted}", key=key, unharmed=["no Java was installed or removed"],
            next=["the same command with --java-home PATH       a JDK or JRE of that version",
                  f"the same command with --keep {JAVA_VERSION}    takes what there is, untested"],
        )  # fmt: skip
