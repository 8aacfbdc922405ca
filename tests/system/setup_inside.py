"""Run inside a host by the orchestrator's own Python: what an installation does to the operating system, on real parts.

Usage: setup_inside.py, as root. Prints JSON, a record for every step of every scenario: what the step found and what it left
when it was done, when it was cut off before or after each call that changes the host, and when it was taken back.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from orchestrator.command import run
from orchestrator.data.distributions import parse_os_release
from orchestrator.hosts.real import RealHost
from orchestrator.hosts.system.system import RealSystem
from orchestrator.settings import Settings
from workflows.host.system import Distribution, Family
from workflows.model.answers import Answers, Verdict
from workflows.model.installation import InstallPlan
from workflows.model.plans import Hop, LineRules, Release
from workflows.model.step import Context, Probe
from workflows.steps.application.home import HomeFiles
from workflows.steps.application.unit import StartupUnit
from workflows.steps.machine.account import OpenemmAccount
from workflows.steps.machine.limits import KernelLimits
from workflows.steps.machine.logging import Logging
from workflows.steps.machine.logrotate import LogRotation
from workflows.steps.setup import SetupStep

TEXTS = Path("/root/setup_texts")
HOME = Path("/home/openemm")
PLAN = InstallPlan(
    source="none", target="20.10.000.152", hop=Hop(1, "none", Release("20.10.000.152", ()), LineRules("20.10"), final=True),
    answers=Answers(url="http://h.lab.test", name="h.lab.test", mailloop_domain="mailing.lab.test"),
)  # fmt: skip
CHANGING = frozenset(
    {
        "write", "write_link", "remove_link", "make_folder", "remove_folder", "set_mode", "set_owner", "add_group", "add_user",
        "change_user", "remove_user", "remove_group", "add", "remove", "reload", "reexecute", "restart", "enable",
        "disable", "start", "stop", "restore",
    }
)  # fmt: skip
BACKUPS = ("-", ".lock")  # of shadow's programs


class Cut(Exception):  # noqa: N818 - a power cut, not an error
    """The run ends here."""


@dataclass
class Fuse:
    """Counts the calls that change the host, and cuts after so many of them."""

    after: int | None = None
    calls: list[str] = field(default_factory=list)

    def burn(self, name: str) -> None:
        """Another call was made."""
        self.calls.append(name)
        if self.after is not None and len(self.calls) >= self.after:
            raise Cut(name)


class Fused:
    """A part of the host on a fuse."""

    def __init__(self, part: Any, fuse: Fuse) -> None:
        self._part = part
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name not in CHANGING:
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            done = found(*args, **kwargs)
            self._fuse.burn(name)
            return done

        return call


class Remembering:
    """A step's context: what it remembers outlives a cut."""

    def __init__(self, host: Any, intent: dict[str, Any]) -> None:
        self.host = host
        self.intent = intent

    def remember(self, **facts: Any) -> None:
        """As the engine commits it, as JSON."""
        self.intent |= json.loads(json.dumps(facts))

    def facts_of(self, step: str) -> Mapping[str, Any]:
        """Of the steps before."""
        return {"java": {"java_home": "/opt/java"}, "tomcat": {"catalina_home": f"{HOME}/opt/tomcat"}}.get(step, {})


AS = {
    Family.RHEL: "ID=rhel\nVERSION_ID=8\n",
    Family.SUSE: "ID=sles\nVERSION_ID=15.5\n",
    Family.DEBIAN: "ID=debian\nVERSION_ID=12\n",
}


class OfFamily(RealSystem):
    """This computer, with the os-release of another."""

    def __init__(self, family: Family) -> None:
        super().__init__()
        self._family = family

    def distribution(self) -> Distribution:
        """Only that is not this computer's."""
        return parse_os_release(AS[self._family])


def replacing(key: str) -> InstallPlan:
    """The same, with that difference answered."""
    return replace(PLAN, answers=replace(PLAN.answers, differences={key: Verdict.REPLACE}))


