"""The property files of web applications as they were before values were carried into them, until the run is forgotten."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from orchestrator.acting import acting
from orchestrator.files import make_folder, small_text, write_atomic
from orchestrator.hosts.files.register import ContentStore
from orchestrator.hosts.home.site_values import EMM, WEBSERVICES
from workflows.host.files import KeptFile

LIST = "values.json"  # written last: without it nothing was kept


def keep(applications: Sequence[Path], folder: Path) -> None:
    """Copy their files into a folder of ours, 0700; what was kept before stays as it is."""
    with acting(None):
        if not (folder / LIST).exists():
            files = ContentStore(folder).keep(str(root / name) for root in applications for name in (EMM, WEBSERVICES))
            make_folder(folder, 0o700)
            write_atomic(folder / LIST, json.dumps([file.as_json() for file in files]), mode=0o600)


def put_back(folder: Path) -> None:
    """Make the files what they were; may be run again at any time, and does nothing where none were kept."""
    with acting(None):
        if not (folder / LIST).exists():
            return
        kept = json.loads(small_text(folder / LIST))
        ContentStore(folder).restore(KeptFile(**file) for file in kept)
