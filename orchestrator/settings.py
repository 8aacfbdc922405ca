"""What an administrator may set for a site: flag over environment (ORCHESTRATE_*) over site file over default (DESIGN 6)."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError

from orchestrator.files import small_text
from orchestrator.places import see_file
from workflows.model.errors import UsageError

SITE_FILE = Path("/etc/openemm-orchestrator/site.toml")
HOME = Path("/home/openemm")
STATE = Path("/var/lib/openemm-orchestrator")
PREFIX = "ORCHESTRATE_"

_File = Annotated[Path, Strict(False)]
_Seconds = Annotated[float, Field(gt=0)]


class SettingsError(UsageError):
    """A setting cannot be used; nothing was changed."""

    key = "settings-invalid"


NUMBERS = ("_timeout", "_keep", "_days", "_files")


class DatabaseSettings(BaseModel):
    """How to reach the database server beyond what the home's own dbcfg says (facts 5.1)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    socket: _File | None = None
    """The server's unix socket; wins over the host that dbcfg names."""
    admin_user: str = "root"
    """The account that may create and drop databases."""
    admin_socket: _File | None = None
    """The unix socket for that account; the one above unless set."""
    admin_option_file: _File | None = None
    """An option file, 0600, with that account's password; none where the socket alone identifies it."""


class Settings(BaseModel):
    """The settings of one site. Paths are absolute, times are seconds. What stands below a field goes into the manual."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(default_factory=lambda: os.uname().nodename, min_length=1)
    """What the site is called on screens and in reports; the host's name unless set. Its history is found again under another."""
    home: _File = HOME
    """The home of OpenEMM."""
    user: str = "openemm"
    """The OS user that OpenEMM runs as; empty for whoever runs this tool."""
    packages: str = ""
    """Where packages come from: a folder, or an http(s) URL. The vendor's URL is not known to this tool (facts 3)."""
    state: _File = STATE
    """The folder of state.db and of the lock."""
    state_url: str | None = Field(default=None, repr=False)
    """A MariaDB schema that keeps the state instead of state.db: mysql+pymysql://user:password@host/schema. Never shown."""
    backups: _File = Path()
    """Where dumps are kept."""
    scratch: _File = Path("/var/tmp")  # noqa: S108 - a folder of its own, 0700, is made in it
    """Where test restores happen; the database server's own user must be able to enter it."""
    http: str = Field(default="http://127.0.0.1:8080", pattern=r"^https?://[^/]")
    """Where the application answers on this host."""
    start_timeout: _Seconds = 120.0
    """How long the application may take to start, where its start migrates nothing."""
    migrate_timeout: _Seconds = 600.0
    """How long a start that migrates the database may take. Nothing is killed when it is over; `resume` goes on waiting."""
    stop_timeout: _Seconds = 300.0
    """How long frontend and backend may take to stop, each; a backend took 40 to 50 s on 2 busy cores."""
    open_files: Annotated[int, Field(ge=1)] = 16348
    """How many open files emm.sh asks for: with fewer it ends, and starts nothing."""
    backups_keep: Annotated[int, Field(ge=0)] = 10
    """How many verified dumps `orchestrate backup prune` leaves, whatever their age."""
    backups_days: Annotated[int, Field(ge=0)] = 30
    """How many days dumps and kept databases are left by `orchestrate backup prune`, however many there are."""
    database: DatabaseSettings = DatabaseSettings()

    def model_post_init(self, _context: object, /) -> None:
        """Packages and backups lie with the state unless told otherwise."""
        if not self.packages:
            object.__setattr__(self, "packages", str(self.state / "packages"))
        if self.backups == Path():
            object.__setattr__(self, "backups", self.state / "backups")


def load(site: str | None, environ: Mapping[str, str], *, bare: bool = False) -> Settings:
    """The settings of the site named by --site, or of the one found.

    Args:
        site: what --site says, a site file or a folder that holds site.toml; None when it was not given.
        environ: the process's environment.
        bare: this host need not have OpenEMM yet.

    Raises:
        UsageError: "site-not-found".
        PlaceError: another user could write the site file.
        SettingsError: "settings-invalid" or "settings-unreadable", naming file and key, never the value.
    """
    file = site_file(site or environ.get(PREFIX + "SITE"), environ, bare=bare)
    values: dict[str, Any] = {}
    if file is not None:
        see_file(file)
        values = _read(file)
        _anchor(values, file.absolute().parent)
    environment = _from_environment(environ)
    _anchor(environment, Path.cwd())
    merged = {**values, **environment}
    if isinstance(values.get("database"), dict) and "database" in environment:
        merged["database"] = {**values["database"], **environment["database"]}
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise _explained(error, file, environment) from None


