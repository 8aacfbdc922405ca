"""Capabilities as the data files beside this module say them, one for each distribution family and major version."""

from __future__ import annotations

import tomllib
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from workflows.host.os_packages import Provided, Repository
from workflows.host.system import Distribution
from workflows.model.errors import RefusedError, WorkflowError

FOLDER = Path(__file__).parent


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Repository(_Strict):
    """A repository that is not enabled by itself. any_of: its names, with * for anything; enable: the command that does it."""

    any_of: tuple[str, ...] = Field(min_length=1)
    enable: str
    source: str


class _Capability(_Strict):
    """How it is provided; without packages it is not, and `note` says why or what to do."""

    packages: tuple[str, ...] = ()
    repository: str = ""
    version: str = ""
    path: str = ""
    note: str = ""
    source: str = ""


class Table(_Strict):
    """One data file."""

    name: str
    repository: dict[str, _Repository] = {}
    capability: dict[str, _Capability]


def supported() -> list[str]:
    """The distributions there is a data file for, by the names people know them by."""
    return [read(path.stem).name for path in sorted(FOLDER.glob("*.toml"))]


def read(name: str) -> Table:
    """A data file: rhel8."""
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return Table.model_validate(tomllib.load(file))


class RealCapabilities:
    """As `workflows.host.os_packages.Capabilities` asks for it."""

    def __init__(self, distribution: Distribution) -> None:
        """Name the distribution; its data file is read when it is first asked."""
        self._distribution = distribution

    def provided(self, capability: str) -> Provided:
        """From the data file."""
        found = self._table.capability.get(capability)
        if found is None:
            raise WorkflowError(
                f"internal error: nothing is known of {capability} on {self._table.name}", key="capability-unknown"
            )
        named = self._table.repository[found.repository] if found.repository else None
        repository = Repository(found.repository, named.any_of, named.enable) if named else None
        return Provided(capability, found.packages, repository, found.version, found.path, found.note)

    @cached_property
    def _table(self) -> Table:
        distribution = self._distribution
        name = f"{distribution.family}{distribution.major}"
        if distribution.family is None or not (FOLDER / f"{name}.toml").is_file():
            raise RefusedError(
                f"cannot install on {distribution.name}: nobody has said which packages it has", key="distribution-unknown",
                detail=supported(), unharmed=["nothing was changed"],
                next=["cat /etc/os-release    what this host says it is"],
            )  # fmt: skip
        return read(name)
