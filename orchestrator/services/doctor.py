"""Find out why no mail leaves a site."""

from __future__ import annotations

from orchestrator.services.site import Site
from workflows.checks.doctor import registry
from workflows.checks.finding import Finding

KEYS = frozenset(subject.key for subject, _ in registry.CHECKS)


def examine(site: Site, resolver: str | None) -> list[Finding]:
    """Every check of the doctor. resolver: the name server to ask; None: those of the host.

    Raises:
        UsageError: "resolver-malformed".
    """
    host = site.host
    return registry.examine(host, host.vitals.names(resolver))
