"""A host in memory, for what a step concludes from what it sees. What it does is tested on real parts (tests/system)."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from orchestrator.data.distributions import parse_os_release
from orchestrator.hosts.os_packages.capabilities import RealCapabilities
from workflows.host.system import Family, Selinux
from workflows.host.units import UnitState
from workflows.model.answers import Answers, Mta
from workflows.model.installation import InstallPlan
from workflows.model.plans import Hop, LineRules, Need, Release

ABSENT = UnitState(exists=False, enabled=False)
RUNS = UnitState(exists=True, enabled=True, state="active")
GIB = 1024**3
IDS = {Family.RHEL: "rocky", Family.SUSE: "sles", Family.DEBIAN: "debian", None: "x"}
NEEDS = (Need("java", ("8", "11"), stops=False, source="guide 3.1"),)


class MemoryFiles:
    """Texts by path."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = dict(texts)
        self.links: dict[str, str] = {}
        self.modes: dict[str, int] = {}
        self.owners: dict[str, str] = {}

    def read(self, path: str) -> str | None:
        return self.texts.get(path)

    def read_link(self, path: str) -> str | None:
        return self.links.get(path)

    def mode(self, path: str) -> int | None:
        return self.modes.get(path, 0o644 if path in self.texts else None)

    def owner(self, path: str) -> str | None:
        return self.owners.get(path, None if self.mode(path) is None else "openemm:openemm")

    def listing(self, folder: str) -> list[str]:
        return sorted({path[len(folder) + 1 :].split("/")[0] for path in self.texts if path.startswith(f"{folder}/")})


def make_plan(**answered: Any) -> InstallPlan:
    """A plan with these answers."""
    answers = {"url": "https://openemm.example.com", "name": "openemm.example.com", "mailloop_domain": "mailing.example.com"}
    hop = Hop(1, "none", Release("20.10.000.152", ()), LineRules("20.10", needs=NEEDS), final=True)
    return InstallPlan(source="none", target="20.10.000.152", hop=hop, answers=Answers(**{**answers, **answered}))


def make_host(family: Family | None = Family.RHEL, texts: Mapping[str, str] | None = None, **told: Any) -> Any:
    """A host of that family that is in order: files by path, units by name, everything else by its name."""
    units: dict[str, UnitState] = told.get("units", {})
    listeners: dict[int, list[Any]] = told.get("listeners", {})
    processes: dict[Mta, list[int]] = told.get("processes", {})
    said = f"ID={IDS[family]}\nVERSION_ID={told.get('version', '8.9')}\nPRETTY_NAME='{told.get('called', 'Lab Linux')}'\n"
    known = parse_os_release(said)
    servers = {
        mta: SimpleNamespace(mta=mta, units=[f"{mta}.service"], processes=lambda mta=mta: processes.get(mta, [])) for mta in Mta
    }
    system = SimpleNamespace(
        distribution=lambda: known,
        memory=lambda: told.get("memory", 8 * GIB),
        space=lambda path: SimpleNamespace(free=told.get("free", {}).get(path, 50 * GIB)),
        selinux=lambda: Selinux(told.get("selinux", "disabled")),
        open_files=lambda user: told.get("open_files", {}).get(user, (16384, 16384)),
        process_user=lambda pid: told.get("process_user", {}).get(pid),
    )  # fmt: skip
    return SimpleNamespace(
        files=MemoryFiles(texts or {}), system=system,
        units=SimpleNamespace(
            available=lambda: told.get("booted", True), state=lambda unit: units.get(unit, ABSENT),
            open_files=lambda: told.get("default_open_files", (16384, 524288)),
            stale=lambda unit, paths: unit in told.get("stale", ()),
            reload_needed=lambda unit: told.get("reload_needed", False), version=lambda: told.get("systemd", 252),
        ),
        accounts=SimpleNamespace(group=lambda name: told.get("group", 1000), user=lambda name: told.get("user")),
        server=SimpleNamespace(unit=lambda: told.get("database", "mariadb.service")),
        software=SimpleNamespace(
            java=lambda home=None: next((java for java in told.get("javas", ()) if java[0] == home), None),
            javas=lambda: told.get("javas", ()), tomcat=lambda folder: told.get("tomcat", "9.0.43"),
            program=lambda name: None,
        ),
        capabilities=RealCapabilities(known),
        mail=SimpleNamespace(
            server=servers.__getitem__, writable=lambda: told.get("read_only", []),
        ),
        network=SimpleNamespace(
            full_name=lambda: told.get("name", "openemm.example.com"), listeners=lambda port: listeners.get(port, []),
            firewall=SimpleNamespace(
                running=lambda: told.get("firewalld", True), ports=lambda: told.get("ports", ()),
                forwards=lambda: told.get("forwards", ()),
            ),
        ),
    )  # fmt: skip
