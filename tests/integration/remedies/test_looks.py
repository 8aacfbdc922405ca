"""What a remedy only looks at: it is there, says something, and changes nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.crash.bench import Picture
from tests.integration.upgrade.upgrade_kit import Stages, same
from tests.remedies import table
from tests.remedies.follow import command, follow

pytestmark = pytest.mark.integration
HERE = "integration/remedies/test_looks.py::test_a_look_tells_and_changes_nothing"
LOOKS = [row.remedy for row in table.rows() if HERE in row.run]
NAMED = {"VERSION": "20.10", "ADDRESS": "127.0.0.1"}
CODES = {"orchestrate check": (0, 3), "orchestrate doctor": (0, 3), "getent": (0, 2)}  # what tells, and is no failure


@pytest.fixture(scope="module")
def before(upgraded: Stages) -> Picture:
    return upgraded.picture()


@pytest.fixture(scope="module")
def values(upgraded: Stages, before: Picture, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is there for the holes."""
    folder = tmp_path_factory.mktemp("looks")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=openemm.lab.test", "-keyout",
                    folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)  # fmt: skip
    (run,) = upgraded.say("runs").last["runs"]
    backup = upgraded.say("backup", "list").last["backups"][0]["id"]
    package = next((upgraded.host / "packages").glob("openemm-gui-20.04*.tar.gz"))
    upgraded.say("audit", "export", str(folder / "ledger"))
    checkpoint = upgraded.say("audit", "checkpoint").last
    here = str(os.getpid())
    return {
        "id": run["id"], "run_id": run["id"], "backup": backup, "file": package.name, "name": package.name, "target": "20.10",
        "version": "19.10", "release": "19.10", "folder": str(upgraded.home), "parent": str(upgraded.home), "port": "25",
        "inside": f"{upgraded.home}/release",
        "archive": str(package), "script": f"{upgraded.home}/bin/backend.sh", "home_path": str(upgraded.home),
        "home": str(upgraded.home), "command": "orchestrate status", "source": str(package),
        "path": str(folder / "cert.pem"), "where": f"{upgraded.home}/", "unreadable": str(folder / "cert.pem"), "found": here,
        "join": here, "pid": here, "replace": here, "user": "root", "program": "/usr/bin/python3", "temporary": "openemm",
        "queue_folder": str(folder), "stuck": "cert.pem", "len": "   ",
        "tool_version": run["tool_version"],
        "packages": str(upgraded.host / "packages"), "site": str(upgraded.host), "checkpoint": str(checkpoint["path"]),
    }  # fmt: skip


def filled(remedy: str, values: dict[str, str]) -> str:
    """The remedy as it is printed on this host."""
    changed = dict(values)
    for start, found in (
        ("ls -l {where}", {"folder": "release"}),
        ("ls -l {file}", {"file": values["archive"]}),
        ("ls -lL {file}", {"file": values["archive"]}),
        ("python3 {path}", {"path": str(Path(values["path"]).with_name("ledger"))}),
        ("{path} --help", {"path": "/usr/sbin/mariadbd"}),
        ("orchestrate --site", {"file": values["site"]}),
        ("orchestrate audit verify", {"path": values["checkpoint"]}),
    ):
        if remedy.startswith(start):
            changed |= found
    return table.HOLE.sub(lambda hole: changed[hole[1]], remedy)


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What each command said: several remedies are the same command with another remark."""
    return {}


@pytest.mark.parametrize("remedy", LOOKS, ids=lambda remedy: remedy[:60])
def test_a_look_tells_and_changes_nothing(
    upgraded: Stages, values: dict[str, str], said: dict[str, str], tmp_path: Path, remedy: str
) -> None:
    printed = filled(remedy, values)
    told = said.get(command(printed))
    if told is None:
        named = {"RUN": values["id"], "FOLDER-OR-URL": values["packages"], "PATH": values["site"], **NAMED}
        done = follow(
            printed, site=upgraded.host, socket=upgraded.server.socket, cwd=tmp_path, named=named,
            expect=next((codes for start, codes in CODES.items() if remedy.startswith(start)), (0,)),
        )  # fmt: skip
        told = said[command(printed)] = done.stdout + done.stderr
    assert told or remedy.startswith(("gzip", "getent"))


def test_nothing_was_changed_by_all_of_them(upgraded: Stages, before: Picture, values: dict[str, str]) -> None:
    same(before, upgraded.picture())
