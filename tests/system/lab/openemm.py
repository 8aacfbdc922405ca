"""OpenEMM and the orchestrator on a booted host, as an administrator who followed the guide would have them.

The sandbox's application runs under /home/openemm as a systemd unit (guide 9.1), on the host's own MariaDB service.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from orchestrator.command import run
from orchestrator.settings import HOME, SITE_FILE
from state.faults import TESTS
from tests.system.lab.host import Host
from workflows.rules.by_hand import NOFILE

REPOSITORY = Path(__file__).parents[3]
SOURCES = ("orchestrator", "workflows", "state", "bin", "pyproject.toml")
PREFIX = "/opt/orchestrate"
SOCKET = "/run/mysqld/mysqld.sock"
INSIDE = Path(__file__).with_name("inside.py")
LAUNCHER = REPOSITORY / "bin/orchestrate"
LIMITS = f"openemm - nofile {NOFILE}\nroot - nofile {NOFILE}\n"  # guide 4.7
UNIT = f"""[Unit]
Description=OpenEMM startup script
After=network.target local-fs.target time-sync.target sendmail.service postfix.service mariadb.service

[Service]
User=openemm
Group=openemm
Type=oneshot
RemainAfterExit=true
ExecStart={HOME}/bin/openemm.sh start
ExecStop={HOME}/bin/openemm.sh stop
TimeoutSec=300
LimitNOFILE={NOFILE}

[Install]
WantedBy=multi-user.target
"""
SITE = {"home": str(HOME), "user": "openemm", "http": "http://127.0.0.1:8080"}


def install_orchestrator(host: Host) -> None:
    """Put the orchestrator of this checkout, built as a package of it would be, and what it needs into the host."""
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(folder, "packages")
        _build(Path(folder, "source"), packages)
        for distribution in _needed("openemm-orchestrator"):
            _copy(distribution, packages)
        (packages / TESTS).parent.mkdir(parents=True)
        (packages / TESTS).touch()  # a host of the lab can be cut off where a test says so
        host.run(["python3", "-m", "venv", "--without-pip", PREFIX])
        host.copy_in(packages, f"{PREFIX}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages")
    host.write(f"{PREFIX}/bin/orchestrate", LAUNCHER.read_text(), mode=0o755)
    host.run(["ln", "-s", f"{PREFIX}/bin/orchestrate", "/usr/local/bin/orchestrate"])


def install_openemm(host: Host, release: str = "19.10") -> None:
    """Install the orchestrator and OpenEMM, with its packages, its database and a site file, and start it as a unit.

    Args:
        host: booted.
        release: the line that is installed; the packages of all later ones lie ready.
    """
    install_orchestrator(host)
    host.run(["systemctl", "enable", "--now", "mariadb.service"])
    host.write("/root/inside.py", INSIDE.read_text())
    host.run([f"{PREFIX}/bin/python", "/root/inside.py", release, SOCKET], timeout=120)
    database = {"socket": SOCKET, "admin_socket": SOCKET}
    host.write(str(SITE_FILE), f"{_table(SITE)}\n[database]\n{_table(database)}", mode=0o600)
    host.write("/etc/security/limits.d/90-openemm.conf", LIMITS)
    host.write("/etc/systemd/system/openemm.service", UNIT)
    host.run(["systemctl", "daemon-reload"])
    host.run(["systemctl", "enable", "--now", "openemm.service"], timeout=300)


def _build(source: Path, target: Path) -> None:
    """The files a wheel of this checkout would hold. Built from a copy: a build writes into its source."""
    source.mkdir()
    for name in SOURCES:
        path = REPOSITORY / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / name)
    (source / "README.md").touch()
    code = "import setuptools; setuptools.setup()"
    run([sys.executable, "-c", code, "--quiet", "build_py", "--compile", "--build-lib", str(target)], timeout=120, cwd=source)


def _needed(name: str) -> list[metadata.Distribution]:
    """The distributions that one needs to run, directly or not; itself left out."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [name]
    while waiting:
        for line in metadata.distribution(waiting.pop()).requires or []:
            requirement = Requirement(line)
            key = requirement.name.lower().replace("_", "-")
            if key not in found and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                found[key] = metadata.distribution(key)
                waiting.append(key)
    return list(found.values())


def _copy(distribution: metadata.Distribution, target: Path) -> None:
    """With the times of the files: what is compiled counts only for a source of its time, and a host begins with neither."""
    for file in _importable(distribution.files or []):
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file.locate(), target / file)


def _importable(files: Iterable[metadata.PackagePath]) -> Iterable[metadata.PackagePath]:
    return (file for file in files if ".." not in file.parts and (file.suffix != ".pyc" or Path(file.locate()).exists()))


def _table(values: dict[str, str]) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
