"""`orchestrate doctor`."""

from __future__ import annotations

import click

from orchestrator.cli.app import App
from orchestrator.cli.mend import fix_option, mend
from orchestrator.cli.options import reason_option


@click.command()
@click.option("--resolver", metavar="ADDRESS", help="Ask this name server (ADDRESS or ADDRESS:PORT), not the host's own.")
@fix_option
@reason_option
@click.pass_obj
def command(app: App, resolver: str | None, wanted: str | None, reason: str | None) -> int:
    """Why no mail leaves: the ten reasons of the guide, and more; what is fine is listed, too.

    Ends with 3 when something keeps mail from leaving. Without --fix it changes nothing.
    """
    from orchestrator.display.pages import checks, doctor
    from orchestrator.errors import DONE, STOPPED
    from orchestrator.views.checks import Mended, found, stopped
    from orchestrator.views.doctor import Doctor, examine, keys

    name = app.settings.name
    findings, fixed = examine(app.settings, resolver), []
    if wanted:
        with app.open() as site:
            fixed = mend(app, site, findings, wanted, known=keys(), page=lambda f: doctor.lines(name, f), reason=reason)
        findings = examine(app.settings, resolver) if fixed else findings
    told = found(findings)
    view = Doctor(stopped=stopped(told), findings=told, fixed=tuple(map(Mended.of, fixed)))
    app.tell([*checks.fixed_lines(view.fixed), *doctor.lines(name, told)], view)
    return STOPPED if view.stopped else DONE
