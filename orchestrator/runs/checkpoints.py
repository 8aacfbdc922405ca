"""Checkpoints of the ledger: its head at a time, kept elsewhere, so that a cut end shows (DESIGN 5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.files import make_folder, small_text, write_atomic
from orchestrator.hosts.system.journald import send
from orchestrator.identity import key_of
from state.chain import Head
from workflows.model.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.settings import Settings
    from state.ledger import Ledger

FOLDER = "checkpoints"  # below the state folder


@dataclass(frozen=True)
class Kept:
    """A checkpoint and the file that holds it."""

    head: Head
    path: Path


def facts(site: str, head: Head) -> dict[str, Any]:
    """A checkpoint as data (docs/reference/ledger.md)."""
    return {"site": site, "seq": head.seq, "hash": head.hash, "time": head.time.isoformat()}


def store(settings: Settings, head: Head) -> Path:
    """Keep a checkpoint in the state folder; its path."""
    folder = settings.state / FOLDER
    make_folder(folder, 0o700)
    path = folder / f"{head.seq:012d}.json"
    write_atomic(path, json.dumps(facts(key_of(settings), head), indent=2) + "\n", 0o600)
    return path


def announce(ledger: Ledger, run: str | None = None) -> bool:
    """Tell the system's journal where the ledger of a site ends; whether it took it."""
    head = ledger.head()
    if head is None:
        return False
    fields = {
        "SITE": ledger.site,
        "KIND": "checkpoint",
        "CHECKPOINT": f"{head.seq}:{head.hash}",
        "SEQ": str(head.seq),
        "HASH": head.hash,
        **({"RUN": run} if run else {}),
    }
    return send(f"ledger of {ledger.site}: checkpoint {head.seq} {head.hash}", fields)


def read(path: Path) -> Head:
    """The checkpoint in a file: one of ours, an export's, or the manifest of a backup.

    Raises:
        UsageError: "checkpoint-unreadable".
    """
    try:
        data = json.loads(small_text(path))
        return _head(data.get("checkpoint", data))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not one of `audit checkpoint`, of an export or a backup"
        raise UsageError(
            f"cannot read a checkpoint from {path}: {reason}",
            key="checkpoint-unreadable", next=["orchestrate audit checkpoint    makes one"],
        ) from error  # fmt: skip


def newest(settings: Settings) -> Kept | None:
    """The one that knows most of this site's ledger, of those in the state folder and in the manifests of backups."""
    return max(_kept(settings), key=lambda kept: kept.head.seq, default=None)


def _kept(settings: Settings) -> Iterator[Kept]:
    site = key_of(settings)
    paths = [*(settings.state / FOLDER).glob("*.json"), *settings.backups.glob("*/manifest.json")]
    for path in paths:
        try:
            data = json.loads(small_text(path))
            checkpoint = data.get("checkpoint", data)
            if checkpoint.get("site") == site:
                yield Kept(_head(checkpoint), path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue  # what cannot be read proves nothing; `backup verify` tells of a damaged manifest


def _head(data: dict[str, Any]) -> Head:
    head = Head(data["seq"], data["hash"], datetime.fromisoformat(data["time"]))
    if head.time.tzinfo is None or type(head.seq) is not int or head.seq < 1 or not isinstance(head.hash, str):
        raise ValueError("not a checkpoint")
    return head
