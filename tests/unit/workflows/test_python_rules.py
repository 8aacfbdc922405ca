"""What of a backend's Python depends on the release: its database module, and which missing modules its config.sh brings."""

from __future__ import annotations

import pytest

from workflows.backend_python import database_module, is_asked, unfit
from workflows.host import BackendPython

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
