"""What an installation may ask about software: capabilities and packages, Java, Python, Tomcat (guide 3.2, 3.3, 4.4, 10, 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Provided:
    """How a distribution provides a capability. packages: empty when it does not. repository: what must be enabled for it."""

    capability: str
    packages: tuple[str, ...]
    repository: str | None = None
    note: str = ""


class Capabilities(Protocol):
    """What is asked for are capabilities (java, mta-postfix, ...); a data file per distribution maps them to packages."""

    def provided(self, capability: str) -> Provided:
        """How this host's distribution and version provide it.

        Raises:
            WorkflowError: "capability-unknown".
        """


class Software(Protocol):
    """Programs on this host."""

    def java(self, home: str | None = None) -> tuple[str, str] | None:
        """JAVA_HOME and full version of that Java, else of the best one found; None when there is none."""

    def python(self, program: str | None = None) -> tuple[str, str] | None:
        """Path and version of that Python 3, else of the newest found."""

    def python_modules(self, program: str, modules: Sequence[str]) -> Sequence[str]:
        """Those among them that this Python cannot import."""

    def tomcat(self, folder: str) -> str | None:
        """The version of the Tomcat unpacked there (CATALINA_HOME), read from its catalina.jar; None when there is none."""

    def program(self, name: str) -> str | None:
        """Where a program lies on root's path."""

    def certificate(self, certificate: str, key: str, chain: str | None) -> Mapping[str, str]:
        """Subject, names and end (ISO 8601) of a certificate.

        Raises:
            WorkflowError: "certificate-unreadable", "certificate-expired", "certificate-key-mismatch",
                "certificate-chain-mismatch".
        """
