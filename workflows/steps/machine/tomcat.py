"""Tomcat, to which opt/tomcat leads (guide 4.4, 5.2; facts 1.1, 1.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.errors import RefusedError
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.rules.needs import meets
from workflows.rules.versions import TOMCAT_VERSION
from workflows.steps.machine import packages
from workflows.steps.setup import SetupStep

CAPABILITY = "tomcat"
LINK, SOFTWARE = "tomcat.link", "tomcat.software"
ARCHIVES = (".tar.gz", ".tgz")


@dataclass(frozen=True)
class Tomcat(SetupStep):
    """The one that was named, unpacked or as tar.gz; else the one that opt/tomcat leads to; else the distribution's.

    A release wants a certain major version (facts 1.3); where it is another, the administrator is asked: `tomcat.major`.
    """

    part: ClassVar[str] = "tomcat"
    label: ClassVar[str] = "Tomcat"
    guide: ClassVar[tuple[str, ...]] = ("4.4", "5.2")

    def look(self, host: Host) -> Sequence[Difference]:
        """The link, what it leads to, and that one's version."""
        now, version = self._now(host)
        given = self.plan.answers.tomcat
        if given is None and version is not None:
            return self._unfit(version)
        target = self._target(host)
        if target is None:
            return [Difference(SOFTWARE, "Tomcat", now, " or ".join(self._needs) or "any")]
        if given is not None and now == target and version is not None:
            return self._unfit(version)
        there = host.software.tomcat(target)
        found = self._unfit(there or self._promised(host))
        if there is None:
            found.append(Difference(SOFTWARE, "Tomcat", None, given or self._promised(host)))
        found.append(Difference(LINK, self._link, now, target, by_admin=version is not None))
        return found

    def seen(self, host: Host) -> Facts:
        """The link as it is, its folder, and whether the folder to be unpacked into is there."""
        target = self._target(host)
        return {
            "link": host.files.read_link(self._link),
            "opt": host.files.mode(self._opt) is not None,
            "unpacks": target if target and self._is_archive and host.files.mode(target) is None else None,
        }

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Bring it, then point the link at it.

        Raises:
            RefusedError: "tomcat-missing", "tomcat-major-unfit", "not-a-tomcat", or as `packages.add`.
        """
        keys = {difference.key for difference in differences}
        target, given = self._target(host), self.plan.answers.tomcat
        if TOMCAT_VERSION in keys or target is None:
            raise self._refused(host, differences)
        if SOFTWARE in keys and given and not self._is_archive:
            raise RefusedError(
                f"there is no Tomcat with bin/startup.sh in {given}", key="not-a-tomcat", unharmed=[f"{self._link}: as it was"],
                next=["the same command with --tomcat PATH    a Tomcat of Apache's own, unpacked or its tar.gz (guide 4.4)"],
            )  # fmt: skip
        host.files.make_folder(self._opt, owner=f"{self.plan.user}:{self.plan.user}")
        if SOFTWARE in keys and given:
            ctx.report(f"unpacks {given}")
            host.software.unpack_tomcat(given, target)
        elif SOFTWARE in keys:
            packages.add(ctx, host, [CAPABILITY])
        if LINK in keys:
            if host.files.read_link(self._link) is None and host.files.mode(self._link) is not None:
                raise RefusedError(
                    f"cannot let {self._link} lead to {target}: it is a folder", key="tomcat-is-a-folder",
                    unharmed=[f"{self._link}: as it was"],
                    next=[f"mv {self._link} {self._link}.mine", "orchestrate resume"],
                )  # fmt: skip
            host.files.write_link(self._link, target)

    def take_back(self, ctx: Context, host: Host) -> None:
        """The link as it was; what was unpacked goes, and so do the packages."""
        was = ctx.intent
        if was["link"] is None:
            host.files.remove_link(self._link)
        elif host.files.read_link(self._link) != was["link"]:
            host.files.write_link(self._link, was["link"])
        if was["unpacks"]:
            host.software.remove_tomcat(was["unpacks"])
        packages.take_back(ctx, host)
        if not was["opt"]:
            host.files.remove_folder(self._opt)

    def evidence(self, host: Host) -> Facts:
        """For bin/setenv.sh: the link, so that another Tomcat can be put behind it."""
        return {"catalina_home": self._link, "version": host.software.tomcat(self._link)}

    @property
    def _opt(self) -> str:
        return f"{self.plan.home}/opt"

    @property
    def _link(self) -> str:
        return f"{self._opt}/tomcat"

    @property
    def _is_archive(self) -> bool:
        return bool(self.plan.answers.tomcat) and str(self.plan.answers.tomcat).endswith(ARCHIVES)

    @property
    def _needs(self) -> tuple[str, ...]:
        return tuple(one for need in self.plan.hop.rules.needs if need.name == "tomcat" for one in need.any_of)

    def _now(self, host: Host) -> tuple[str | None, str | None]:
        """Where the link leads, absolute, and the version of what is there; opt/tomcat may also be a folder of its own."""
        link = host.files.read_link(self._link)
        target = link if link is None or link.startswith("/") else f"{self._opt}/{link}"
        return target, host.software.tomcat(self._link)

    def _target(self, host: Host) -> str | None:
        """Where the link shall lead; None when nobody offers a Tomcat."""
        given = self.plan.answers.tomcat
        if given is None:
            return host.capabilities.provided(CAPABILITY).path or None
        return f"{self._opt}/{host.software.tomcat_in(given)}" if self._is_archive else given.rstrip("/")

    def _promised(self, host: Host) -> str:
        """The version of what is not there yet, as far as its name tells it."""
        if self.plan.answers.tomcat is None:
            return host.capabilities.provided(CAPABILITY).version
        name = (self._target(host) or "").rpartition("/")[2]
        return name.rpartition("-")[2] if self._is_archive else ""

    def _unfit(self, version: str) -> list[Difference]:
        if not self._needs or meets(self._needs, version) is not False:
            return []
        return [Difference(TOMCAT_VERSION, "Tomcat", version, " or ".join(self._needs), by_admin=True)]

    def _refused(self, host: Host, differences: Sequence[Difference]) -> RefusedError:
        unfit = next((difference for difference in differences if difference.key == TOMCAT_VERSION), None)
        wanted = f"{self.plan.target} wants Tomcat {' or '.join(self._needs)}" if self._needs else "a Tomcat is needed"
        note = host.capabilities.provided(CAPABILITY).note
        return RefusedError(
            f"cannot use Tomcat {unfit.now}: {wanted}" if unfit else f"there is no Tomcat: {wanted}",
            key="tomcat-major-unfit" if unfit else "tomcat-missing", detail=[note] if note and not unfit else [],
            unharmed=[f"{self._link}: as it was"],
            next=["the same command with --tomcat PATH         a Tomcat of that version, unpacked or its tar.gz",
                  f"the same command with --keep {TOMCAT_VERSION}    takes what there is, untested"],
        )  # fmt: skip
