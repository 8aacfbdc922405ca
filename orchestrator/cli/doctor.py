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
    from orchestrator.services.doctor import KEYS, examine

    with app.open() as site:
        findings, fixed = examine(site, resolver), []
        if wanted:
            fixed = mend(
                app, site, findings, wanted, known=KEYS, page=lambda f: doctor.lines(site.settings.name, f), reason=reason
            )
            findings = examine(site, resolver) if fixed else findings
        facts = {"stopped": checks.stopped(findings), "findings": checks.facts(findings), "fixed": checks.fixed_facts(fixed)}
        app.show("doctor", [*checks.fixed_lines(fixed), *doctor.lines(site.settings.name, findings)], facts)
    return STOPPED if checks.stopped(findings) else DONE
