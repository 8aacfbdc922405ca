"""The computer OpenEMM runs on (facts 10)."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.command import PATH, CommandError, run
from orchestrator.hosts.backups import room
from workflows.host import BackendPython, Dispatch
from workflows.rules.backend_python import database_module

if TYPE_CHECKING:
    from orchestrator.settings import Settings

SEARCH = f"{PATH}:/usr/libexec"
SECONDS = 5.0
OS_RELEASE = Path("/etc/os-release")
SENDMAIL = (Path("/usr/sbin/sendmail"), Path("/usr/lib/sendmail"))
_NUMBER = re.compile(r"\d+(?:\.\d+)+(?:_\d+)?")


class RealMachine:
    """The machine of one site, as `workflows.host.Machine` asks for it."""

    def __init__(self, settings: Settings) -> None:
        """Name the home; nothing is read yet."""
        self._home = settings.home
        self._user = settings.user

    def now(self) -> datetime:
        """UTC."""
        return datetime.now(UTC)

    def local_time(self) -> datetime:
        """Aware, in the host's zone."""
        return datetime.now(UTC).astimezone()

    def free(self, path: str) -> int:
        """Free bytes for others than root where an absolute path is, or will be."""
        return room.free(Path(path))

    def command(self, name: str) -> str | None:
        """The absolute path of a program, or None."""
        return shutil.which(name, path=SEARCH)

    def facts(self) -> Mapping[str, str]:
        """Os, python, java, tomcat and mta, as far as known; the rest is left out."""
        found = {
            "os": self._os(),
            "python": self._python(),
            "java": self._java(),
            "tomcat": self._tomcat(),
            "mta": self._mta(),
        }
        return {name: value for name, value in found.items() if value}

    def backend_python(self, folder: str, line: str) -> BackendPython | None:
        """See `backend_python.ask`; a host without dbcfg yet will have MariaDB."""
        from orchestrator.hosts.application import backend_python
        from orchestrator.hosts.database import dbcfg

        file = self._home / "etc/dbcfg"
        dbms = dbcfg.read(file).dbms if file.is_file() else "mariadb"
        return backend_python.ask(self._user, self._home, self._home / folder, [database_module(line, dbms)])

    def pending_mail(self) -> Sequence[Dispatch]:
        """Blocks in spool/META and running xmlback (`spool.pending`)."""
        from orchestrator.hosts.application.spool import pending

        return pending(self._home, self.now())

    def _os(self) -> str | None:
        if not OS_RELEASE.is_file():
            return None
        for line in OS_RELEASE.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("PRETTY_NAME="):
                return " ".join(shlex.split(line.partition("=")[2]))
        return None

    def _python(self) -> str | None:
        """OpenEMM's: opt/python3, which the scripts look at first (facts 1.1), run as its user; else that of the system."""
        from orchestrator.hosts.software.python_environment import version

        own = self._home / "opt/python3/bin/python3"
        return (version(str(own)) if own.is_file() else None) or self._ask(["python3", "--version"])

    def _java(self) -> str | None:
        """The version in the JDK's `release` file, which costs nothing to read, else what java says."""
        program = self._java_program()
        if program is None:
            return None
        release = program.resolve().parent.parent / "release"
        if release.is_file():
            match = re.search(r'^JAVA_VERSION="([^"]+)"', release.read_text(errors="replace"), re.MULTILINE)
            if match:
                return match[1]
        return self._ask([str(program), "-version"])

    def _java_program(self) -> Path | None:
        """OpenEMM's Java: JAVA_HOME of bin/setenv.sh, opt/java (facts 1.1, 1.4), else that of the system."""
        homes = [self._home / "opt/java"]
        setenv = self._home / "bin/setenv.sh"
        if setenv.is_file():
            text = setenv.read_text(errors="replace")
            match = re.search(r"^\s*(?:export\s+)?JAVA_HOME=[\"']?([^\"'\s;]+)", text, re.MULTILINE)
            if match:
                homes.insert(0, Path(re.sub(r"^(\$HOME|\$\{HOME\}|~)(?=/)", lambda _: str(self._home), match[1])))
        for home in homes:
            if (home / "bin/java").is_file():
                return home / "bin/java"
        path = self.command("java")
        return Path(path) if path else None

    def _tomcat(self) -> str | None:
        """From the release notes of opt/tomcat, else the name of the folder it leads to."""
        folder = self._home / "opt/tomcat"
        notes = folder / "RELEASE-NOTES"
        if notes.is_file():
            match = re.search(r"Apache Tomcat Version (\d+(?:\.\d+)+)", notes.read_text(errors="replace"))
            if match:
                return match[1]
        match = re.fullmatch(r"apache-tomcat-(\d+(?:\.\d+)+)", folder.resolve().name)
        return match[1] if match else None

    def _mta(self) -> str | None:
        """Where alternatives point /usr/sbin/sendmail (facts 12, rule 3); hosts without alternatives: not known."""
        for path in SENDMAIL:
            name = path.resolve().name if path.is_symlink() else ""
            if name == "sendmail.postfix":
                version = self._ask(["postconf", "-h", "mail_version"])
                return f"postfix {version}" if version else "postfix"
            if name == "sendmail.sendmail":
                return "sendmail"
        return None

    def _ask(self, args: list[str]) -> str | None:
        """The first version number a command prints; java prints it on stderr. None when it cannot be had."""
        program = self.command(args[0])
        if program is None:
            return None
        try:
            said = run([program, *args[1:]], timeout=SECONDS, expect=None)
        except CommandError:
            return None
        match = _NUMBER.search(said.stdout + said.stderr)
        return match[0] if match else None
