"""The database server's program and its unit, wherever a distribution puts them (guide 3.4 to 3.7)."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator.command import CommandError, Result, run
from orchestrator.hosts.scratch.private_server import SEARCH, SERVER_NAMES, server_user
from orchestrator.hosts.server import option_files

OURS = "zz-openemm.cnf"  # behind whatever a distribution or an administrator names with digits and letters
_COLLECTIONS = Path("/opt/rh")  # Software Collections of RHEL 7 (guide 3.4, 3.6)
_UNIT_FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_UNITS = ("mariadb.service", "mysqld.service", "mysql.service")
_SECONDS = 60.0


class ServerProgram:
    """mariadbd or mysqld as it is installed here."""

    def __init__(self, path: str, defaults: Path | None = None) -> None:
        self.path = path
        self._defaults = [f"--defaults-file={defaults}"] if defaults else []
        self._files = [defaults] if defaults else None

    def version(self) -> str:
        """Name and number: "MariaDB 10.11.19"."""
        said = run([self.path, "--version"], timeout=_SECONDS).stdout
        number = re.search(r"Ver (\d+(?:\.\d+)+)", said)
        name = "MariaDB" if "mariadb" in said.lower() else "MySQL"
        return f"{name} {number[1]}" if number else name

    def unit(self) -> str | None:
        """Of systemd."""
        if (collection := self._collection()) is not None:
            return f"{collection}-{'mariadb' if 'mariadb' in collection else 'mysqld'}.service"
        there = (unit for unit in _UNITS for folder in _UNIT_FOLDERS if Path(folder, unit).exists())
        return next(there, None)

    def clients(self) -> Path | None:
        """The folder of a Software Collection's clients."""
        collection = self._collection()
        return _COLLECTIONS / collection / "root/usr/bin" if collection else None

    def groups(self) -> frozenset[str]:
        """The groups of an option file that the server reads."""
        line = ".".join(self.version().split()[-1].split(".")[:2])
        names = ("mysqld", "mariadb", "mariadbd")
        return frozenset({"server", "client-server", *names, *(f"{name}-{line}" for name in names)})

    def files(self) -> list[Path]:
        """The option files it begins with."""
        return self._files if self._files is not None else option_files.roots(self._help().stdout)

    def option_file(self) -> Path:
        """Ours, in the folder that is read last.

        Raises:
            CommandError: "option-folder-missing".
        """
        included = option_files.folders(self.files())
        if not included:
            files = ", ".join(map(str, self.files()))
            raise CommandError(
                f"cannot configure the database server: none of {files} includes a folder", key="option-folder-missing",
                next=["mkdir -p /etc/my.cnf.d && echo '!includedir /etc/my.cnf.d' >> /etc/my.cnf"],
            )  # fmt: skip
        return included[-1] / OURS

    def next_variables(self) -> Mapping[str, str]:
        """By name, as the option files make them.

        Raises:
            CommandError: "database-options-refused": the server would not start with them.
        """
        said = self._help()
        if said.exit_code:
            raise CommandError(
                "the database server refuses its option files, and would not start again", key="database-options-refused",
                detail=complaints(said.stderr), next=[f"{self.path} --help --verbose    says so again"],
            )  # fmt: skip
        table = said.stdout.partition("\n-----")[2]
        words = (line.split(None, 1) for line in table.splitlines() if re.match(r"[a-z]", line))
        switches = {"TRUE": "ON", "FALSE": "OFF"}
        pairs = ((word[0].replace("-", "_"), word[1].strip() if len(word) > 1 else "") for word in words)
        return {name: switches.get(value, value) for name, value in pairs}

    def accepts(self, text: str) -> list[str]:
        """What it says against an option file of this content alone."""
        with tempfile.TemporaryDirectory(prefix="orchestrate-options-") as folder:
            file = Path(folder, "options.cnf")
            file.write_text(text, encoding="utf-8")
            said = self._help([f"--defaults-file={file}"])
        found = complaints(said.stderr)
        return found or ([f"exit code {said.exit_code}"] if said.exit_code else [])

    def _help(self, defaults: Sequence[str] | None = None) -> Result:
        """As the server's own user: MySQL says nothing to root."""
        arguments = [*(self._defaults if defaults is None else defaults), f"--user={server_user()}", "--help", "--verbose"]
        return run([self.path, *arguments], timeout=_SECONDS, expect=None)

    def _collection(self) -> str | None:
        path = Path(self.path)
        return path.relative_to(_COLLECTIONS).parts[0] if path.is_relative_to(_COLLECTIONS) else None


def installed(defaults: Path | None = None) -> ServerProgram | None:
    """The server program of this host; None when there is none."""
    for name in SERVER_NAMES:
        if path := shutil.which(name, path=SEARCH):
            return ServerProgram(path, defaults)
    collected = sorted(_COLLECTIONS.glob("rh-m*/root/usr/libexec/mysqld"))
    return ServerProgram(str(collected[-1]), defaults) if collected else None


def complaints(stderr: str) -> list[str]:
    """What a server says that it cannot take, or takes otherwise than it is written."""
    lines: Sequence[str] = stderr.splitlines()
    return [line.partition("] ")[2] or line for line in lines if "[ERROR]" in line or "adjusted" in line][:25]
