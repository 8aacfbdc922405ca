"""The real process is killed immediately before and after statements, resumed, and the database compared."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest
from sql_kit import KILLED, attempt, content, drive, make
from sql_nasty import BASE, FILES

from orchestrator.hosts.scratch.private_server import PrivateServer

pytestmark = pytest.mark.integration

SAMPLE = 24  # points; ORCHESTRATE_ALL_POINTS=1 takes all

Reference = tuple[dict[str, object], int]


@pytest.fixture(scope="module")
def uninterrupted(server: PrivateServer, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """What an uninterrupted run leaves, and how many points there are."""
    folder = tmp_path_factory.mktemp("reference") / "hop"
    make(folder, server.socket, "sql_reference", BASE, FILES)
    assert attempt(folder, log=folder / "places") == 0
    return content(server.socket, "sql_reference"), (folder / "places").read_text().count("statement")


def points(count: int) -> list[int]:
    every = list(range(1, count + 1))
    return every if os.environ.get("ORCHESTRATE_ALL_POINTS") else sorted(random.Random(20).sample(every, SAMPLE))


def test_a_run_killed_at_any_statement_and_resumed_ends_as_an_uninterrupted_one(
    server: PrivateServer, tmp_path: Path, uninterrupted: Reference
) -> None:
    expected, count = uninterrupted
    assert count > 100
    for point in points(count):
        folder = tmp_path / str(point)
        make(folder, server.socket, "sql_killed", BASE, FILES)
        assert attempt(folder, fault=point) == KILLED, f"point {point} of {count}"
        drive(folder)
        assert content(server.socket, "sql_killed") == expected, f"killed at point {point} of {count}"


def test_a_run_killed_again_and_again_comes_to_its_end(server: PrivateServer, tmp_path: Path, uninterrupted: Reference) -> None:
    folder = tmp_path / "hop"
    make(folder, server.socket, "sql_killed_often", BASE, FILES)
    for fault in range(3, 40, 5):
        attempt(folder, fault=fault)
    drive(folder)
    assert content(server.socket, "sql_killed_often") == uninterrupted[0]


def test_the_real_client_leaves_the_same(server: PrivateServer, tmp_path: Path, uninterrupted: Reference) -> None:
    folder = tmp_path / "hop"
    make(folder, server.socket, "sql_client", BASE, FILES)
    for name in sorted(FILES, key=lambda name: ("messages" not in name, "openemm" in name, name)):
        arguments = ["mariadb", "--no-defaults", f"--socket={server.socket}", "--default-character-set=utf8mb4", "sql_client"]
        if "19.10.400" in name:
            arguments.insert(2, "--force")  # one of its errors is known to be harmless
        done = subprocess.run(arguments, input=(folder / name).read_text(), capture_output=True, text=True, check=False)
        assert done.stderr.count("ERROR") == ("19.10.400" in name), done.stderr
    theirs, ours = content(server.socket, "sql_client"), uninterrupted[0]
    assert theirs == ours
