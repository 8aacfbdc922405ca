"""Run inside a host by the orchestrator's own Python: the mail server's step of an installation, on the real parts.

Usage: mail_inside.py NAME DOMAIN MTA [CUT ...], as root. CUT: after how many changing calls the step is cut off. Prints what
the step found, what it left, and how the host differs from before once it was taken back.
"""

from __future__ import annotations

import hashlib
import json
import smtplib
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from orchestrator.command import run
from orchestrator.hosts.mail.mail import RealMail
from orchestrator.hosts.real import RealHost
from orchestrator.settings import Settings
from workflows.model.answers import Answers, Mta
from workflows.model.installation import InstallPlan
from workflows.model.plans import Hop, LineRules, Release
from workflows.model.step import Context
from workflows.steps.mail.server import MailServer
from workflows.steps.setup import SetupStep

CHANGING = ("install", "remove", "set", "automatic", "write_link", "remove_link", "make_folder", "remove_folder", "configure",
            "write_maps", "start", "stop", "restore", "enable", "disable")  # fmt: skip
PARTS = ("files", "register", "os_packages", "units", "mail", "alternatives")
CERTIFICATE, KEY = "/etc/openemm-tls/mail.crt", "/etc/openemm-tls/mail.key"
OF_OTHERS = ("/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/ld.so.cache", "/etc/mailcap")


class Cut(BaseException):
    """The run ends here; nothing catches it."""


class Fuse:
    """Counts the calls that change the host, and cuts after so many of them."""

    def __init__(self, after: int | None = None) -> None:
        self.after = after
        self.calls: list[str] = []


class Fused:
    """A part of the host on a fuse."""

    def __init__(self, part: Any, fuse: Fuse) -> None:
        self._part, self._fuse = part, fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name in PARTS and not callable(found) and not isinstance(found, tuple):
            return Fused(found, self._fuse)
        if name == "server" and callable(found):
            return lambda mta: Fused(found(mta), self._fuse)
        if name not in CHANGING:
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            done = found(*args, **kwargs)
            self._fuse.calls.append(name)
            if self._fuse.after is not None and len(self._fuse.calls) >= self._fuse.after:
                raise Cut(name)
            return done

        return call


def context(intent: dict[str, Any], fuse: Fuse) -> Context:
    """A step's context on the real parts; what the step remembers outlives a cut, as JSON."""
    settings = Settings()
    host = RealHost(settings)
    vars(host)["application"] = SimpleNamespace(wait=time.sleep)
    made: Any = SimpleNamespace(host=Fused(host, fuse), intent=intent)
    made.remember = lambda **facts: intent.update(json.loads(json.dumps(facts)))
    made.note = made.report = lambda *args, **facts: None
    return cast("Context", made)


def snapshot() -> dict[str, str]:
    """What an installation of a mail server changes: files, packages, users, units, who listens."""
    found = {}
    for top in ("/etc", "/home"):
        for path in sorted(Path(top).rglob("*")):
            if str(path) in OF_OTHERS or path.is_dir():
                continue
            status = path.lstat()
            content = str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path)] = f"{status.st_mode:o} {status.st_uid}:{status.st_gid} {content[:12]}"
    asked = {
        "deb": ["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\\n"],
        "rpm": ["rpm", "-qa"],
        "units": ["systemctl", "list-unit-files", "--no-legend", "--state=enabled"],
        "listening": ["ss", "-Hltn", "sport = :25"],
    }
    for name, args in asked.items():
        try:
            lines = run(args, timeout=60, expect=None).stdout.splitlines()
        except Exception:  # noqa: BLE001 - this host has no such program
            continue
        found |= {f"{name} {line.strip()}": "there" for line in sorted(lines)}
    return found


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """A line each."""
    paths = sorted(before.keys() | after.keys())
    return [f"{path}: {before.get(path)} -> {after.get(path)}" for path in paths if before.get(path) != after.get(path)]


def keys(step: SetupStep) -> list[str]:
    """What differs."""
    return [difference.key for difference in step.look(context({}, Fuse()).host)]


def change(step: SetupStep, fuse: Fuse) -> dict[str, Any]:
    """Prepare and do; what is remembered at the end, or at the cut."""
    intent: dict[str, Any] = {}
    intent |= json.loads(json.dumps(step.prepare(context(intent, fuse))))
    try:
        step.do(context(intent, fuse))
    except Cut:
        intent["cut"] = True
    return intent


def main(name: str, domain: str, mta: str, *cuts: str) -> None:
    """The step whole and taken back twice; then with each cut, done again, and cut and taken back at once."""
    tls = {"certificate": CERTIFICATE, "certificate_key": KEY} if Path(CERTIFICATE).exists() else {}
    answers = Answers(url=f"http://{name}", name=name, mailloop_domain=domain, mta=Mta(mta), **tls)  # type: ignore[arg-type]
    release = Release("20.10.000.152", ())
    hop = Hop(1, "none", release, LineRules("20.10"), final=True)
    step = MailServer(InstallPlan(source="none", target=release.version, hop=hop, answers=answers))
    plain = Fuse()
    before = snapshot()
    record: dict[str, Any] = {"found": keys(step)}
    began = time.monotonic()
    intent = change(step, plain)
    record |= {"seconds": round(time.monotonic() - began, 1), "calls": list(plain.calls), "left": keys(step)}
    plain.calls.clear()
    again = step.do(context(dict(step.prepare(context({}, plain))), plain))
    record |= {"again": [*plain.calls, again.summary], "accepts": RealMail(Settings()).accepts(25, f"ext_x@{domain}")}
    with smtplib.SMTP("127.0.0.1", 25) as server:
        server.ehlo()
        record["encrypts"] = server.has_extn("starttls")
    for time_of in ("undone", "undone_twice"):
        step.undo(context(intent, plain))
        record[time_of] = differences(before, snapshot())
    record["cuts"] = []
    for cut in cuts or map(str, range(1, len(record["calls"]) + 1)):
        intent = change(step, Fuse(int(cut)))
        step.undo(context(intent, plain))
        one: dict[str, Any] = {"cut": cut, "undone_at_once": differences(before, snapshot())}
        intent = change(step, Fuse(int(cut)))
        step.do(context(intent, plain))
        one["left"] = keys(step)
        step.undo(context(intent, plain))
        one["undone"] = differences(before, snapshot())
        record["cuts"].append(one)
    print(json.dumps(record, indent=1))  # noqa: T201 - what this program is for


if __name__ == "__main__":
    main(*sys.argv[1:])
