"""`orchestrate audit`."""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.app import App


@click.group()
def command() -> None:
    """Prove that the ledger is unbroken, and hand it to an auditor."""


@command.command()
@click.option("--checkpoint", metavar="FILE", type=click.Path(path_type=Path), help="Else the newest that is found here.")
@click.pass_obj
def verify(app: App, checkpoint: Path | None) -> int:
    """Recompute every hash of the ledger, from its first entry on.

    Held against a checkpoint (one of `audit checkpoint`, of an export, or a backup's manifest), so that a cut end shows. Ends
    with 1 when the chain is broken, and names the first bad entry.
    """
    from orchestrator.display.pages import audit as page
    from orchestrator.errors import DONE, FAILED
    from orchestrator.runs import checkpoints
    from orchestrator.views.audit import Held, Ledger, Verified, entry_at

    with app.open(readonly=True) as site:
        given = checkpoints.Kept(checkpoints.read(checkpoint), checkpoint) if checkpoint else None
        against = given or checkpoints.newest(site.settings)
        verdict = site.ledger.verify(against.head if against else None)
        entry = entry_at(site, verdict.problem.seq) if verdict.problem else None
    view = Verified(ledger=Ledger.of(verdict), checkpoint=Held.of(against))
    app.tell(page.verdict_lines(view.ledger, view.checkpoint, entry), view)
    return DONE if verdict.problem is None else FAILED


@command.command()
@click.pass_obj
def checkpoint(app: App) -> None:
    """Print where the ledger ends, and keep that in the state folder and in the system's journal."""
    from orchestrator.display.pages import audit as page
    from orchestrator.runs import checkpoints
    from orchestrator.views.audit import Checkpoint, CheckpointMade, sound_head

    with app.open(readonly=True) as site:
        head = sound_head(site)
        path = checkpoints.store(site.settings, head)
        told = checkpoints.announce(site.ledger)
        view = CheckpointMade(checkpoint=Checkpoint(**checkpoints.facts(site.key, head)), path=str(path), journald=told)
    app.tell(page.checkpoint_lines(head, view.path, journald=told), view)


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def export(app: App, folder: Path) -> int:
    """Write the ledger, its checkpoint, the history, a report to read and a program that proves it all, to a new folder."""
    from orchestrator.display.pages import audit as page
    from orchestrator.errors import DONE, FAILED
    from orchestrator.report.export import export as write
    from orchestrator.views.audit import Exported, Held, Ledger

    with app.open(readonly=True) as site:
        done = write(site, folder)
    view = Exported(path=str(folder), files=tuple(done.files), ledger=Ledger.of(done.verdict))
    app.tell(page.export_lines(view, Held.of(done.against)), view)
    return DONE if view.ledger.sound else FAILED


@command.command(name="import")
@click.pass_obj
def import_(app: App) -> None:
    """Take what OpenEMM's own tables say of its history into the ledger, marked as outside evidence."""
    from orchestrator.display.pages import audit as page
    from orchestrator.upkeep.importing import import_evidence
    from orchestrator.views.audit import EvidenceImported

    with app.open() as site:
        done = import_evidence(site)
    new = done.releases + done.versions > 0
    view = EvidenceImported(changed=new, releases=done.releases, versions=done.versions, known=done.known)
    app.tell(page.import_lines(view), view)
