"""What a report tells: gathered from the ledger and the journal, without a look at the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orchestrator.tool import TOOL_VERSION
from orchestrator.upkeep.importing import OUTSIDE
from orchestrator.views.history import History, timeline

if TYPE_CHECKING:
    from orchestrator.runs.checkpoints import Kept
    from orchestrator.runs.site import Site
    from state.journal import RunRecord
    from state.ledger import Entry, Verdict


@dataclass(frozen=True)
class BackupAccount:
    """A backup as the ledger tells it. proof: of its last test restore; None for one that was never restored: it counts not."""

    id: str
    release: str | None
    created: datetime | None
    size: int | None
    sha256: str | None
    run: str | None
    verified: datetime | None = None
    proof: Mapping[str, Any] | None = None
    restored: datetime | None = None


@dataclass(frozen=True)
class Report:
    """Everything on the page. runs: with their steps, newest first. outside: entries of outside evidence."""

    site: str
    now: datetime
    tool: str
    machine_id: str
    site_id: str
    verdict: Verdict
    against: Kept | None
    history: History
    runs: Sequence[RunRecord]
    backups: Sequence[BackupAccount]
    outside: Sequence[Entry]


def collect(site: Site, verdict: Verdict, against: Kept | None) -> Report:
    """Read what the report needs."""
    genesis = next(iter(site.ledger.entries(kind="genesis")), None)
    said = genesis.evidence if genesis else {}
    journal = site.store.journal
    return Report(
        site=site.settings.name, now=datetime.now(UTC), tool=TOOL_VERSION, machine_id=str(said.get("machine_id", "unknown")),
        site_id=str(said.get("site_id", "unknown")), verdict=verdict, against=against, history=timeline(site),
        runs=[journal.load(run.id) for run in journal.runs(site.key)],
        backups=backups(site), outside=list(site.ledger.entries(kind=OUTSIDE)),
    )  # fmt: skip


def backups(site: Site) -> list[BackupAccount]:
    """The backups of a site, newest first."""
    found: dict[str, BackupAccount] = {}
    for entry in site.ledger.entries(kind=("backup-created", "backup-verified", "backup-restored")):
        name = entry.evidence.get("backup")
        if isinstance(name, str):
            found[name] = _told(found.get(name) or BackupAccount(name, entry.to_version, None, None, None, entry.run), entry)
    return list(reversed(found.values()))


def _told(account: BackupAccount, entry: Entry) -> BackupAccount:
    said = entry.evidence
    account = replace(account, size=said.get("size", account.size), sha256=said.get("sha256", account.sha256))
    if entry.kind == "backup-created":
        return replace(account, created=entry.time, release=entry.to_version)
    if entry.kind == "backup-restored":
        return replace(account, restored=entry.time)
    proof = said.get("proof")
    return replace(account, verified=entry.time, proof=proof if isinstance(proof, dict) else {})
