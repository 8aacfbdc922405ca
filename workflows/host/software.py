"""What an installation may ask about software: capabilities and packages, Java, Python, Tomcat (guide 3.2, 3.3, 4.4, 10, 12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Connector:
    """A connector of Tomcat's server.xml. protocol: as it stands there; the files are those of its first certificate."""

    port: str
    protocol: str
    secure: bool = False
    certificate: str | None = None
    key: str | None = None
    chain: str | None = None

    @property
    def is_ajp(self) -> bool:
        """Whether it speaks AJP, with which Tomcat after 9.0.30 does not start unless it is told a secret (guide 7.5)."""
        return "ajp" in self.protocol.lower()


@dataclass(frozen=True)
class BackendPython:
    """What a release's own scripts find as Python, and what their backend cannot import with it, each with place and reason.

    program, version: None where they find none, or end before they ask it; then failures tells their last words.
    """

    program: str | None
    version: str | None
    failures: tuple[str, ...]


class Software(Protocol):
    """Programs on this host. What lies in a folder of somebody other than root is run as him, never as root."""

    def java(self, home: str | None = None) -> tuple[str, str] | None:
        """JAVA_HOME and full version of that Java, else of the newest one found; None when there is none."""

    def javas(self) -> Sequence[tuple[str, str]]:
        """JAVA_HOME and full version of all that are found, newest first."""

    def python(self, program: str | None = None) -> tuple[str, str] | None:
        """Path and version of that Python 3, else of the newest found; None when there is none."""

    def python_modules(self, program: str, modules: Sequence[str]) -> Sequence[str]:
        """Those among them that the vendor's virtual environment of this Python could not import (facts 24.1)."""

    def python_distributions(self, program: str) -> Sequence[str]:
        """What lies where `install_modules` installs for this Python, by the names that pip knows."""

    def backend_python(self, folder: str, line: str) -> BackendPython | None:
        """Let a backend's own config.sh find its Python, and import what its scripts import and its database module; as its user.

        None where it has no config.sh. Leaves nothing behind. folder: of the release below the home, active or only staged.
        """

    def make_environment(self, program: str, folder: str) -> None:
        """A virtual environment of that Python which sees the system's modules; made anew when it was left half made.

        Raises:
            WorkflowError: "python-environment-failed".
        """

    def remove_environment(self, folder: str) -> None:
        """Remove a virtual environment; nothing when there is none.

        Raises:
            WorkflowError: "not-an-environment" when the folder is something else.
        """

    def python_in(self, archive: str) -> str:
        """The version of the Python whose source that .tgz is: 3.9.21.

        Raises:
            WorkflowError: "package-unsafe-member", "package-damaged" and the like, or "not-a-python-source".
        """

    def digest(self, file: str) -> str:
        """SHA-256 of a file (hex)."""

    def build_python(self, archive: str, sha256: str, folder: str, report: Callable[[str], None]) -> None:
        """Build a Python from its source as the owner of the folder above, complete when this returns; goes on after a cut.

        Args:
            archive: the .tgz.
            sha256: that it must have (hex).
            folder: where it is installed.
            report: told what happens, twice a second at the most; what it raises ends the build until it is called again.

        Raises:
            RefusedError: "python-source-other", "python-folder-taken".
            WorkflowError: as `python_in`; "no-room", "unpack-failed", "python-build-failed".
        """

    def remove_python(self, folder: str) -> None:
        """Remove what `build_python` made, finished or not; nothing when it made nothing there."""

    def install_modules(self, program: str, names: Sequence[str]) -> str | None:
        """Let pip install from the index or folder it is configured for; None, else the last line of what it said against it."""

    def remove_modules(self, program: str, names: Sequence[str]) -> None:
        """Let pip remove them; nothing when they are not there."""

    def tomcat(self, folder: str) -> str | None:
        """The version of the Tomcat unpacked there (CATALINA_HOME), read from its catalina.jar.

        None when there is none with bin/startup.sh, which OpenEMM calls (facts 11); many distributions' own have none.
        """

    def tomcat_in(self, archive: str) -> str:
        """The name of the one folder in a Tomcat's tar.gz: apache-tomcat-9.0.43.

        Raises:
            WorkflowError: "package-unsafe-member", "package-damaged" and the like, or "not-a-tomcat".
        """

    def unpack_tomcat(self, archive: str, folder: str) -> None:
        """Unpack it so that `folder` is that one folder, complete or not there at all; owned as the folder above is.

        Raises:
            WorkflowError: as `tomcat_in`; "no-room", "unpack-failed".
        """

    def remove_tomcat(self, folder: str) -> None:
        """Remove what `unpack_tomcat` made; nothing when it is not there.

        Raises:
            WorkflowError: "not-a-tomcat" when the folder is something else.
        """

    def program(self, name: str) -> str | None:
        """Where a program lies on root's path."""

    def program_version(self, program: str) -> str | None:
        """The first version number that it prints when it is asked for its version."""

    def readable_by(self, user: str, path: str) -> bool:
        """Whether that user can read a file."""

    def certificate(self, certificate: str, key: str, chain: str | None) -> Mapping[str, str]:
        """Subject, names and end (ISO 8601) of a certificate.

        Raises:
            WorkflowError: "certificate-unreadable", "certificate-expired", "certificate-key-mismatch",
                "certificate-chain-mismatch", "certificate-not-yet-valid", "openssl-missing".
        """

    def connectors(self, server_xml: str) -> Sequence[Connector]:
        """The connectors in the text of a server.xml.

        Raises:
            WorkflowError: "server-xml-broken".
        """

    def with_connectors(
        self,
        server_xml: str,
        *,
        http_port: int | None = None,
        without_ajp: bool = False,
        https: Connector | None = None,
        server_name: str = "",
    ) -> str:
        """The text with these changes, every other byte as it was.

        Args:
            server_xml: the text.
            http_port: of the first connector that is neither AJP nor secure; None: as it is.
            without_ajp: AJP connectors are taken out.
            https: the one that stands at its port afterwards, instead of what is there, with these files; None: as it is.
            server_name: what it calls itself.

        Raises:
            WorkflowError: "server-xml-broken".
        """
