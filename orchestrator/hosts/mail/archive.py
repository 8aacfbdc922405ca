"""A dated folder of mails that were taken out of a queue: each as .eml to read, and its queue files to put back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.files import fsync_folder, make_folder, write_atomic
from workflows.host.mail import QueuedMail

PRIVATE = 0o600


class DatedArchive:
    """Below the site's state folder: mail/archive/<date>-<run>/, a .eml, a .json and the queue files for each mail."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, run: str) -> str:
        """Named after the day the run first wrote there (UTC)."""
        found = sorted(self._root.glob(f"????-??-??-{run}"))
        return str(found[0] if found else self._root / f"{datetime.now(UTC):%Y-%m-%d}-{run}")

    def write(self, run: str, mail: QueuedMail, content: bytes, files: Sequence[str]) -> None:
        """Keep one mail, durably; its .json is written last and says that all is there."""
        folder = Path(self.folder(run))
        make_folder(folder, 0o700)
        name = f"{mail.queue}-{mail.id}"
        write_atomic(folder / f"{name}.eml", content, mode=PRIVATE)
        kept = []
        for number, file in enumerate(files):
            status = Path(file).stat()
            place = f"{name}.queue{number}"
            write_atomic(folder / place, Path(file).read_bytes(), mode=PRIVATE)
            kept.append({"path": file, "place": place, "mode": status.st_mode & 0o7777, "owner": [status.st_uid, status.st_gid]})
        facts = {
            "id": mail.id, "queue": mail.queue, "sender": mail.sender, "recipients": list(mail.recipients),
            "message_id": mail.message_id, "arrived": mail.arrived.isoformat(), "body": mail.body, "files": kept,
        }  # fmt: skip
        write_atomic(folder / f"{name}.json", json.dumps(facts, indent=1, ensure_ascii=True), mode=PRIVATE)

    def count(self, run: str) -> int:
        """By their .json."""
        return len(list(Path(self.folder(run)).glob("*.json")))

    def put_back(self, run: str) -> int:
        """Each mail's last file first: the one that is named first makes it valid. The folder is renamed at the end."""
        folder = Path(self.folder(run))
        manifests = sorted(folder.glob("*.json"))
        for manifest in manifests:
            for file in reversed(json.loads(manifest.read_text())["files"]):
                target = Path(file["path"])
                make_folder(target.parent, 0o755)
                write_atomic(target, (folder / file["place"]).read_bytes(), mode=file["mode"], owner=tuple(file["owner"]))
        if folder.is_dir():
            folder.rename(folder.with_name(f"{folder.name}-put-back"))
            fsync_folder(folder.parent)
        return len(manifests)
