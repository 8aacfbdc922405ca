"""What is done between upgrades: backups while mail runs, and a look at the packages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.runs import checkpoints
from state.ledger import EntryDraft
from workflows.model.errors import UsageError, WorkflowError
from workflows.model.plans import Component

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from workflows.host.backups import Backup
    from workflows.model.plans import PackageRef


@dataclass(frozen=True)
class PackageVerdict:
    """What was found of a package. trust: as `Artefact.trust`; key and error: why it cannot be used, None when it can."""

    file: str
    size: int | None = None
    sha256: str | None = None
    trust: str | None = None
    key: str | None = None
    error: str | None = None


def create_backup(site: Site, *, verify: bool) -> Backup:
    """Dump the database while mail runs, record it, and restore it into a scratch server unless told not to.

    Raises:
        StateError: "run-in-progress".
        WorkflowError: the dump or its test restore failed; a dump that was not restored does not count.
    """
    with site.lease.acquire(None, "backup create"):
        release = site.host.home.active().get(Component.FRONTEND, "")
        head = site.ledger.head()
        checkpoint = checkpoints.facts(site.key, head) if head else {}
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        backup = site.host.backups.create(name, release, quiesced=False, checkpoint=checkpoint, progress=_silent)
        _record(site, "backup-created", backup)
        return _verified(site, backup.id) if verify else backup


def verify_backup(site: Site, backup: str) -> Backup:
    """Restore a dump into an empty scratch server, compare it, and record that it counts.

    Raises:
        UsageError: "backup-unknown".
        StateError: "run-in-progress".
        WorkflowError: it does not restore, or is not equal.
    """
    if site.host.backups.find(backup) is None:
        raise UsageError(f"there is no backup {backup}", key="backup-unknown", next=["orchestrate backup list    what there is"])
    with site.lease.acquire(None, "backup verify"):
        return _verified(site, backup)


def verify_packages(site: Site, files: Sequence[str]) -> list[PackageVerdict]:
    """Fetch packages and hold their digests against SHA256SUMS and what the ledger trusts.

    Raises:
        UsageError: "package-unknown", the source does not offer one of these files.
    """
    offered = {ref.file: ref for ref in site.host.releases.available()}
    for file in files:
        if file not in offered:
            raise UsageError(
                f"the package source does not offer {file}",
                key="package-unknown",
                next=["orchestrate packages list    what it offers"],
            )
    return [_verdict(site, offered[file]) for file in (files or sorted(offered))]


def _verdict(site: Site, ref: PackageRef) -> PackageVerdict:
    try:
        artefact = site.host.releases.fetch(ref, site.ledger.pinned_digest(ref.file), _silent)
    except WorkflowError as error:
        return PackageVerdict(ref.file, ref.size, key=error.error_key, error=error.message)
    return PackageVerdict(ref.file, artefact.size, artefact.sha256, artefact.trust)


def _verified(site: Site, backup: str) -> Backup:
    done = site.host.backups.verify(backup, _silent)
    _record(site, "backup-verified", done)
    return done


def _record(site: Site, kind: str, backup: Backup) -> None:
    evidence = {"backup": backup.id, "sha256": backup.sha256, "size": backup.size, "seconds": round(backup.seconds, 3)}
    site.ledger.append([EntryDraft(kind, "database", to_version=backup.release or None, evidence=evidence)], actor=site.actor)


def _silent(done: int, total: int | None) -> None:
    del done, total
