"""The public half of a key for DKIM, made by openssl: it reads the private one from its standard input, and nobody else does."""

from __future__ import annotations

import base64
import binascii
import textwrap

from orchestrator.command import CommandError, run

SECONDS = 10.0
ED25519, ED25519_PREFIX = "ed25519", bytes.fromhex("302a300506032b6570032100")
BEGIN = "-----BEGIN "


def public_part(private: str) -> tuple[str, str] | None:
    """The kind of a private key and what belongs into p= of its record (RFC 6376 3.6.1, RFC 8463); None: it is no key.

    Args:
        private: PEM, or the base64 of its DER without head and tail.

    Raises:
        CommandError: "command-missing", there is no openssl.
    """
    for pem in [private] if private.startswith(BEGIN) else _wrapped(private):
        try:
            said = run(["openssl", "pkey", "-pubout", "-outform", "PEM"], timeout=SECONDS, input=pem)
        except CommandError as error:
            if error.error_key == "command-missing":
                raise
            continue
        text = "".join(line for line in said.stdout.splitlines() if not line.startswith("-----"))
        der = base64.b64decode(text)
        if der.startswith(ED25519_PREFIX):
            return ED25519, base64.b64encode(der.removeprefix(ED25519_PREFIX)).decode()
        return "rsa", text
    return None


def _wrapped(text: str) -> list[str]:
    plain = "".join(text.split())
    try:
        base64.b64decode(plain, validate=True)
    except binascii.Error:
        return []
    body = "\n".join(textwrap.wrap(plain, 64))
    return [f"{BEGIN}{kind}-----\n{body}\n-----END {kind}-----\n" for kind in ("PRIVATE KEY", "RSA PRIVATE KEY")]