def setup_on(family: Family, fuse: Fuse) -> Any:
    """The real parts, on a fuse; programs and database server, which other steps ask for, are told."""
    host = RealHost(Settings())
    parts = {
        "files": host.files, "register": host.register, "accounts": host.accounts, "units": host.units,
        "system": OfFamily(family),
        "software": SimpleNamespace(
            java=lambda home=None: ("/opt/java", "11"), javas=list, tomcat=lambda folder: "9.0.43", program=lambda name: None
        ),
        "server": SimpleNamespace(unit=lambda: "mariadb.service"),
    }  # fmt: skip
    network = SimpleNamespace(firewall=Fused(host.network.firewall, fuse))
    return SimpleNamespace(mail=host.mail, network=network, **{name: Fused(part, fuse) for name, part in parts.items()})


def snapshot() -> dict[str, str]:
    """All that a step may change: names, kinds, modes, owners, contents; of logs no contents."""
    found = {}
    for top in (Path("/etc"), Path("/home"), Path("/var/log")):
        for path in sorted(top.rglob("*")):
            if path.name.endswith(BACKUPS) or path.is_relative_to("/var/log/journal"):
                continue
            status = path.lstat()
            content = ""
            if path.is_symlink():
                content = str(path.readlink())
            elif path.is_file() and top.name != "log":
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path)] = f"{status.st_mode:o} {status.st_uid}:{status.st_gid} {content}"
    shown = run(["systemctl", "is-enabled", "rsyslog.service", "openemm.service"], timeout=30, expect=None).stdout
    limits = run(["systemctl", "show", "--property=DefaultLimitNOFILESoft"], timeout=30).stdout
    return {**found, "enabled": shown, "limits": limits, "active": " ".join(active())}


def active() -> list[str]:
    """Those services that run."""
    names = ["rsyslog.service", "systemd-journald.service"]
    return [name for name in names if run(["systemctl", "is-active", name], timeout=30, expect=None).exit_code == 0]


def keys(step: SetupStep, setup: Any) -> list[str]:
    """What differs."""
    return [difference.key for difference in step.look(setup)]


def try_step(step: SetupStep, family: Family, *, cut: bool = False) -> dict[str, Any]:
    """Look, change, look, change again, take back, take back again; where told so, then with cuts."""
    before = snapshot()
    plain, fuse = setup_on(family, Fuse()), Fuse()
    record: dict[str, Any] = {"step": step.name, "family": family, "found": keys(step, plain)}
    intent = _change(step, setup_on(family, fuse))
    record |= {"calls": fuse.calls, "left": keys(step, plain)}
    fuse.calls = []
    again = step.do(_context(setup_on(family, fuse), dict(step.prepare(_context(plain, {})))))
    record |= {"again": [*fuse.calls, again.summary]}
    step.undo(_context(plain, intent))
    record["undone"] = _differences(before, snapshot())
    step.undo(_context(plain, intent))
    record["undone_twice"] = _differences(before, snapshot())
    record["cuts"] = [_cut(step, family, after, before) for after in (_points(record["calls"]) if cut else ())]
    return record


def _points(calls: Sequence[str]) -> list[int]:
    """Behind which calls the step is cut off: the first of each kind, and the last but one."""
    return sorted({calls.index(name) + 1 for name in calls} | ({len(calls) - 1} if len(calls) > 1 else set()))


def _cut(step: SetupStep, family: Family, after: int, before: Mapping[str, str]) -> dict[str, Any]:
    """Cut, done again and taken back; cut and taken back at once."""
    plain = setup_on(family, Fuse())
    intent = _cut_off(step, family, after)
    probe = step.probe(_context(plain, intent))
    if probe is Probe.COMPLETE:
        step.observed(_context(plain, intent))
    else:
        step.do(_context(plain, intent))
    record: dict[str, Any] = {"after": after, "left": keys(step, plain)}
    step.undo(_context(plain, intent))
    record["undone"] = _differences(before, snapshot())
    intent = _cut_off(step, family, after)
    step.undo(_context(plain, intent))
    record["undone_at_once"] = _differences(before, snapshot())
    return record


