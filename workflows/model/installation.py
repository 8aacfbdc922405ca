"""What an installation is about to do, pinned when it starts, and what it finds to change. Plain data: runs keep it as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field

from workflows.model.answers import Answers
from workflows.model.plans import GateOptions, Hop


@dataclass(frozen=True, kw_only=True)
class InstallPlan:
    """An installation, decided before it starts.

    Attributes:
        source: "none", or the release that is there already.
        target: the release's version.
        hop: the release with its packages; it names the steps that an upgrade has too.
        answers: the administrator's.
        home, user: of OpenEMM on this host.
        http_port: where the application answers on this host.
        present: the release is active already, and only what is around it is looked at.
        starts: OpenEMM is started and proven at the end.
        site_file, site_text: of this tool; empty: the host has one already.
    """

    source: str
    target: str
    hop: Hop
    answers: Answers
    home: str = "/home/openemm"
    user: str = "openemm"
    http_port: int = 8080
    present: bool = False
    starts: bool = True
    site_file: str = ""
    site_text: str = ""
    gate: GateOptions = field(default_factory=GateOptions)
    start_timeout: float = 120.0  # seconds
    migrate_timeout: float = 600.0  # seconds
    catalogue_serial: int = 0
    tool_version: str = ""


@dataclass(frozen=True)
class Difference:
    """Something that is not as it must be.

    key: stable, under which it is answered: limits.nofile. what: in people's words. now: None where nothing is. by_admin: what
    is now was configured by somebody, and is replaced only when told so.
    """

    key: str
    what: str
    now: str | None
    wanted: str
    by_admin: bool = False
