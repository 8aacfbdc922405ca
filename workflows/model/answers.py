"""What an administrator decides before an installation: asked in a dialogue, or read from a file. Plain data without secrets.

A password stands in a file of its own, and only its path stands here.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


class Mta(enum.StrEnum):
    """The mail servers OpenEMM works with."""

    POSTFIX = "postfix"
    SENDMAIL = "sendmail"

    @property
    def label(self) -> str:
        """As people write it."""
        return self.value.capitalize()

    @property
    def other(self) -> Mta:
        """The one that is switched from."""
        return Mta.SENDMAIL if self is Mta.POSTFIX else Mta.POSTFIX


class Verdict(enum.StrEnum):
    """What becomes of something that the administrator has configured otherwise."""

    KEEP = "keep"
    REPLACE = "replace"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The answers. Paths are absolute; None or empty: not wanted, or found out.

    Attributes:
        url: of the server as browsers reach it, with protocol (guide 5.4): https://openemm.example.com.
        name: the host's full name (FQDN).
        mailloop_domain: without protocol, other than the server's name (guide 5.4, 8.1).
        packages: where OpenEMM's packages come from, a folder or an http(s) URL; None: the site's own folder for them.
        mta: the mail server (guide 4.2, 4.3).
        java: major version; None: the newest that the release works with and the distribution offers.
        java_home: a JDK or JRE that is there already; None: the distribution's package.
        python: a python3 that is there already; None: the distribution's package where it is new enough (guide 12).
        python_source, python_source_sha256: a .tgz of python.org, and its SHA-256 (hex), of which one is built; None: none is.
        python_for: a release line to come, whose backend it shall run, too; None: that of the release alone.
        tomcat: an unpacked Tomcat, or its tar.gz, that becomes opt/tomcat; None: the distribution's package.
        wkhtmltox: its package file; None: it is left out, and previews are missing until it is installed (guide 4.5).
        database: "local": a server on this host, installed when there is none; "existing": only what is there is used.
        database_name, database_user: of OpenEMM.
        database_admin_file: an option file, 0600, with the password of the server's root; None: root comes in over the socket.
        certificate, certificate_key, certificate_chain: PEM files for HTTPS (guide 10); None: HTTP only.
        firewall: whether ports are opened (guide 4.1).
        admin_password_file: holds the first password of emm-master, 0600; None: one is made and shown once.
        start: whether OpenEMM is started at the end, and at boot.
        differences: key of a difference -> what becomes of it.
    """

    url: str
    name: str
    mailloop_domain: str
    packages: str | None = None
    mta: Mta = Mta.POSTFIX
    java: str | None = None
    java_home: str | None = None
    python: str | None = None
    python_source: str | None = None
    python_source_sha256: str | None = None
    python_for: str | None = None
    tomcat: str | None = None
    wkhtmltox: str | None = None
    database: Literal["local", "existing"] = "local"
    database_name: str = "openemm"
    database_user: str = "openemm"
    database_admin_file: str | None = None
    certificate: str | None = None
    certificate_key: str | None = None
    certificate_chain: str | None = None
    firewall: bool = True
    admin_password_file: str | None = None
    start: bool = True
    differences: Mapping[str, Verdict] = field(default_factory=dict)
