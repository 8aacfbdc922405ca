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
    from orchestrator.views.mail import MtaStatus

    with app.open() as site:
        found = MtaStatus.of(mail.status(site))
    app.tell(page.status_lines(found), found)


@command.command()
@click.option("--limit", metavar="N", type=click.IntRange(min=1), default=20, show_default=True, help="Rows of each table.")
@click.pass_obj
def queue(app: App, *, limit: int) -> None:
    """What lies in the queues of both mail servers: by age, by the domain of the sender, by reason."""
    from orchestrator.display.pages import mail as page
    from orchestrator.plans import mail
    from orchestrator.views.mail import MtaQueue

    with app.open() as site:
        found = MtaQueue.of(mail.queue(site), site.host.system.now())
    app.tell(page.queue_lines(found, limit), found)


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
    from orchestrator.views.checks import found, stopped
    from orchestrator.views.runs import RunEnds
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
            nothing = RunEnds(schema="orchestrate.mta-switch/1", changed=False)
            app.tell([f"nothing to do: {wanted.label} is active already"], nothing)
            return DONE
        if diagram:
            return draw(app, "mta-switch", plan)
        told = found(mail.check(site, plan))
        app.tell([*page.plan_lines(site.settings.name, plan), "", *check_page.lines(told), ""])
        if not stopped(told):
            app.sure(f"Switch {site.settings.name} from {plan.old.label} to {plan.new.label} now?")

        def start(display: Display | None) -> RunRecord:
            return mail.start(site, plan, reason=reason, on_failure=on_failure, display=display)

        return begin(app, "orchestrate.mta-switch/1", start, detach=detach)
