"""How many open files OpenEMM's scripts really get, and the command that gives them more, run (facts 10.2 and 24.3)."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestrator.command import run
from orchestrator.hosts.application.application import RealApplication
from orchestrator.settings import Settings
from tests.remedies.follow import seen
from workflows.checks.upgrade import open_files
from workflows.checks.upgrade.journey import Journey
from workflows.host.application import OpenFiles
from workflows.model.finding import Finding, Severity


def found(files: OpenFiles) -> Finding:
    host = SimpleNamespace(application=SimpleNamespace(open_files=lambda: files))
    (finding,) = open_files.check(Journey(host, None))  # type: ignore[arg-type]
    return finding


@pytest.mark.parametrize(
    ("limit", "severity"),
    [(1024, Severity.INHIBITOR), (16347, Severity.INHIBITOR), (16348, Severity.PASSED), (1 << 30, Severity.PASSED)],
)
def test_fewer_than_emm_sh_asks_for_stop_a_run(limit: int, severity: Severity) -> None:
    assert found(OpenFiles("openemm", limit, 1 << 20, 16348)).severity is severity


def test_what_a_script_gets_is_measured_as_it_is_run(settings: Settings) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (777, before[1]))
    try:
        assert RealApplication(settings).open_files().limit == 777
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("runuser"), reason="only root may run as another, and mount")
@pytest.mark.parametrize(("hard", "then"), [(2048, "16384"), (18000, "18000")])
def test_the_command_of_the_finding_takes_effect_with_the_next_script(tmp_path: Path, hard: int, then: str) -> None:
    """In a mount namespace of its own: the machine's limits stay as they are."""
    measure = "runuser -u nobody -- sh -c 'ulimit -Sn; ulimit -Hn'"
    fix = found(OpenFiles("nobody", 1024, hard, 16348)).fix
    seen(fix)
    limits = f"ulimit -Sn 1024 && ulimit -Hn {hard}"
    if run(["unshare", "--mount", "sh", "-c", f"{limits}; ulimit -Hn {then}"], timeout=30, expect=None).exit_code:
        pytest.skip("root may neither mount here nor raise such a limit")
    inside = f"mount --bind {tmp_path} /etc/security/limits.d && {limits} && {measure} && {fix} && {measure}"
    said = run(["unshare", "--mount", "sh", "-c", inside], timeout=30)
    assert said.stdout.split() == ["1024", str(hard), "16384", then]
