"""Certificates and what belongs to them, looked at by the openssl program (guide 10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.command import CommandError, Result, run
from workflows.model.errors import WorkflowError

SECONDS = 30.0
_TIME = "%b %d %H:%M:%S %Y %Z"


def look(certificate: str, key: str, chain: str | None) -> Mapping[str, str]:
    """Subject, names and end of a certificate that fits its key and chain (`workflows.host.software.Software.certificate`)."""
    said = _read(certificate, ["x509", "-in", certificate, "-noout", "-subject", "-startdate", "-enddate"]).stdout
    values = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    now, begin, end = datetime.now(UTC), _time(values["notBefore"]), _time(values["notAfter"])
    if end < now:
        raise _wrong(certificate, f"it expired on {end:%Y-%m-%d}", "certificate-expired")
    if begin > now:
        raise _wrong(certificate, f"it is not valid before {begin:%Y-%m-%d %H:%M} UTC", "certificate-not-yet-valid")
    public = _read(certificate, ["x509", "-in", certificate, "-noout", "-pubkey"]).stdout
    if _read(key, ["pkey", "-in", key, "-pubout", "-passin", "pass:"]).stdout != public:
        raise _wrong(certificate, f"{key} is not its key", "certificate-key-mismatch")
    if chain:
        _hold_against(chain, certificate)
    text = _read(certificate, ["x509", "-in", certificate, "-noout", "-text"]).stdout
    names = re.search(r"Subject Alternative Name:.*\n\s*(.*)", text)
    found = re.findall(r"DNS:([^,\s]+)", names[1]) if names else []
    return {"subject": values["subject"].strip(), "names": ", ".join(found), "end": end.isoformat()}


def _hold_against(chain: str, certificate: str) -> None:
    """See that the chain leads from the certificate on; its own certificates are the only ones believed."""
    _read(chain, ["x509", "-in", chain, "-noout"])
    said = _openssl(["verify", "-partial_chain", "-trusted", chain, certificate])
    if said.exit_code:
        lines = (said.stderr + said.stdout).splitlines()
        if any("certificate has expired" in line for line in lines):
            raise _wrong(chain, "a certificate in it has expired", "certificate-expired")
        raise _wrong(certificate, f"{chain} is not its chain", "certificate-chain-mismatch", lines[-3:])


def _read(path: str, args: list[str]) -> Result:
    """What openssl says of a file.

    Raises:
        WorkflowError: "certificate-unreadable".
    """
    if not Path(path).is_file():
        raise _wrong(path, "there is no such file", "certificate-unreadable")
    said = _openssl(args)
    if said.exit_code:
        with Path(path).open("rb") as file:
            is_locked = b"ENCRYPTED" in file.read(1 << 16)
        why = (
            "it is locked with a password, which Tomcat would have to be told" if is_locked else "it is no PEM file of that kind"
        )
        raise _wrong(path, why, "certificate-unreadable", said.stderr.splitlines()[-3:])
    return said


def _openssl(args: list[str]) -> Result:
    try:
        return run(["openssl", *args], timeout=SECONDS, expect=None)
    except CommandError as error:
        raise WorkflowError(
            "cannot look at the certificate: the program openssl is not there", key="openssl-missing",
            command=error.command, next=["orchestrate resume    once the package openssl is installed"],
        ) from error  # fmt: skip


def _time(text: str) -> datetime:
    return datetime.strptime(" ".join(text.split()), _TIME).replace(tzinfo=UTC)


def _wrong(path: str, why: str, key: str, detail: list[str] | None = None) -> WorkflowError:
    return WorkflowError(
        f"cannot use {path}: {why}", key=key, detail=detail or [], unharmed=["server.xml: as it was"],
        next=[f"openssl x509 -in {path} -noout -subject -dates    what it is", "orchestrate resume    once the file is right"],
    )  # fmt: skip
