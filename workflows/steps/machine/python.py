"""The Python of OpenEMM's backend and its modules, to which opt/python3 leads (guide 12; facts 1.1, 18.2, 24.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.errors import RefusedError
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.rules.backend_python import database_module
from workflows.rules.needs import meets
from workflows.rules.packages import lacking
from workflows.rules.versions import PYTHON_VERSION
from workflows.steps.machine import packages
from workflows.steps.setup import SetupStep

CAPABILITY, FROM_DISTRIBUTION, TO_COMPILE, TO_BUILD = "python", "python-modules", "python-build", "python-source"
ENVIRONMENT, MODULES = "python.environment", "python.modules"
REQUIRED: Mapping[str, str] = {  # as it is imported -> as pip knows it (facts 10.2; guide 3.4, 12)
    "MySQLdb": "mysqlclient", "DNS": "py3dns", "dns": "dnspython", "dkim": "dkimpy", "cryptography": "cryptography",
    "requests": "requests", "setproctitle": "setproctitle", "aiodns": "aiodns", "aiohttp": "aiohttp", "aiosmtpd": "aiosmtpd",
    "aiohttp_xmlrpc": "aiohttp-xmlrpc",
}  # fmt: skip
MYSQL = "MySQLdb"
STANDARD = ("dbm.gnu", "ssl", "sqlite3", "zlib", "ctypes")  # of Python itself, when what they need was there as it was built
WANTED: Mapping[str, str] = {  # guide 12 names them too; pycryptodome stands for pycrypto, which no Python of today can build
    "inotify": "inotify", "paramiko": "paramiko", "spf": "pyspf", "xlrd": "xlrd",
    "xlwt": "xlwt", "xlutils": "xlutils", "Crypto": "pycryptodome",
}  # fmt: skip


@dataclass(frozen=True)
class Python(SetupStep):
    """The Python that was named; else the distribution's, where one fits the release; else one built from the source named.

    The distribution's is reached through a virtual environment, which brings pip; a built one has its own folder in opt. Modules
    come from the distribution's packages for its own Python, then through pip, which asks the index or the folder that its own
    configuration names; they go where the virtual environment that the vendor's config.sh makes will see them.
    """

    part: ClassVar[str] = "python"
    label: ClassVar[str] = "Python and its modules"
    guide: ClassVar[tuple[str, ...]] = ("12",)

    def look(self, host: Host) -> Sequence[Difference]:
        """Its version, and whether it imports what the backend needs."""
        found = host.software.python(self._program)
        if found is None:
            version = self._offered(host)
            wrong = [] if version and self._fits(version) else [self._unfit("Python", version, by_admin=False)]
            return [*wrong, Difference(ENVIRONMENT, self._link, None, f"Python {version or self._wanted}{self._how}")]
        wrong = self._other(host, found[1])
        if missing := host.software.python_modules(self._program, [*STANDARD, *self._required]):
            wrong.append(Difference(MODULES, "modules of Python", None, ", ".join(missing)))
        return wrong

    def seen(self, host: Host) -> Facts:
        """The link, and what is installed behind it."""
        there = host.software.python(self._program)
        return {
            "link": host.files.read_link(self._link),
            "opt": host.files.mode(self._opt) is not None,
            "distributions": list(host.software.python_distributions(self._program)) if there else None,
        }

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """The Python, then the modules.

        Raises:
            RefusedError: "python-missing", "python-version-unfit", "python-incomplete", "python-modules-missing", as
                `packages.add` and `Software.build_python`.
            WorkflowError: "python-environment-failed", "python-build-failed".
        """
        keys = {difference.key for difference in differences}
        makes = bool(keys & {PYTHON_VERSION, ENVIRONMENT})
        builds = makes and self._source is not None
        if self.plan.answers.python is None and not builds:
            self._add_packages(ctx, host)
        if builds:
            self._build(ctx, host)
        elif makes:
            self._make(ctx, host, accepts_any=PYTHON_VERSION not in keys)
        if ctx.intent.get("distributions") is None:
            ctx.remember(distributions=list(host.software.python_distributions(self._program)))
        self._add_modules(ctx, host)

    def take_back(self, ctx: Context, host: Host) -> None:
        """The modules that were added, then what was made; then the packages."""
        was = ctx.intent
        if was["distributions"] is not None and host.software.python(self._program):
            added = set(host.software.python_distributions(self._program)) - set(was["distributions"])
            host.software.remove_modules(self._program, sorted(added))
        if made := was.get("made") or was.get("built"):
            if was["link"] is None:
                host.files.remove_link(self._link)
            elif host.files.read_link(self._link) != was["link"]:
                host.files.write_link(self._link, was["link"])
            if was.get("made"):
                host.software.remove_environment(made)
            else:
                host.software.remove_python(made)
        packages.take_back(ctx, host)
        if not was["opt"]:
            host.files.remove_folder(self._opt)

    def evidence(self, host: Host) -> Facts:
        """Its program, version, and the modules that are not there, without which the backend runs all the same."""
        found = host.software.python(self._program)
        if found is None:
            return {}
        lacking = host.software.python_modules(self._program, list(WANTED))
        return {"python": found[0], "version": found[1], "modules_missing": list(lacking)}

    def _add_packages(self, ctx: Context, host: Host) -> None:
        """The distribution's Python where it is the one, and of its modules what there is."""
        base = self._base(host)
        if self._brings(host) or (base and base[0] == host.capabilities.provided(CAPABILITY).path):
            packages.add(ctx, host, [CAPABILITY])
        modules = lacking(host, FROM_DISTRIBUTION)
        absent = host.os_packages.missing(modules)
        if obtainable := [name for name in modules if name not in absent]:
            packages.install(ctx, host, obtainable)

    def _make(self, ctx: Context, host: Host, *, accepts_any: bool) -> None:
        base = self._base(host)
        if base is None:
            given = self.plan.answers.python
            raise self._refused(f"there is no Python 3 at {given}" if given else "there is no Python 3", "python-missing")
        if not accepts_any and not self._fits(base[1]):
            raise self._refused(f"Python {base[1]} at {base[0]} does not fit {self.plan.target}", "python-version-unfit")
        folder = f"python-{'.'.join(base[1].split('.')[:2])}"
        host.files.make_folder(self._opt, owner=f"{self.plan.user}:{self.plan.user}")
        ctx.remember(made=f"{self._opt}/{folder}")
        ctx.report(f"makes a virtual environment of {base[0]}")
        host.software.make_environment(base[0], f"{self._opt}/{folder}")
        host.files.write_link(self._link, folder)

    def _build(self, ctx: Context, host: Host) -> None:
        """From its source, in a folder named as guide 12 names it; the link comes last."""
        source, sha256 = self._source or "", self.plan.answers.python_source_sha256
        version = host.software.python_in(source)
        if not self._fits(version):
            raise self._refused(f"Python {version} in {source} does not fit {self.plan.target}", "python-version-unfit")
        if sha256 is None:
            raise self._refused(f"the SHA-256 of {source} is not given", "python-source-unpinned")
        packages.add(ctx, host, [TO_BUILD])
        host.files.make_folder(self._opt, owner=f"{self.plan.user}:{self.plan.user}")
        folder = f"{self._opt}/Python-{version}"
        ctx.remember(built=folder)

        def report(text: str) -> None:
            ctx.pause_point()
            ctx.report(text)

        host.software.build_python(source, sha256, folder, report)
        host.files.write_link(self._link, f"Python-{version}")

    def _add_modules(self, ctx: Context, host: Host) -> None:
        required = self._required
        if lacking := host.software.python_modules(self._program, STANDARD):
            raise RefusedError(
                f"Python lacks parts of itself that the backend needs: {', '.join(lacking)}", key="python-incomplete",
                unharmed=["OpenEMM: not started on it"],
                next=[f"{self._program} -c 'import {lacking[0]}'    tells what is missing",
                      "orchestrate resume    once it is installed"],
            )  # fmt: skip
        missing = host.software.python_modules(self._program, list(required))
        said = None
        if missing:
            if not ctx.intent.get("built"):
                packages.add(ctx, host, [TO_COMPILE])
            ctx.report(f"pip installs {', '.join(missing)}")
            said = host.software.install_modules(self._program, [required[name] for name in missing])
        if missing := host.software.python_modules(self._program, list(required)):
            names = " ".join(required[name] for name in missing)
            raise RefusedError(
                f"cannot get what Python must have for the backend: {', '.join(missing)}", key="python-modules-missing",
                detail=[said] if said else [], unharmed=["OpenEMM: not started on it"],
                next=[f"orchestrate resume    once pip has an index or a folder (/etc/pip.conf) with {names}",
                      "orchestrate abort    takes the run back"],
            )  # fmt: skip
        for name in host.software.python_modules(self._program, list(WANTED)):
            ctx.report(f"pip installs {name}")
            if said := host.software.install_modules(self._program, [WANTED[name]]):
                ctx.note(f"Python has no module {name}, which the guide names", pip=said)

    def _other(self, host: Host, found: str) -> list[Difference]:
        """Whether another is wanted than the one that is there: it does not fit, or the source that is named is of another."""
        if not self._fits(found):
            return [self._unfit(self._link, found, by_admin=True)]
        if self._source is None or host.files.mode(self._source) is None:  # built, and gone since
            return []
        version = host.software.python_in(self._source)
        return [] if version == found else [Difference(PYTHON_VERSION, self._link, found, f"{version}{self._how}", by_admin=True)]

    def _offered(self, host: Host) -> str | None:
        """The version of the one that would be made now; None when there is none."""
        if self._source:
            return host.software.python_in(self._source)
        base = self._base(host)
        return host.capabilities.provided(CAPABILITY).version if self._brings(host) else base[1] if base else None

    def _base(self, host: Host) -> tuple[str, str] | None:
        """The Python that the environment is made of: as named, the distribution's, else the newest there is."""
        if self.plan.answers.python:
            return host.software.python(self.plan.answers.python)
        own = host.software.python(host.capabilities.provided(CAPABILITY).path)
        return own if own and self._fits(own[1]) else host.software.python()

    def _brings(self, host: Host) -> bool:
        """Whether the distribution has one that fits, and no other is to be taken."""
        base, offer = self._base(host), host.capabilities.provided(CAPABILITY)
        if self.plan.answers.python or (base and self._fits(base[1])):
            return False
        return bool(offer.packages) and self._fits(offer.version)

    def _unfit(self, what: str, version: str | None, *, by_admin: bool) -> Difference:
        return Difference(PYTHON_VERSION, what, version, self._wanted, by_admin=by_admin)

    @property
    def _source(self) -> str | None:
        return None if self.plan.answers.python else self.plan.answers.python_source

    @property
    def _how(self) -> str:
        return f", built from {self._source}" if self._source else ""

    @property
    def _required(self) -> Mapping[str, str]:
        """With the database's own module of each line that it runs (facts 18.2)."""
        lines = [self.plan.hop.rules.line, *([self.plan.answers.python_for] if self.plan.answers.python_for else [])]
        drivers = {database_module(line, "mariadb") for line in lines}
        others = {name: pip for name, pip in REQUIRED.items() if name != MYSQL or MYSQL in drivers}
        return {**{driver: driver for driver in sorted(drivers - {MYSQL})}, **others}

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
            next=["the same command with --python-source FILE --python-source-sha256 DIGEST    builds one, as guide 12 does",
                  "the same command with --python PATH    a python3 of that version that is there already"],
        )  # fmt: skip
