"""Files of domains, a line each: relay.domains, transport.maps, relay-domains, mailertable."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orchestrator.acting import below
from orchestrator.files import write_atomic
from orchestrator.user import owner

MODE = 0o644


def read(path: Path) -> list[tuple[str, str]]:
    """Domain and what stands behind it; empty when there is no file."""
    lines = (line.strip() for line in _text(path, "replace").splitlines())
    pairs = (line.split(None, 1) for line in lines if line and not line.startswith("#"))
    return [(pair[0], pair[1] if len(pair) > 1 else "") for pair in pairs]


def add(path: Path, entries: Mapping[str, str], user: str | None) -> None:
    """Add entries for domains that have none; what stands there stays. user: who owns a file that is new."""
    known = {domain for domain, _ in read(path)}
    text = _text(path, "surrogateescape")
    added = "".join(f"{domain}\t{value}".rstrip() + "\n" for domain, value in entries.items() if domain not in known)
    if added or not path.is_file():
        text += "" if not text or text.endswith("\n") else "\n"
        new_owner = owner(user) if user and not path.exists() else None
        write_atomic(path, (text + added).encode(errors="surrogateescape"), mode=None if path.exists() else MODE, owner=new_owner)


def _text(path: Path, errors: str) -> str:
    with below(path):
        return path.read_text(errors=errors) if path.is_file() else ""
