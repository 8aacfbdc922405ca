"""Programs on this host (workflows.host.software.Software)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from orchestrator.command import PATH, CommandError, run
from orchestrator.files import sha256_file
from orchestrator.hosts.software import certificates, java, python_environment, python_source, server_xml, tomcat_archive
from orchestrator.hosts.system.facts import python_version
from orchestrator.user import command_as
from workflows.host.software import BackendPython, Connector
from workflows.rules.backend_python import database_module

SECONDS = 30.0
_PYTHON = re.compile(r"python3(\.\d+)?")
_NUMBER = re.compile(r"\d+(?:\.\d+)+")


class RealSoftware:
    """As `workflows.host.software.Software` asks for it."""

    def __init__(
        self, home: Path = Path("/home/openemm"), user: str = "", *, java_folder: Path = java.FOLDER, pip: Sequence[str] = ()
    ) -> None:
        """Name OpenEMM's home and user. java_folder: where distributions put theirs; pip: options beside those it is set to."""
        self._home = home
        self._user = user
        self._java_folder = java_folder
        self._pip = tuple(pip)

    # --- Java ---

    def java(self, home: str | None = None) -> tuple[str, str] | None:
        """That one, or the newest."""
        if home is None:
            return next(iter(self.javas()), None)
        version = java.version(Path(home))
        return (home, version) if version else None

    def javas(self) -> Sequence[tuple[str, str]]:
        """Those of the distribution, and the one on root's path."""
        return java.found(self._java_folder, self.program("java"))

    # --- Python ---

    def python(self, program: str | None = None) -> tuple[str, str] | None:
        """That one, or the newest on root's path."""
        versions = {path: python_version(path) for path in ([program] if program else _pythons())}
        found = [(path, version) for path, version in versions.items() if version]
        return max(found, key=lambda pair: _numbers(pair[1]), default=None)

    def python_modules(self, program: str, modules: Sequence[str]) -> Sequence[str]:
        """By importing them."""
        return python_environment.missing(program, modules)

    def python_distributions(self, program: str) -> Sequence[str]:
        """Those below its own prefix."""
        return python_environment.distributions(program)

    def backend_python(self, folder: str, line: str) -> BackendPython | None:
        """See `backend_python.ask`; a host without dbcfg yet will have MariaDB."""
        from orchestrator.hosts.application import backend_python
        from orchestrator.hosts.database import dbcfg

        file = self._home / "etc/dbcfg"
        dbms = dbcfg.read(file).dbms if file.is_file() else "mariadb"
        return backend_python.ask(self._user, self._home, self._home / folder, [database_module(line, dbms)])

    def make_environment(self, program: str, folder: str) -> None:
        """By venv."""
        python_environment.make(program, Path(folder))

    def remove_environment(self, folder: str) -> None:
        """Only what venv made."""
        python_environment.remove(Path(folder))

    def python_in(self, archive: str) -> str:
        """From its members."""
        return python_source.version_in(Path(archive))

    def digest(self, file: str) -> str:
        """Of all of it."""
        return sha256_file(Path(file))

    def build_python(self, archive: str, sha256: str, folder: str, report: Callable[[str], None]) -> None:
        """As guide 12 does it."""
        python_source.build(Path(archive), sha256, Path(folder), report)

    def remove_python(self, folder: str) -> None:
        """Only what was built."""
        python_source.remove(Path(folder))

    def install_modules(self, program: str, names: Sequence[str]) -> str | None:
        """By pip."""
        return python_environment.install(program, names, self._pip)

    def remove_modules(self, program: str, names: Sequence[str]) -> None:
        """By pip."""
        python_environment.uninstall(program, names)

    # --- Tomcat ---

    def tomcat(self, folder: str) -> str | None:
        """From its catalina.jar."""
        return tomcat_archive.version(Path(folder))

    def tomcat_in(self, archive: str) -> str:
        """From its members."""
        return tomcat_archive.name_in(Path(archive))

    def unpack_tomcat(self, archive: str, folder: str) -> None:
        """As OpenEMM's packages are unpacked."""
        tomcat_archive.unpack_into(Path(archive), Path(folder))

    def remove_tomcat(self, folder: str) -> None:
        """Only what is one."""
        tomcat_archive.remove(Path(folder))

    def connectors(self, server_xml_text: str) -> Sequence[Connector]:
        """Those outside of comments."""
        return server_xml.connectors(server_xml_text)

    def with_connectors(
        self, server_xml_text: str, *, http_port: int | None = None, without_ajp: bool = False, https: Connector | None = None,
        server_name: str = "",
    ) -> str:  # fmt: skip
        """By replacing the elements alone."""
        return server_xml.changed(
            server_xml_text, http_port=http_port, without_ajp=without_ajp, https=https, server_name=server_name
        )

    # --- the rest ---

    def program(self, name: str) -> str | None:
        """On the path that every command of ours gets."""
        return shutil.which(name, path=PATH)

    def program_version(self, program: str) -> str | None:
        """By --version."""
        try:
            said = run([program, "--version"], timeout=SECONDS, expect=None)
        except CommandError:
            return None
        match = _NUMBER.search(said.stdout + said.stderr)
        return match[0] if match else None

    def readable_by(self, user: str, path: str) -> bool:
        """By test, run as that user."""
        return run(command_as(user, Path("/"), ["test", "-r", path]), timeout=SECONDS, expect=(0, 1)).exit_code == 0

    def certificate(self, certificate: str, key: str, chain: str | None) -> Mapping[str, str]:
        """By openssl."""
        return certificates.look(certificate, key, chain)


def _pythons() -> Iterator[str]:
    """All on root's path, each once."""
    seen = set()
    for folder in PATH.split(":"):
        for path in sorted(Path(folder).glob("python3*")) if Path(folder).is_dir() else ():
            if _PYTHON.fullmatch(path.name) and path.resolve() not in seen:
                seen.add(path.resolve())
                yield str(path)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
