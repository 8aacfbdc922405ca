"""A real host in a folder, the command line on it, and the schemas of what it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli.group import run
from orchestrator.sandbox import host
from tests.documents import validate

BLOCK = "var/spool/META/AgnMail=D20200101120000=1=4711=1=x.xml.gz"

Say = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture(scope="session")
def sandbox(open_folder: Path) -> Iterator[Path]:
    """A sandbox on 19.10 that runs; each test leaves it running and without an open run."""
    folder = open_folder / "cli"
    host.create(folder, recipients=5)
    yield folder
    host.destroy(folder)


@pytest.fixture
def dispatch(sandbox: Path) -> Iterator[Path]:
    """A block of mail that waits to be sent: no stop while it is there."""
    block = sandbox / "home" / BLOCK
    block.parent.mkdir(parents=True, exist_ok=True)
    block.touch()
    yield block
    block.unlink(missing_ok=True)


@pytest.fixture
def say(sandbox: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command on the sandbox with --json: its exit code and its documents, each held against its schema."""

    def command(*args: str) -> tuple[int, list[dict[str, Any]]]:
        code = run(["--site", str(sandbox), "--json", *args])
        documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        for document in documents:
            validate(document)
        return code, documents

    return command
