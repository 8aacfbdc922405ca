"""Whether a certificate may be given to a server (guide 10)."""

from __future__ import annotations

from workflows.host import Host
from workflows.model.errors import RefusedError


def require_usable(host: Host, certificate: str, key: str | None, chain: str | None) -> None:
    """See that a certificate is good, with its key and chain.

    Raises:
        RefusedError: "certificate-key-missing".
        WorkflowError: what is wrong with it.
    """
    if key is None:
        raise RefusedError(
            f"cannot use {certificate}: its private key is not named", key="certificate-key-missing",
            unharmed=["server.xml: as it was"], next=["the same command with --certificate-key FILE"],
        )  # fmt: skip
    host.software.certificate(certificate, key, chain)
