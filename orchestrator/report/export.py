"""The ledger in a folder, for an auditor: every entry, a checkpoint, the history, a report, and a program that proves it all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from orchestrator.files import fsync_folder
from orchestrator.runs import checkpoints
from workflows.model.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from state.ledger import Verdict

FILES = ["entries.jsonl", "checkpoint.json", "history.csv", "verify.py", "report.html"]


@dataclass(frozen=True)
class Exported:
    """What was written, and whether the ledger was sound. files: their names. against: what it was held against."""

    files: list[str]
    verdict: Verdict
    against: checkpoints.Kept | None


def export(site: Site, folder: Path) -> Exported:
    """Write all files into a new folder, which appears with all of them or not at all; readable for its owner only.

    A broken ledger is exported too, as it is: the report says what is wrong with it.

    Raises:
        UsageError: "folder-exists", "ledger-empty".
    """
    if os.path.lexists(folder):
        raise UsageError(
            f"cannot export to {folder}: it is there already", key="folder-exists", unharmed=["what is in it"],
            next=["orchestrate audit export OTHER-DIR"],
        )  # fmt: skip
    against = checkpoints.newest(site.settings)
    verdict = site.ledger.verify(against.head if against else None)
    head = site.ledger.head() if verdict.problem else verdict.head
    if head is None:
        raise UsageError("the ledger is empty", key="ledger-empty", next=["orchestrate audit import    begins it"])
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.orchestrate-tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(mode=0o700)
    try:
        with _new(temporary / "entries.jsonl") as file:
            file.writelines(_lines(site, None if verdict.problem else head.seq))
        kept = against.head if verdict.problem and against else head  # a cut end must show to the program too
        _write(temporary / "checkpoint.json", json.dumps(checkpoints.facts(site.key, kept), indent=2) + "\n")
        _write_pages(site, temporary, verdict, against)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    fsync_folder(folder.parent)
    return Exported(list(FILES), verdict, against)


def _lines(site: Site, until: int | None) -> Iterator[bytes]:
    for line in site.ledger.lines():
        if until is not None and line.seq > until:
            return
        yield line.json().encode("utf-8", "surrogateescape") + b"\n"


def _write_pages(site: Site, folder: Path, verdict: Verdict, against: checkpoints.Kept | None) -> None:
    from orchestrator.display.pages.history import as_csv
    from orchestrator.report.content import collect
    from orchestrator.report.page import page

    report = collect(site, verdict, against)
    _write(folder / "history.csv", as_csv(report.history))
    _write(folder / "report.html", page(report))
    _write(folder / "verify.py", resources.files("orchestrator.report").joinpath("verify.py").read_text(encoding="utf-8"))
    fsync_folder(folder)


def _write(path: Path, text: str) -> None:
    with _new(path) as file:
        file.write(text.encode("utf-8", "replace"))


@contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    """A new file for its owner only, durable when it is closed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
