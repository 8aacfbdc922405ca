"""A bare booted host that OpenEMM is installed on, and what it is like before and after."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.system.booted_kit import documents, journal
from tests.system.lab import python_source, tomcat_app
from tests.system.lab.host import Host
from tests.system.lab.openemm import install_orchestrator
from tests.system.lab.root import Kind, ready_root

SECONDS = 900.0
DOMAIN = "mailing.lab.test"
PACKAGES = "/srv/openemm-packages"
SOURCES = "/srv/sources"
SECONDS_A_PART = 0.1  # of what a Python is compiled from
ANSWERS = "/root/answers.toml"
INSTALL = ["orchestrate", "install", "--release", "20.10", "--answers", ANSWERS, "--yes", "--json"]
UNIT = "installation"
SNAPSHOT = """
import hashlib, json, os, stat, subprocess
found = {}
for top in ("/etc", "/home", "/usr/local", "/root", "/opt"):
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            content = ""
            if os.path.islink(path):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                content = hashlib.sha256(open(path, "rb").read()).hexdigest()[:12]
            found[path] = f"{status.st_mode:o} {status.st_uid}:{status.st_gid} {content}"
for kind, args in {
    "package": ["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\\n"],
    "user": ["getent", "passwd"],
    "group": ["getent", "group"],
    "unit": ["systemctl", "list-unit-files", "--no-legend", "--state=enabled"],
    "listens": ["ss", "-Hltn"],
    "limit": ["systemctl", "show", "--property=DefaultLimitNOFILESoft"],
}.items():
    for line in subprocess.run(args, capture_output=True, text=True).stdout.splitlines():
        found[f"{kind} {' '.join(line.split())}"] = "there"
print(json.dumps(found))
"""
KEPT = {"java.version": "keep", "tomcat.major": "keep"}  # Debian 12 has Java 17 and Tomcat 10, untested with 20.10


def prepare(host: Host) -> None:
    """What an administrator brings: this tool, OpenEMM's packages, names that resolve, answers."""
    install_orchestrator(host)
    with tempfile.TemporaryDirectory() as folder:
        tomcat_app.build(Path(folder), ready_root(Kind.BARE))
        host.copy_in(Path(folder), PACKAGES)
    with tempfile.TemporaryDirectory() as folder:
        source, digest = python_source.build(Path(folder), "/usr/bin/python3", SECONDS_A_PART)
        host.copy_in(Path(folder), SOURCES)
    names(host)
    values = {"url": f"http://{host.full_name}", "name": host.full_name, "mailloop_domain": DOMAIN, "packages": PACKAGES,
              "python_source": f"{SOURCES}/{source.name}", "python_source_sha256": digest}  # fmt: skip
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    text += "\n[differences]\n" + "".join(f"{json.dumps(key)} = {json.dumps(verdict)}\n" for key, verdict in KEPT.items())
    host.write(ANSWERS, text)


def install(host: Host, *options: str, check: bool = True) -> dict[str, Any]:
    """Run the installation; its last document."""
    return documents(host.run([*INSTALL, *options], SECONDS, check=check).stdout)[-1]


def begin(host: Host, *command: str) -> None:
    """Begin a command in a unit of its own, which ends with the host; the installation unless given."""
    args = ["orchestrate", *command, "--yes"] if command else INSTALL
    host.run(["systemd-run", "--quiet", "--collect", f"--unit={UNIT}", "--service-type=exec", *args])


def wait_for(host: Host, step: str) -> None:
    """Wait until a step begins.

    Raises:
        AssertionError: the run failed before, or it does not begin in time.
    """
    with journal(host, "KIND=step-started", "KIND=run-failed") as lines:
        for line in lines:
            assert line["KIND"] == "step-started", f"it failed before {step}: {line['MESSAGE']}"
            if line["STEP"] == step:
                return
    raise AssertionError(f"{step} does not begin")


def snapshot(host: Host) -> dict[str, str]:
    """All that an installation changes: files, packages, users and groups, units, listeners."""
    text = host.run(["python3", "-c", SNAPSHOT], SECONDS).stdout
    return {str(key): str(value) for key, value in json.loads(text).items()}


def names(host: Host) -> None:
    """Let the host resolve its own name and the mailloop domain."""
    host.know({"127.0.1.1": [host.full_name, host.short_name], "127.0.1.3": [DOMAIN]})


def differences(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """What is not as it was."""
    names = sorted(before.keys() | after.keys())
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}
