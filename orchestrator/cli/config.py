"""`orchestrate config`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.app import App
from orchestrator.cli.options import reason_option

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from orchestrator.upkeep.configuring import Proposal
    from orchestrator.views.configuration import ConfiguredBy


@click.group()
def command() -> None:
    """What OpenEMM is configured to in its database; every change is checked, shown first and kept in the ledger."""


@command.command()
@click.argument("pattern", metavar="[PATTERN]", required=False)
@click.pass_obj
def show(app: App, pattern: str | None) -> None:
    """The settings as the application on this host sees them; secrets are hidden.

    PATTERN is a part of the key (mailaddress), or with * and ? all of it ("system.*").
    """
    from orchestrator.display.pages import configuration as page
    from orchestrator.upkeep.configuring import settings_seen
    from orchestrator.views.configuration import Setting, Settings

    host, seen = settings_seen(app.settings, pattern)
    view = Settings(host=host, settings=tuple(Setting.of(one, host) for one in seen))
    app.tell(page.show_lines(seen, host, pattern), view)


@command.command(name="set")
@click.argument("key", metavar="KEY")
@click.argument("value", metavar="[VALUE]", required=False)
@click.option("--from-file", metavar="FILE", help="The value is the content of FILE (- for standard input); for secrets.")
@click.option("--host", metavar="NAME", help="For that host only; its value wins over that for all.")
@click.option("--force-key", is_flag=True, help="Set it although no such key is known.")
@reason_option
@click.pass_obj
def set_(
    app: App, key: str, value: str | None, *, from_file: str | None, host: str | None, force_key: bool, reason: str | None
) -> None:
    """Set KEY (class.name, as in system.url) to VALUE, for all hosts unless told otherwise."""
    from orchestrator.upkeep.configuring import propose_value

    given = _value(key, value, from_file)
    with app.open() as site:
        proposal = propose_value(site, key, given, host=host, force_key=force_key)
        _do(app, site, proposal, schema="orchestrate.config-set/1", question=f"Set {key} on {site.settings.name}?", reason=reason)


@command.command()
@click.argument("url", metavar="URL")
@click.option("--mailloop", metavar="DOMAIN", help="The mailloop domain, never the server's own name; else the one that is set.")
@click.option(
    "--keep", metavar="KEY", multiple=True, help="Leave this one as it is; may be repeated. Also rdir_domain, mailloop_domain."
)
@reason_option
@click.pass_obj
def url(app: App, url: str, *, mailloop: str | None, keep: tuple[str, ...], reason: str | None) -> None:
    """Make URL (https://openemm.example.com) the server's, with all settings and company domains that follow from it."""
    from orchestrator.upkeep.configuring import propose_url

    with app.open() as site:
        proposal = propose_url(site, url, mailloop=mailloop, keep=keep)
        question = f"Make these changes on {site.settings.name}, all or none?"
        _do(app, site, proposal, schema="orchestrate.config-url/1", question=question, reason=reason)


def _do(app: App, site: Site, proposal: Proposal, *, schema: ConfiguredBy, question: str, reason: str | None) -> None:
    """Show the difference, ask, change, and say whether a restart is needed."""
    from orchestrator.display.pages import configuration as page
    from orchestrator.display.words import number
    from orchestrator.upkeep.configuring import apply
    from orchestrator.views.configuration import Configured

    view = Configured.of(schema, proposal)
    if not proposal.changes:
        app.tell(["nothing to do: it is so already"], view)
        return
    app.tell([*page.proposal_lines(proposal), ""])
    app.sure(question)
    run = apply(site, proposal, reason=reason)
    done = f"{number(len(proposal.changes), 'value')} changed, in the ledger"
    app.tell([done, page.effect_line(proposal, run)], view)


def _value(key: str, value: str | None, from_file: str | None) -> str:
    """The value from where it was given; a secret never from the command line, where anybody on the host can read it."""
    from workflows.model.errors import UsageError
    from workflows.model.values import is_secret

    if (value is None) is (from_file is None):
        raise UsageError(
            f"say what {key} is to be, once", key="config-value-missing",
            next=[f"orchestrate config set {key} VALUE", f"orchestrate config set {key} --from-file FILE"],
        )  # fmt: skip
    if from_file is not None:
        return _content(from_file)
    if is_secret(key, value):
        raise UsageError(
            f"{key} is a secret, and a command line can be read by everybody on this host",
            key="secret-on-command-line", unharmed=["nothing was changed"],
            next=[f"orchestrate config set {key} --from-file FILE    a 0600 file; - for standard input"],
        )  # fmt: skip
    return value or ""


def _content(file: str) -> str:
    """The text of a file or of standard input; a line feed at its end belongs to the value of keys only."""
    from workflows.model.errors import UsageError

    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8", key="config-value-malformed", unharmed=["nothing was changed"]) from None
    return text if text.startswith("-----BEGIN ") else text.removesuffix("\n")
