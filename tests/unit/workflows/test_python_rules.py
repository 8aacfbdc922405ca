"""What of a backend's Python depends on the release: its database module, and which missing modules its config.sh brings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from workflows.checks.upgrade import backend_python
from workflows.checks.upgrade.journey import Journey
from workflows.host.home import InstalledTree
from workflows.host.software import BackendPython
from workflows.model.finding import Severity
from workflows.model.plans import Component, PackageKind, StagedTree
from workflows.rules.backend_python import database_module, fix, is_asked, unfit

TOO_NEW = "stream.py:15: ImportError: cannot import name 'Iterable' from 'collections'"
MISSING = "rpc.py:16: ModuleNotFoundError: No module named 'aiohttp_xmlrpc'"


@pytest.mark.parametrize(
    ("line", "dbms", "module"),
    [
        ("20.04", "mariadb", "MySQLdb"), ("20.10", "mariadb", "MySQLdb"), ("20.10", "mysql", "MySQLdb"),
        ("21.04", "mariadb", "mariadb"), ("21.04", "mysql", "MySQLdb"), ("25.11", "mysql", "MySQLdb"),
        ("26.05", "mysql", "mariadb"),
    ],
)  # fmt: skip
def test_mariadb_is_another_word_for_mysql_before_21_04_and_the_other_way_round_from_26_05(
    line: str, dbms: str, module: str
) -> None:
    assert database_module(line, dbms) == module


def test_a_backend_before_20_04_is_not_asked_for_python_3() -> None:
    assert [is_asked(line) for line in ("19.04", "19.10", "20.04", "26.05")] == [False, False, True, True]


def test_from_23_10_on_config_sh_brings_missing_modules_but_no_other_python() -> None:
    asked = BackendPython("/home/openemm/.venv.3.11.2.final.0/bin/python3", "3.11.2", (TOO_NEW, MISSING))
    assert list(unfit("23.04", asked)) == [TOO_NEW, MISSING]
    assert list(unfit("23.10", asked)) == [TOO_NEW]


def host(asked: BackendPython | None, version: str = "20.10.000.126") -> Any:
    """One whose active backend is of that version, and says that."""
    tree = StagedTree(Component.BACKEND, PackageKind.BACKEND, version, f"release/backend/V{version}", "")
    home = SimpleNamespace(
        active_folder=lambda kind: tree.folder, installed=lambda: [InstalledTree(tree)],
        active=lambda: {Component.FRONTEND: "20.10.000.152"},
    )  # fmt: skip
    return SimpleNamespace(home=home, software=SimpleNamespace(backend_python=lambda folder, line: asked))


@pytest.mark.parametrize(
    ("failures", "severity", "fix"),
    [
        ((), Severity.PASSED, ""),
        ((MISSING,), Severity.WARNING, "orchestrate install --release 20.10.000.152    brings the modules"),
        ((TOO_NEW, MISSING), Severity.WARNING, "orchestrate install --release 20.10.000.152 --python-source FILE"),
    ],
)
def test_without_a_target_the_active_backend_is_asked(failures: tuple[str, ...], severity: Severity, fix: str) -> None:
    (found,) = backend_python.check(Journey(host(BackendPython("/usr/bin/python3.9", "3.9.21", failures)), None))
    assert found.severity is severity
    assert found.fix.startswith(fix)


def test_what_a_later_line_misses_is_brought_for_that_line() -> None:
    command = fix("20.10.000.152", "21.04.000.214", (MISSING,))
    assert command.startswith("orchestrate install --release 20.10.000.152 --python-for 21.04    ")


def test_a_backend_without_config_sh_or_of_python_2_is_not_judged() -> None:
    assert list(backend_python.check(Journey(host(None), None))) == []
    asked = BackendPython(None, None, ("it would fail",))
    assert list(backend_python.check(Journey(host(asked, "19.10.000.165"), None))) == []
