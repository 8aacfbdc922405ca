"""The stand-in's Python and the backend that needs one, as the real ones were seen, and what they say when they are asked."""

from __future__ import annotations

import io
import tarfile

import pytest
from sandbox_kit import Sandbox

from orchestrator.command import run
from orchestrator.hosts.application.backend_python import ask
from orchestrator.sandbox import packages, processes
from orchestrator.sandbox.packages import RELEASES
from workflows.host.software import BackendPython

pytestmark = pytest.mark.integration
HOOKS = {  # hook, what it holds -> what cannot be imported, with the place that imports it
    ("python-version", "3.11.2"): ["stream.py:1: ImportError: cannot import name 'Iterable' from 'collections'"],
    ("python-version", "3.12.1"): ["stream.py:1: ImportError: cannot import name 'Iterable'", "plugin.py:1: ModuleNotFoundError"],
    ("python-lacks", "aiohttp_xmlrpc MySQLdb"): ["rpc.py:1: ModuleNotFoundError", "import MySQLdb: ModuleNotFoundError"],
    ("python-modules-hidden", ""): ["rpc.py:1: ModuleNotFoundError", "import MySQLdb"],
}  # fmt: skip


def install(sandbox: Sandbox) -> None:
    """Put the backend of 20.10 beside the one that is there, and link it."""
    release = RELEASES[-1]
    folder = sandbox.home / "release/backend"
    with tarfile.open(fileobj=io.BytesIO(packages.tarball(packages.backend(release)))) as archive:
        archive.extractall(folder)
    (folder / "current").unlink()
    (folder / "current").symlink_to(f"V{release.backend}")


def asked(sandbox: Sandbox) -> BackendPython:
    found = ask("", sandbox.home, (sandbox.home / "release/backend/current").resolve(), ["MySQLdb"])
    assert found
    return found


def test_opt_python3_says_it_is_a_3_9_and_its_virtual_environment_sees_its_modules(sandbox: Sandbox) -> None:
    program = str(sandbox.home / "opt/python3/bin/python3")
    assert run([program, "--version"], timeout=30).stdout == "Python 3.9.2\n"
    venv = sandbox.home / "venv"
    run([program, "-m", "venv", "--system-site-packages", str(venv)], timeout=30)
    code = "import sys, aiohttp_xmlrpc.client; from collections import Iterable; print(sys.version_info[:3], sys.prefix)"
    said = run(["sh", "-c", f'. "{venv}/bin/activate"; python3 -c "{code}"'], timeout=30).stdout
    assert said == f"(3, 9, 2) {venv}\n"


@pytest.mark.parametrize(("name", "content"), HOOKS)
def test_a_python_that_will_not_do_ends_the_backend_and_is_told_by_its_own_config_sh(
    sandbox: Sandbox, name: str, content: str
) -> None:
    install(sandbox)
    before = sorted(path.name for path in sandbox.home.iterdir())
    sandbox.hook(name, content)
    found = asked(sandbox)
    assert sorted(path.name for path in sandbox.home.iterdir()) == before
    assert len(found.failures) == len(HOOKS[name, content])
    for failure, wanted in zip(found.failures, HOOKS[name, content], strict=True):
        assert failure.startswith(wanted)
    failed = sandbox.script("backend.sh", "start")
    assert failed.exit_code == 1
    assert not processes.backend(sandbox.home)
    (sandbox.home / "etc/sandbox.d" / name).unlink()
    assert asked(sandbox).failures == ()
    assert sandbox.script("backend.sh", "start").exit_code == 0
    assert sandbox.script("backend.sh", "stop").exit_code == 0


def test_a_python_that_config_sh_does_not_take_is_told_in_its_words(sandbox: Sandbox) -> None:
    install(sandbox)
    sandbox.hook("python-version", "3.6.9")
    found = asked(sandbox)
    assert (found.program, found.version) == (None, None)
    assert "a python3, version 3.8 or later, is wanted" in found.failures[-1]


def test_19_10_has_no_python_3_to_be_asked_about(sandbox: Sandbox) -> None:
    sandbox.hook("python-version", "3.12.1")
    assert sandbox.script("backend.sh", "start").exit_code == 0
    assert sandbox.script("backend.sh", "stop").exit_code == 0