def _change(step: SetupStep, setup: Any) -> dict[str, Any]:
    intent = json.loads(json.dumps(step.prepare(_context(setup, {}))))
    step.do(_context(setup, intent))
    return cast("dict[str, Any]", intent)


def _cut_off(step: SetupStep, family: Family, after: int) -> dict[str, Any]:
    fused = setup_on(family, Fuse(after))
    intent = json.loads(json.dumps(step.prepare(_context(fused, {}))))
    try:
        step.do(_context(fused, intent))
    except Cut:
        return cast("dict[str, Any]", intent)
    raise AssertionError(f"{step.name} was not cut off after {after} calls")


def _context(setup: Any, intent: dict[str, Any]) -> Context:
    return cast("Context", Remembering(setup, intent))


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    paths = sorted(before.keys() | after.keys())
    return [f"{path}: {before.get(path)} -> {after.get(path)}" for path in paths if before.get(path) != after.get(path)]


def dress(scenario: str) -> None:
    """Give the host the files of a distribution, as that delivers them, and an empty mail log."""
    for path in (*Path("/etc/rsyslog.d").iterdir(), *Path("/etc/logrotate.d").glob("*syslog")):
        path.unlink()
    for path in (TEXTS / scenario).iterdir():
        shutil.copy(path, Path("/etc") / path.name.replace("__", "/"))
    for log in ("maillog", "mail"):
        path = Path("/var/log", log)
        path.unlink(missing_ok=True)
    if scenario != "debian":
        Path("/var/log/maillog" if scenario.startswith("rhel") else "/var/log/mail").write_text("")
    run(["systemctl", "restart", "rsyslog.service"], timeout=60)


def program(path: Path) -> None:
    """A program that is there and does nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def scenarios() -> Iterator[dict[str, Any]]:
    """Each distribution's logging; everything else on the first."""
    run(["userdel", "--remove", "openemm"], timeout=30, expect=(0, 6))
    for name, family in (("rhel8", Family.RHEL), ("rhel7", Family.RHEL), ("debian", Family.DEBIAN), ("suse", Family.SUSE)):
        dress(name)
        yield try_step(Logging(PLAN), family, cut=name in ("rhel8", "suse")) | {"scenario": name}
    yield try_step(KernelLimits(PLAN), Family.RHEL, cut=True)
    yield try_step(OpenemmAccount(PLAN), Family.RHEL)
    yield try_step(OpenemmAccount(PLAN), Family.SUSE, cut=True)
    run(["groupadd", "--gid", "4242", "openemm"], timeout=30)
    yield try_step(OpenemmAccount(PLAN), Family.RHEL) | {"scenario": "group is there"}
    run(["useradd", "--create-home", "--gid", "openemm", "--shell", "/bin/sh", "openemm"], timeout=30)
    HOME.chmod(0o700)
    yield try_step(OpenemmAccount(replacing("account.home-shell-group")), Family.RHEL) | {"scenario": "shell is another"}
    site = Path("/etc/security/limits.d/50-site.conf")
    site.write_text("openemm soft nofile 4096\n")
    yield try_step(KernelLimits(replacing("limits.nofile")), Family.RHEL) | {"scenario": "set by somebody"}
    site.unlink()
    _change(OpenemmAccount(replacing("account.home-shell-group")), setup_on(Family.RHEL, Fuse()))
    program(HOME / "bin/openemm.sh")
    runtime = HOME / "tomcat9/conf"
    runtime.mkdir(parents=True)
    (HOME / "tomcat").symlink_to("tomcat9")
    (runtime / "server.xml.template").write_text("<Server/>\n")
    run(["chown", "-hR", "openemm:openemm", str(HOME / "tomcat9")], timeout=30)  # as it was unpacked
    yield try_step(HomeFiles(PLAN), Family.RHEL, cut=True)
    yield try_step(StartupUnit(PLAN), Family.RHEL, cut=True)
    yield try_step(LogRotation(PLAN), Family.RHEL, cut=True)


if __name__ == "__main__":
    print(json.dumps(list(scenarios()), indent=1))  # noqa: T201 - what this program is for
