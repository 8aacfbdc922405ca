"""Find out why no mail leaves a site. Needs no store: a full disk must not keep the doctor away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.hosts.real import open_host
from workflows.checks.doctor import registry
from workflows.model.finding import Finding

if TYPE_CHECKING:
    from orchestrator.settings import Settings

KEYS = frozenset(subject.key for subject, _ in registry.CHECKS)


def examine(settings: Settings, resolver: str | None) -> list[Finding]:
    """Every check of the doctor. resolver: the name server to ask; None: those of the host.

    Raises:
        UsageError: "resolver-malformed".
    """
    host = open_host(settings)
    return registry.examine(host, host.vitals.names(resolver))
