"""What is written beside a dump: what it holds, how it was taken, and the proof that it restores (DESIGN 3.9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from orchestrator.files import read_small, write_atomic
from orchestrator.hosts.database.inventory import Inventory
from workflows.host.backups import Backup
from workflows.model.errors import WorkflowError

FORMAT = 1
DUMP = "dump.sql.zst"
MANIFEST = "manifest.json"


class BackupError(WorkflowError):
    """A backup could not be made, is not there, or is not what it says."""

    key = "backup-failed"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DumpFacts(_Model):
    """The dump's file. size and sha256 are of the file, raw_size is of the SQL in it.

    objects_at: where in the SQL the tables end and triggers, routines, events and views begin. seconds: to write it.
    """

    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    raw_size: int = Field(ge=0)
    objects_at: int = Field(ge=0)
    seconds: float


class Proof(_Model):
    """A test restore: when, into which server, how long, how many tables and rows were found equal."""

    at: AwareDatetime
    server: str
    seconds: float
    tables: int
    rows_total: int
    objects: int


class Manifest(_Model):
    """A backup's manifest. moved: tables written to while the dump was taken, so that their counts prove nothing."""

    format: int = Field(default=FORMAT, ge=FORMAT, le=FORMAT)
    id: str
    release: str
    created: AwareDatetime
    database: str
    server: str
    character_set: str = Field(pattern=r"^\w+$")
    collation: str = Field(pattern=r"^\w+$")
    dump: DumpFacts
    versions: tuple[str, ...]
    rows: Mapping[str, int]
    objects: tuple[str, ...]
    moved: tuple[str, ...] = ()
    quiesced: bool
    checkpoint: Mapping[str, Any] = Field(default_factory=dict)
    verified: Proof | None = None

    def inventory(self) -> Inventory:
        """What the dump holds."""
        return Inventory(self.rows, frozenset(self.versions), frozenset(self.objects))

    def backup(self, folder: Path) -> Backup:
        """As workflows know it."""
        return Backup(
            id=self.id,
            path=str(folder / DUMP),
            size=self.dump.size,
            sha256=self.dump.sha256,
            created=self.created,
            release=self.release,
            versions=frozenset(self.versions),
            rows=self.rows,
            server=self.server,
            seconds=self.dump.seconds,
            verified=self.verified.at if self.verified else None,
            proof=self.verified.model_dump(mode="json", exclude={"at"}) if self.verified else {},
        )


def read(folder: Path) -> Manifest:
    """The manifest in a backup's folder.

    Raises:
        BackupError: "backup-unverifiable" when it is not there, cannot be read, is another backup's or of a newer tool.
    """
    path = folder / MANIFEST
    try:
        manifest = Manifest.model_validate_json(read_small(path))
    except FileNotFoundError:
        raise unverifiable(
            folder, "there is no manifest; it was cut off while it was made, or the manifest was removed"
        ) from None
    except OSError as error:
        raise unverifiable(folder, f"its manifest cannot be read: {error.strerror}") from None
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"])
        raise unverifiable(
            folder, f"its manifest is damaged, or of a newer version of this tool ({where or 'no JSON'})"
        ) from None
    if manifest.id != folder.name:
        raise unverifiable(folder, f"its manifest is that of backup {manifest.id}")
    return manifest


def write(folder: Path, manifest: Manifest) -> None:
    """Write it, durably, 0600."""
    write_atomic(folder / MANIFEST, manifest.model_dump_json(indent=2) + "\n", mode=0o600)


def broken(folder: Path, created: datetime, reason: str) -> Backup:
    """How a backup with a broken manifest is listed: nothing of it is known but that it proves nothing."""
    return Backup(
        id=folder.name, path=str(folder / DUMP), size=0, sha256="", created=created, release="", versions=frozenset(), rows={},
        server="", seconds=0.0, proof={"unverifiable": reason},
    )  # fmt: skip


def unverifiable(folder: Path, reason: str) -> BackupError:
    """The error of a backup that cannot be judged."""
    return BackupError(
        f"cannot use backup {folder.name}: {reason}",
        key="backup-unverifiable",
        next=["orchestrate backup list      backups that can be used", f"ls -l {folder}"],
    )
