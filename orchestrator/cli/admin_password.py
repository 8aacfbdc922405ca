"""`orchestrate admin-password`."""

from __future__ import annotations

import sys

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import reason_option


@click.command()
@click.option("--generate", is_flag=True, help="Make one up and show it once; else it is asked for, unseen.")
@click.option("--first", is_flag=True, help="Show the one that an installation made, once; nothing is changed.")
@reason_option
@click.pass_obj
def command(app: App, *, generate: bool, first: bool, reason: str | None) -> None:
    """A new password for emm-master, which must be changed at the next login.

    The password stands in no command line, log or ledger. With --quiet nothing but a generated password is printed.
    """
    from orchestrator.upkeep.configuring import set_password
    from orchestrator.views.configuration import AdminPassword
    from workflows.rules.password import generated, require_good

    if first:
        show_first(app)
        return
    with app.open() as site:
        if generate:
            app.sure(f"Give emm-master of {site.settings.name} a new password?")
            password = generated()
        else:
            password = _asked(app)
            require_good(password)
        set_password(site, password, generated=generate, reason=reason)
    if generate and app.quiet and not app.json:
        click.echo(password)
        return
    lines = ["emm-master has a new password, to be changed at the first login"]
    lines += [f"  password  {password}    shown this once only"] if generate else []
    app.tell(lines, AdminPassword(changed=True, password=password if generate else None))


def show_first(app: App) -> None:
    """Show the password that an installation made, and forget it.

    Raises:
        UsageError: "first-password-gone".
    """
    from orchestrator.upkeep.first_password import take_first_password
    from orchestrator.views.configuration import AdminPassword
    from workflows.model.errors import UsageError

    password = take_first_password(app.settings)
    if password is None:
        raise UsageError(
            "there is no first password to be shown: none was made, or it was shown already", key="first-password-gone",
            unharmed=["the password is as it was"], next=["orchestrate admin-password --generate    makes a new one"],
        )  # fmt: skip
    if app.quiet and not app.json:
        click.echo(password)
        return
    lines = [f"emm-master's first password is {password}", "it is shown this once only, and must be changed at the first login"]
    app.tell(lines, AdminPassword(changed=False, password=password))


def _asked(app: App) -> str:
    """The password as typed twice."""
    from workflows.model.errors import UsageError

    if app.json or not sys.stdin.isatty():
        raise UsageError(
            "cannot ask for a new password without a terminal",
            key="answer-missing", unharmed=["nothing was changed"],
            next=["orchestrate admin-password --generate --yes    makes one up"],
        )  # fmt: skip
    password: str = click.prompt("New password for emm-master", hide_input=True, confirmation_prompt="Once more", err=True)
    return password
