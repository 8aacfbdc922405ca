"""What this host is called."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from orchestrator.acting import below
from orchestrator.files import small_text


def full_name() -> str | None:
    """What the resolver makes of the host's own name, when that has a domain (Sendmail hangs 60 s without); else None."""
    name = socket.gethostname()
    try:
        found = socket.getaddrinfo(name, None, flags=socket.AI_CANONNAME)[0][3] or name
    except OSError:
        found = name
    full = found if "." in found else name
    return full if "." in full.strip(".") and not full.startswith("localhost") else None


def of_application(home: Path) -> str:
    """The name by which the application finds and writes its host's rows: of conf/hostname, else the system's (facts 17.1)."""
    try:
        with below(home / "conf/hostname"):
            written = small_text(home / "conf/hostname", errors="replace").strip()
    except FileNotFoundError:
        written = ""
    return written or os.uname().nodename
