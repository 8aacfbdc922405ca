"""`orchestrate mta`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import detach_option, diagram_option, gate_options, reason_option

if TYPE_CHECKING:
    from orchestrator.display.base import Display
    from state.journal import RunRecord


@click.group()
def command() -> None:
    """The mail server: which one is active and why, its queue, and the switch to the other one."""


@command.command()
@click.pass_obj
def status(app: App) -> None:
    """Which mail server OpenEMM uses and why, versions, queues and their age, and the last switch."""
    from orchestrator.display.pages import mail as page
    from orchestrator.plans import mail

    with app.open() as site:
        found = mail.status(site)
    app.show("mta-status", page.status_lines(found), page.status_facts(found))


@command.command()
@click.option("--limit", metavar="N", type=click.IntRange(min=1), default=20, show_default=True, help="Rows of each table.")
@click.pass_obj
def queue(app: App, *, limit: int) -> None:
    """What lies in the queues of both mail servers: by age, by the domain of the sender, by reason."""
    from orchestrator.display.pages import mail as page
    from orchestrator.plans import mail

    with app.open() as site:
        found = mail.queue(site)
        now = site.host.machine.now()
    app.show("mta-queue", page.queue_lines(found, now, limit), page.queue_facts(found, now))


@command.command()
@click.argument("target", metavar="postfix|sendmail")
@click.option("--flush", is_flag=True, help="Push the queue while waiting for it.")
@click.option("--requeue", is_flag=True, help="Hand what is left to the new server; held mails stay held where they are.")
@click.option("--discard-queue", is_flag=True, help="Write what is left to a dated archive and take it out of the queue.")
@diagram_option
@gate_options
@click.option("--on-failure", type=click.Choice(["stop", "undo"]), default="stop", show_default=True, help="When a step fails.")
@detach_option
@reason_option
@click.pass_obj
def switch(
    app: App, target: str, *, flush: bool, requeue: bool, discard_queue: bool, diagram: bool, wait: float | None,
    window: str | None, ignore_dispatch: bool, on_failure: str, detach: bool, reason: str | None,
) -> int:  # fmt: skip
    """Let OpenEMM send through the other mail server; not one mail is lost or sent twice.

    Installs and configures it while mail still flows, waits until the queue is empty, and proves the new server before the
    application starts again. `orchestrate abort` takes an unfinished switch back, with the queue.
    """
    from orchestrator.cli.outcome import begin, draw
    from orchestrator.display.pages import checks as check_page
    from orchestrator.display.pages import mail as page
    from orchestrator.errors import DONE
    from orchestrator.plans import mail
    from workflows.model.errors import UsageError
    from workflows.model.plans import GateOptions
    from workflows.rules.mta import Leftovers

    wanted = mail.target_of(target)
    if requeue and discard_queue:
        raise UsageError("--requeue and --discard-queue exclude each other", key="leftovers-ambiguous")
    leftovers = Leftovers.REQUEUE if requeue else Leftovers.DISCARD if discard_queue else Leftovers.WAIT
    with app.open() as site:
        plan = mail.make_plan(site, wanted, GateOptions(wait, window, ignore_dispatch), leftovers=leftovers, flush=flush)
        if plan is None:
            app.show("mta-switch", [f"nothing to do: {wanted.label} is active already"], page.NOTHING)
            return DONE
        if diagram:
            return draw(app, "mta-switch", plan)
        findings = mail.check(site, plan)
        if not app.json:
            app.show("plan", [*page.plan_lines(site.settings.name, plan), "", *check_page.lines(findings), ""], {})
        if not check_page.stopped(findings):
            app.sure(f"Switch {site.settings.name} from {plan.old.label} to {plan.new.label} now?")

        def start(display: Display | None) -> RunRecord:
            return mail.start(site, plan, reason=reason, on_failure=on_failure, display=display)

        return begin(app, "mta-switch", start, detach=detach)
