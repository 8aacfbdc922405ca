"""A host for the software steps: real files, a real package manager on a private root, real Pythons and archives."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from orchestrator.data.distributions import parse_os_release
from orchestrator.hosts.files.files import RealFiles
from orchestrator.hosts.files.register import ContentStore
from orchestrator.hosts.software.software import RealSoftware
from orchestrator.runs.engine import Engine
from orchestrator.runs.events import Bus
from state.journal import RunRecord
from state.store import Store
from workflows.host.os_packages import PackageManager, Provided
from workflows.host.units import UnitState
from workflows.model.answers import Answers
from workflows.model.errors import WorkflowError
from workflows.model.installation import InstallPlan
from workflows.model.plans import Hop, LineRules, Need, Release
from workflows.model.step import Context, Done, StepDefaults
from workflows.steps.setup import SetupStep

SITE = "test"
NEEDS = (
    Need("java", ("8", "11"), stops=False, source="guide 3.1"), Need("tomcat", ("9",), stops=True, source="guide 3.1"),
    Need("python", (">=3.8",), stops=False, source="guide 3.1"),
)  # fmt: skip


class Units:
    """systemd, as far as one unit after another goes."""

    def __init__(self) -> None:
        self.states: dict[str, UnitState] = {}

    def state(self, unit: str) -> UnitState:
        return self.states.get(unit, UnitState(exists=False, enabled=False))

    def enable(self, unit: str) -> None:
        self.states[unit] = replace(self.state(unit), enabled=True)

    def disable(self, unit: str) -> None:
        self.states[unit] = replace(self.state(unit), enabled=False)

    def start(self, unit: str) -> None:
        self.states[unit] = replace(self.state(unit), state="active")

    def stop(self, unit: str) -> None:
        self.states[unit] = replace(self.state(unit), state="inactive")


@dataclass
class Capabilities:
    """What the small packages stand for; what is not named is provided by nothing."""

    table: dict[str, Provided] = field(default_factory=dict)

    def provided(self, capability: str) -> Provided:
        return self.table.get(capability, Provided(capability, ()))


@dataclass
class World:
    """The host, the store of its runs, and the home."""

    store: Store
    home: Path
    packages: PackageManager
    software: RealSoftware
    units: Units = field(default_factory=Units)
    capabilities: Capabilities = field(default_factory=Capabilities)
    system: Any = field(
        default_factory=lambda: SimpleNamespace(distribution=lambda: parse_os_release("ID=rocky\nVERSION_ID=9.4\n"))
    )
    user: str = "daemon"  # who has a group of the same name
    root: Path = Path("/")  # of the package manager

    @property
    def host(self) -> Any:
        """As a workflow sees it."""
        return SimpleNamespace(
            files=RealFiles(), register=ContentStore(self.home.parent / "kept"), os_packages=self.packages,
            software=self.software, units=self.units, system=self.system, capabilities=self.capabilities,
            network=SimpleNamespace(listeners=lambda port: ()),
        )  # fmt: skip

    def offer(self, capability: str, *packages: str, **more: Any) -> None:
        """Let the distribution provide a capability."""
        self.capabilities.table[capability] = Provided(capability, packages, **more)

    def plan(self, **answered: Any) -> InstallPlan:
        """A plan of 20.10 with these answers."""
        hop = Hop(1, "none", Release("20.10", ()), LineRules("20.10", needs=NEEDS), final=True, name="install")
        given: dict[str, Any] = {"url": "https://a.example.com", "name": "a.example.com", "mailloop_domain": "b.example.com"}
        answers = Answers(**{**given, **answered})
        return InstallPlan(source="none", target="20.10", hop=hop, answers=answers, home=str(self.home), user=self.user)

    def look(self, step: SetupStep) -> list[tuple[str, str | None, str]]:
        """Key, present and wanted value of each difference."""
        return [(d.key, d.now, d.wanted) for d in step.look(self.host)]

    def engine(self, step: SetupStep, run: str = "TEST") -> Engine:
        """A run of that step, and of one that fails behind it."""
        steps = [step, Stumble()]
        self.store.journal.create(
            run_id=run, site=SITE, workflow="fake", plan={}, options={}, actor={}, reason=None, tool_version="0.1.0",
            steps=[(one.name, one.title) for one in steps],
        )  # fmt: skip
        return self._engine(step, run)

    def _engine(self, step: SetupStep, run: str) -> Engine:
        journal, ledger = self.store.journal, self.store.ledger(SITE)
        return Engine(journal.load(run), [step, Stumble()], host=self.host, journal=journal, ledger=ledger, bus=Bus())

    def resumed(self, step: SetupStep, run: str = "TEST") -> RunRecord:
        """The run that another process began, as `run` ends it."""
        return self._engine(step, run).run()

    def run(self, step: SetupStep, run: str = "TEST") -> tuple[Engine, RunRecord]:
        """The run, stopped behind the step when that was done, else at it."""
        engine = self.engine(step, run)
        return engine, engine.run()


class Stumble(StepDefaults):
    """Fails, so that the run can be taken back."""

    name = title = "stumble"

    def do(self, ctx: Context) -> Done:
        raise WorkflowError("cannot go on", key="made-to-fail")


def key_of(record: RunRecord) -> str:
    """Of the error it ended with."""
    assert record.headline is not None
    return str(record.headline["key"])


def tomcat_files(version: str = "9.0.43") -> dict[str, bytes]:
    """What makes a folder a Tomcat."""
    jar = io.BytesIO()
    with zipfile.ZipFile(jar, "w") as file:
        file.writestr("org/apache/catalina/util/ServerInfo.properties", f"server.number={version}.0\n")
    return {"lib/catalina.jar": jar.getvalue(), "bin/startup.sh": b"#!/bin/sh\n", "conf/server.xml": b"<Server/>"}


def tomcat_folder(folder: Path, version: str = "9.0.43") -> Path:
    """An unpacked one."""
    for name, data in tomcat_files(version).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def tomcat_archive(path: Path, files: Mapping[str, bytes] | None = None, top: str = "apache-tomcat-9.0.43") -> Path:
    """One as Apache packs it."""
    with tarfile.open(path, "w:gz") as tar:
        for name, data in (files or tomcat_files()).items():
            info = tarfile.TarInfo(f"{top}/{name}" if top else name)
            info.size, info.mode = len(data), 0o755 if name.endswith(".sh") else 0o644
            tar.addfile(info, io.BytesIO(data))
    return path


def wheel(folder: Path, name: str, module: str, code: str = "") -> None:
    """A wheel with one module."""
    label = name.replace("-", "_")
    files = {
        f"{module}.py": code, f"{label}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{label}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }  # fmt: skip
    record = "".join(f"{path},,\n" for path in (*files, f"{label}-1.0.dist-info/RECORD"))
    with zipfile.ZipFile(folder / f"{label}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{label}-1.0.dist-info/RECORD": record}.items():
            archive.writestr(path, text)


def java_home(folder: Path, version: str) -> Path:
    """A JDK as far as anybody looks."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/java").write_text("#!/bin/sh\nexit 1\n")
    (folder / "bin/java").chmod(0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return folder
