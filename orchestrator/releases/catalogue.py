"""The catalogue of release lines (data/releases.toml): what each needs, moves and may get wrong; else unknown."""

from __future__ import annotations

import functools
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from orchestrator.releases.requirements import Entry, Requirements, Text
from workflows.model.errors import UsageError, WorkflowError
from workflows.model.plans import BenignError, LineRules, Moves, Need, Repair
from workflows.model.version import Version

FILE = Path(__file__).parents[1] / "data/releases.toml"


class CatalogueError(WorkflowError):
    """The catalogue that this tool brings along cannot be used."""

    key = "catalogue-invalid"


class MovedKeys(Entry):
    """What the line's first start moves from its property files into config_tbl (`workflows.model.plans.Moves`).

    same: keys that are called alike in both. mailgun: NAME of mailgun.ini.NAME, which becomes mailout.ini.NAME.
    """

    same: tuple[Text, ...]
    mailgun: tuple[Text, ...] = ()
    renamed: dict[Text, Text] = Field(default_factory=dict)
    needed: tuple[Text, ...] = ()
    shipped: dict[Text, Text] = Field(default_factory=dict)
    source: Text

    def rules(self) -> Moves:
        """As the workflows know it."""
        keys = {key: key for key in self.same}
        keys |= {f"mailgun.ini.{name}": f"mailout.ini.{name}" for name in self.mailgun}
        return Moves(keys, self.renamed, self.needed, self.shipped)


class Migration(Entry):
    """What the line's first start moves, and the keys (class.name) that it leaves in config_tbl."""

    migrates: tuple[Literal["config-values", "company-values", "layout", "reports", "startup-jobs"], ...]
    config_keys: tuple[Text, ...] = ()
    moves: MovedKeys | None = None
    source: Text


class SqlFailure(Entry):
    """An update file that is known to fail, which harms nothing; sha256: of the file, None when not known."""

    version: Text
    errno: int
    object: Text
    sha256: str | None = None
    source: Text


class ColumnRepair(Entry):
    """Foreign keys of `table`.`column` that must be dropped before an update file can pass. why: what it would do else."""

    version: Text
    drop_foreign_keys_of: Annotated[str, Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")]
    why: Text
    source: Text

    def as_rule(self) -> Repair:
        """The same for the workflows."""
        table, _, column = self.drop_foreign_keys_of.partition(".")
        return Repair(self.version, table, column, self.why, self.source)


class ReleaseLog(Entry):
    """Whether a start of the line writes release_log_tbl."""

    writes: bool
    source: Text


class DeletedAtStart(Entry):
    """Folders of the home that a start of the line deletes."""

    folders: tuple[Text, ...]
    source: Text


class Exceptions(Entry):
    """Versions that a package's mandatory list names, but that a database that came the documented way lacks."""

    versions: tuple[Text, ...]
    source: Text


class LineEntry(Requirements):
    """All that is known of one line. benign: harmless failures; repairs: without which an update fails."""

    name: Text
    migration: Migration | None = None
    benign: tuple[SqlFailure, ...] = ()
    repairs: tuple[ColumnRepair, ...] = ()
    exceptions: Exceptions | None = None
    release_log: ReleaseLog | None = None
    deleted_at_start: DeletedAtStart | None = None
    backend_at_start: bool = False


class Catalogue(Entry):
    """The lines, oldest first. serial: goes up with every change of the data, and is pinned in each plan."""

    serial: Annotated[int, Field(ge=1)]
    entries: Annotated[tuple[LineEntry, ...], Field(alias="line", min_length=1)]

    @classmethod
    @functools.cache
    def load(cls) -> Self:
        """The catalogue that this tool brings along.

        Raises:
            CatalogueError: "catalogue-invalid".
        """
        return cls.parse(FILE.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a catalogue from TOML; errors as `load`."""
        try:
            return cls.model_validate(tomllib.loads(text))
        except (ValidationError, tomllib.TOMLDecodeError, UsageError) as error:
            raise CatalogueError(f"cannot read the catalogue of release lines: {error}") from error

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        versions = [Version.parse(entry.name) for entry in self.entries]
        for entry, version in zip(self.entries, versions, strict=True):
            if not version.is_line or version.line != entry.name:
                raise ValueError(f"{entry.name} is not a line")
        for older, newer in pairwise(versions):
            if not older < newer:
                raise ValueError(f"{newer.line} stands behind {older.line}")
        return self

    @property
    def lines(self) -> tuple[str, ...]:
        """All known lines, oldest first."""
        return tuple(entry.name for entry in self.entries)

    def line(self, name: str) -> LineEntry:
        """The entry of a line.

        Raises:
            UsageError: "version-unknown-line".
        """
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise UsageError(
            f"{name} is not a release line that is known; known are {', '.join(self.lines)}",
            key="version-unknown-line",
            next=["orchestrate packages list    what the package source offers"],
        )

    def requirements(self, line: str) -> Requirements:
        """What a line needs; errors as `line`."""
        return self.line(line)

    def rules(self, line: str) -> LineRules:
        """What the workflows need to know of a line; errors as `line`."""
        entry = self.line(line)
        return LineRules(
            line=line,
            migrates=tuple(entry.migration.migrates) if entry.migration else (),
            config_keys=entry.migration.config_keys if entry.migration else (),
            moves=entry.migration.moves.rules() if entry.migration and entry.migration.moves else None,
            benign=tuple(BenignError(b.version, b.errno, b.object, b.sha256, b.source) for b in entry.benign),
            repairs=tuple(repair.as_rule() for repair in entry.repairs),
            exceptions=entry.exceptions.versions if entry.exceptions else (),
            has_release_log=entry.release_log.writes if entry.release_log else None,
            backend_at_start=entry.backend_at_start,
            deletes=entry.deleted_at_start.folders if entry.deleted_at_start else (),
            needs=tuple(Need(name, need.any_of, need.stops, need.source) for name, need in entry.known().items()),
            needs_unknown=entry.unknown(),
        )