def site_file(named: str | None, environ: Mapping[str, str], *, bare: bool = False) -> Path | None:
    """The site file that counts; None: there is none, and the host is known without one, or may be bare.

    Raises:
        UsageError: "site-not-found".
    """
    if named:
        path = Path(named)
        file = path / "site.toml" if path.is_dir() else path
        if file.is_file():
            return file
        raise UsageError(
            f"cannot find a site at {named}: there is no file {file}",
            key="site-not-found",
            next=[f"orchestrate sandbox create {named}    a host to try things on"],
        )
    if SITE_FILE.is_file():
        return SITE_FILE
    home, state = Path(environ.get(PREFIX + "HOME", HOME)), Path(environ.get(PREFIX + "STATE", STATE))
    traces = (*(home / part for part in ("webapps", "release", "etc/dbcfg")), state / "state.db")
    if bare or any(trace.exists() for trace in traces):
        return None
    raise UsageError(
        f"cannot find OpenEMM: there is neither {SITE_FILE} nor an installation under {home}",
        key="site-not-found",
        next=[
            "orchestrate --site PATH status             a site file, or a sandbox folder",
            "orchestrate sandbox create DIR             a host to try things on",
            "orchestrate install --release VERSION      OpenEMM on this host",
        ],
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(small_text(file))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"cannot read {file}: {error}", next=[f"orchestrate --site {file} status    once it is mended"]
        ) from None
    except OSError as error:
        raise SettingsError(
            f"cannot read {file}: {error.strerror}", key="settings-unreadable", next=[f"ls -l {file}    who may read it"]
        ) from error


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings among ORCHESTRATE_*; other variables of that prefix are none of ours."""
    found = {field: environ[PREFIX + field.upper()] for field in Settings.model_fields if PREFIX + field.upper() in environ}
    found.pop("database", None)
    values: dict[str, Any] = {field: _number(text) if field.endswith(NUMBERS) else text for field, text in found.items()}
    database = {
        field: environ[f"{PREFIX}DATABASE_{field.upper()}"]
        for field in DatabaseSettings.model_fields
        if f"{PREFIX}DATABASE_{field.upper()}" in environ
    }
    return {**values, "database": database} if database else values


def _number(text: str) -> float | str:
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        return text


def _anchor(values: dict[str, Any], folder: Path) -> None:
    """Make relative paths absolute: those of a site file are relative to it, those of the environment to where we are."""
    database = values.get("database")
    for table, fields in (
        (values, ("home", "state", "backups", "scratch")),
        (database if isinstance(database, dict) else {}, ("socket", "admin_socket", "admin_option_file")),
    ):
        for field in fields:
            if isinstance(table.get(field), str) and table[field]:
                table[field] = str(folder / table[field])
    packages = values.get("packages")
    if isinstance(packages, str) and packages and "://" not in packages:
        values["packages"] = str(folder / packages)


def _explained(error: ValidationError, file: Path | None, environment: Mapping[str, Any]) -> SettingsError:
    """What is wrong, by key; the value itself may be a secret and is left out."""
    found = []
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        parts = [str(part) for part in item["loc"]]
        key = ".".join(parts)
        from_environment = parts[0] in environment and (len(parts) == 1 or parts[1] in environment[parts[0]])
        where = PREFIX + "_".join(parts).upper() if from_environment else f"{file}: {key}"
        what = "is no setting" if item["type"] == "extra_forbidden" else item["msg"][:1].lower() + item["msg"][1:]
        found.append(f"{where}: {what}")
    known = ", ".join(
        [*(f for f in Settings.model_fields if f != "database"), *(f"database.{f}" for f in DatabaseSettings.model_fields)]
    )
    detail = [*found[1:], f"settings are {known}"] if any("is no setting" in line for line in found) else found[1:]
    return SettingsError(f"cannot use the settings: {found[0]}", detail=detail)
