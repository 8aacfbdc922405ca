"""Find out why no mail leaves a site. Needs no store: a full disk must not keep the doctor away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestrator.hosts.real import open_host
from orchestrator.views.checks import Found, Mended
from workflows.checks import doctor
from workflows.checks.check import checks_in, run_all
from workflows.checks.doctor.visit import Visit
from workflows.model.finding import Finding, Severity

if TYPE_CHECKING:
    from orchestrator.settings import Settings


def keys() -> frozenset[str]:
    """Of all checks."""
    return frozenset(check.subject.key for check in checks_in(doctor))


@dataclass(frozen=True, kw_only=True)
class Doctor:
    """Why no mail leaves, and what is fine."""

    schema: Literal["orchestrate.doctor/1"] = "orchestrate.doctor/1"
    stopped: bool
    """Something keeps mail from leaving."""
    findings: tuple[Found, ...]
    fixed: tuple[Mended, ...]


def examine(settings: Settings, resolver: str | None) -> list[Finding]:
    """Every check of the doctor. resolver: the name server to ask; None: those of the host.

    Raises:
        UsageError: "resolver-malformed".
    """
    host = open_host(settings)
    return run_all(checks_in(doctor), Visit(host, host.network.names(resolver)), Severity.UNKNOWN)
