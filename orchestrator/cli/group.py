"""The group of all commands: each command's module is imported when it is called, not before."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import suppress
from typing import Any

import click

from orchestrator.cli.app import App

SECTIONS: dict[str, dict[str, str]] = {
    "Look": {
        "status": "What runs here, and whether a run is open.",
        "check": "What would stop an upgrade.",
        "plan": "What an upgrade would do, and how long mail is down.",
    },
    "Install": {
        "install": "From a bare server to a running, verified OpenEMM.",
    },
    "Upgrade": {
        "upgrade": "Go to a newer release, line by line, each hop proven.",
        "resume": "Go on with a run where it stopped.",
        "pause": "Let a run stop at its next safe place.",
        "abort": "Take back everything an unfinished run did.",
        "watch": "Follow a run from anywhere.",
    },
    "Go back": {
        "rollback": "Back to an older release, with the database of that time.",
        "switch": "Another version of one component, within its line.",
    },
    "Mail": {
        "doctor": "Why no mail leaves, and what mends it.",
        "mta": "Which mail server is active, its queue, and the switch to the other.",
    },
    "Look back": {
        "runs": "All runs of this site.",
        "run": "One run, step by step.",
        "history": "Which version of what was active when.",
        "audit": "Prove that the ledger is unbroken.",
    },
    "Keep": {
        "backup": "Dumps of the database that were really restored.",
        "packages": "The packages this site can be upgraded with.",
        "restart": "Restart the application, and see that it answers.",
        "database": "How large, how tuned and of which format its tables are.",
    },
    "Configure": {
        "config": "What OpenEMM is configured to, and who changed it.",
        "admin-password": "A new password for emm-master.",
    },
    "Try": {
        "sandbox": "A whole host in a folder, to try and to test on.",
    },
}
_NO_COMMAND: type[click.ClickException] | tuple[()] = getattr(click.exceptions, "NoArgsIsHelpError", ())  # since Click 8.2
COMMANDS = {name: help_text for section in SECTIONS.values() for name, help_text in section.items()}


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value and param.name:
        setattr(ctx.find_root().obj, param.name, value)


def _global_options(*, hidden: bool) -> list[click.Parameter]:
    def flag(name: str, text: str) -> click.Option:
        return click.Option([name], is_flag=True, is_eager=True, expose_value=False, callback=_remember, help=text, hidden=hidden)

    return [
        click.Option(
            ["--site"], metavar="PATH", is_eager=True, expose_value=False, callback=_remember, hidden=hidden,
            help="A site file or a sandbox folder; else ORCHESTRATE_SITE, else this host.",
        ),
        flag("--json", "Data instead of text; each document names its schema."),
        flag("--yes", "Answer yes to every question."),
        flag("--quiet", "Say nothing but errors."),
        flag("--no-color", "No colours; NO_COLOR does the same."),
        flag("--debug", "Show where an error came from."),
    ]  # fmt: skip


def _take_global_options(command: click.Command) -> None:
    """Let the global options stand behind the command too."""
    if any(param.name == "debug" for param in command.params):
        return
    command.params.extend(_global_options(hidden=True))
    command.context_settings.setdefault("help_option_names", ["-h", "--help"])
    if isinstance(command, click.Group):
        for sub in command.commands.values():
            sub.short_help = sub.short_help or _first_sentence(sub.help or "")
            _take_global_options(sub)


def _first_sentence(text: str) -> str:
    """The line in a group's help, which Click would else cut off in its middle."""
    paragraph, _, _ = text.partition("\n\n")
    sentence, _, _ = " ".join(paragraph.split()).partition(". ")
    return sentence.rstrip(".") + "."


class LazyGroup(click.Group):
    """Knows its commands by name; loads the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, its module imported now."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            module = importlib.import_module(f"orchestrator.cli.{cmd_name.replace('-', '_')}")
            command: click.Command = module.command
            command.help = command.help or COMMANDS[cmd_name]
            _take_global_options(command)
            self.add_command(command, cmd_name)
        return self.commands[cmd_name]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help's list, without loading any of them."""
        del ctx
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<14}", text) for name, text in commands.items()])


def build() -> LazyGroup:
    """The command line."""

    def begin() -> int:
        ctx = click.get_current_context()
        if ctx.invoked_subcommand is None:
            from orchestrator.cli.welcome import welcome

            welcome(ctx.obj, SECTIONS)
        return 0

    def version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value:
            from orchestrator.tool import TOOL_VERSION

            click.echo(f"orchestrate {TOOL_VERSION}")
            ctx.exit()

    show_version = click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=version, help="Show the version."
    )
    return LazyGroup(
        name="orchestrate",
        callback=begin,
        invoke_without_command=True,
        params=[*_global_options(hidden=False), show_version],
        help="Resumable, proven and audited upgrades of OpenEMM servers.",
        epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 stopped by a check, 4 waiting or paused.",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    )


def run(args: list[str]) -> int:
    """Run the command line with these arguments; its exit code."""
    app = App()
    try:
        code = build().main(args=args, prog_name="orchestrate", standalone_mode=False, obj=app)
        if sys.stdout:
            sys.stdout.flush()
    except BrokenPipeError:
        return 1
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the one place where every error ends
        return _tell(error, app, as_data=app.json or "--json" in args)
    return code if isinstance(code, int) else 0


def _tell(error: BaseException, app: App, *, as_data: bool) -> int:
    from orchestrator import errors

    with suppress(OSError):  # nobody reads it any more
        _show(error, app, as_data=as_data)
    return errors.told(error).exit_code


def _show(error: BaseException, app: App, *, as_data: bool) -> None:
    from orchestrator import errors

    if isinstance(error, _NO_COMMAND) and not as_data:
        click.echo(error.format_message(), err=True)
    elif as_data:
        import json

        from orchestrator.views.document import as_document
        from orchestrator.views.errors import Error

        click.echo(json.dumps(as_document(Error.of(error, debug=app.debug)), ensure_ascii=False))
    else:
        color = not app.no_color and not os.environ.get("NO_COLOR")
        first, *rest = errors.as_text(error, debug=app.debug)
        click.echo("\n".join([click.style(first, bold=True), *rest]), err=True, color=None if color else False)
