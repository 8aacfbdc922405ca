"""The Python of OpenEMM's backend and its modules, to which opt/python3 leads (guide 12; facts 1.1, 10.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.errors import RefusedError
from workflows.needs import meets
from workflows.setup.host import Setup
from workflows.step import Context, Facts
from workflows.steps.setup import packages
from workflows.steps.setup.base import Difference, SetupStep

CAPABILITY, FROM_DISTRIBUTION, TO_COMPILE = "python", "python-modules", "python-build"
VERSION, ENVIRONMENT, MODULES = "python.version", "python.environment", "python.modules"
REQUIRED: Mapping[str, str] = {  # as it is imported -> as pip knows it (facts 10.2; guide 3.4, 12)
    "MySQLdb": "mysqlclient", "DNS": "py3dns", "dns": "dnspython", "dkim": "dkimpy", "cryptography": "cryptography",
    "requests": "requests", "setproctitle": "setproctitle", "aiodns": "aiodns", "aiohttp": "aiohttp", "aiosmtpd": "aiosmtpd",
}  # fmt: skip
WANTED: Mapping[str, str] = {  # guide 12 names them too; pycryptodome stands for pycrypto, which no Python of today can build
    "aiohttp_xmlrpc": "aiohttp-xmlrpc", "inotify": "inotify", "paramiko": "paramiko", "spf": "pyspf", "xlrd": "xlrd",
    "xlwt": "xlwt", "xlutils": "xlutils", "Crypto": "pycryptodome",
}  # fmt: skip


@dataclass(frozen=True)
class Python(SetupStep):
    """A virtual environment of a Python that is new enough: the one that was named, or the distribution's.

    Nothing is compiled where the distribution's is new enough, although the guide, written for older ones, does. Modules come
    from the distribution's packages, then through pip, which asks the index or the folder that its own configuration names.
    """

    part: ClassVar[str] = "python"
    label: ClassVar[str] = "Python and its modules"
    guide: ClassVar[tuple[str, ...]] = ("12",)

    def look(self, setup: Setup) -> Sequence[Difference]:
        """Its version, and whether it imports what the backend needs."""
        found = setup.software.python(self._program)
        if found is None:
            base = self._base(setup)
            version = base[1] if base else None
            if self._brings(setup):
                version = setup.capabilities.provided(CAPABILITY).version
            wrong = [] if version and self._fits(version) else [self._unfit("Python", version)]
            return [*wrong, Difference(ENVIRONMENT, self._link, None, f"Python {version or self._wanted}")]
        wrong = [] if self._fits(found[1]) else [self._unfit(self._link, found[1])]
        if missing := setup.software.python_modules(self._program, list(REQUIRED)):
            wrong.append(Difference(MODULES, "modules of Python", None, ", ".join(missing)))
        return wrong

    def seen(self, setup: Setup) -> Facts:
        """The link, and what is installed behind it."""
        there = setup.software.python(self._program)
        return {
            "link": setup.files.read_link(self._link),
            "opt": setup.files.mode(self._opt) is not None,
            "distributions": list(setup.software.python_distributions(self._program)) if there else None,
        }

    def change(self, ctx: Context, setup: Setup, differences: Sequence[Difference]) -> None:
        """The environment, then the modules.

        Raises:
            RefusedError: "python-missing", "python-version-unfit", "python-modules-missing", or as `packages.add`.
            WorkflowError: "python-environment-failed".
        """
        keys = {difference.key for difference in differences}
        if self.plan.answers.python is None:
            self._add_packages(ctx, setup)
        if keys & {VERSION, ENVIRONMENT}:
            self._make(ctx, setup, accepts_any=VERSION not in keys)
        self._add_modules(ctx, setup)

    def take_back(self, ctx: Context, setup: Setup) -> None:
        """The environment goes, or the modules that were added to one that was there; then the packages."""
        was = ctx.intent
        if made := was.get("made"):
            if was["link"] is None:
                setup.files.remove_link(self._link)
            elif setup.files.read_link(self._link) != was["link"]:
                setup.files.write_link(self._link, was["link"])
            setup.software.remove_environment(made)
        elif was["distributions"] is not None:
            added = set(setup.software.python_distributions(self._program)) - set(was["distributions"])
            setup.software.remove_modules(self._program, sorted(added))
        packages.take_back(ctx, setup)
        if not was["opt"]:
            setup.files.remove_folder(self._opt)

    def evidence(self, setup: Setup) -> Facts:
        """Its program, version, and the modules that are not there, without which the backend runs all the same."""
        found = setup.software.python(self._program)
        if found is None:
            return {}
        lacking = setup.software.python_modules(self._program, list(WANTED))
        return {"python": found[0], "version": found[1], "modules_missing": list(lacking)}

    def _add_packages(self, ctx: Context, setup: Setup) -> None:
        """The distribution's Python where it is the one, and of its modules what there is."""
        base = self._base(setup)
        if self._brings(setup) or (base and base[0] == setup.capabilities.provided(CAPABILITY).path):
            packages.add(ctx, setup, [CAPABILITY])
        modules = packages.lacking(setup, FROM_DISTRIBUTION)
        absent = setup.packages.missing(modules)
        if obtainable := [name for name in modules if name not in absent]:
            packages.install(ctx, setup, obtainable)

    def _make(self, ctx: Context, setup: Setup, *, accepts_any: bool) -> None:
        base = self._base(setup)
        if base is None:
            given = self.plan.answers.python
            raise self._refused(f"there is no Python 3 at {given}" if given else "there is no Python 3", "python-missing")
        if not accepts_any and not self._fits(base[1]):
            raise self._refused(f"Python {base[1]} at {base[0]} does not fit {self.plan.target}", "python-version-unfit")
        folder = f"python-{'.'.join(base[1].split('.')[:2])}"
        setup.files.make_folder(self._opt, owner=f"{self.plan.user}:{self.plan.user}")
        ctx.remember(made=f"{self._opt}/{folder}")
        ctx.report(f"makes a virtual environment of {base[0]}")
        setup.software.make_environment(base[0], f"{self._opt}/{folder}")
        setup.files.write_link(self._link, folder)

    def _add_modules(self, ctx: Context, setup: Setup) -> None:
        missing = setup.software.python_modules(self._program, list(REQUIRED))
        said = None
        if missing:
            packages.add(ctx, setup, [TO_COMPILE])
            ctx.report(f"pip installs {', '.join(missing)}")
            said = setup.software.install_modules(self._program, [REQUIRED[name] for name in missing])
        if missing := setup.software.python_modules(self._program, list(REQUIRED)):
            names = " ".join(REQUIRED[name] for name in missing)
            raise RefusedError(
                f"cannot get what Python must have for the backend: {', '.join(missing)}", key="python-modules-missing",
                detail=[said] if said else [], unharmed=["OpenEMM: not started on it"],
                next=[f"{self._program} -m pip install {names}    from an index or a folder (/etc/pip.conf) that has them",
                      "orchestrate resume"],
            )  # fmt: skip
        for name in setup.software.python_modules(self._program, list(WANTED)):
            ctx.report(f"pip installs {name}")
            if said := setup.software.install_modules(self._program, [WANTED[name]]):
                ctx.note(f"Python has no module {name}, which the guide names", pip=said)

    def _base(self, setup: Setup) -> tuple[str, str] | None:
        """The Python that the environment is made of: as named, the distribution's, else the newest there is."""
        if self.plan.answers.python:
            return setup.software.python(self.plan.answers.python)
        own = setup.software.python(setup.capabilities.provided(CAPABILITY).path)
        return own if own and self._fits(own[1]) else setup.software.python()

    def _brings(self, setup: Setup) -> bool:
        """Whether the distribution has one that fits, and no other is to be taken."""
        base, offer = self._base(setup), setup.capabilities.provided(CAPABILITY)
        if self.plan.answers.python or (base and self._fits(base[1])):
            return False
        return bool(offer.packages) and self._fits(offer.version)

    def _unfit(self, what: str, version: str | None) -> Difference:
        return Difference(VERSION, what, version, self._wanted, by_admin=version is not None)

    @property
    def _opt(self) -> str:
        return f"{self.plan.home}/opt"

    @property
    def _link(self) -> str:
        return f"{self._opt}/python3"

    @property
    def _program(self) -> str:
        return f"{self._link}/bin/python3"

    @property
    def _needs(self) -> tuple[str, ...]:
        return tuple(one for need in self.plan.hop.rules.needs if need.name == "python" for one in need.any_of)

    @property
    def _wanted(self) -> str:
        return " or ".join(self._needs) or "3"

    def _fits(self, version: str) -> bool:
        return not self._needs or meets(self._needs, version) is not False

    def _refused(self, message: str, key: str) -> RefusedError:
        return RefusedError(
            f"{message}; wanted is {self._wanted}", key=key, unharmed=[f"{self._link}: as it was"],
            next=["orchestrate install --python PATH    a python3 of that version, compiled as in guide 12"],
        )  # fmt: skip
