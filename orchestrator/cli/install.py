"""`orchestrate install`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orchestrator.answers.questions import QUESTIONS
from orchestrator.cli.app import App
from orchestrator.cli.options import diagram_option, reason_option

if TYPE_CHECKING:
    from orchestrator.settings import Settings
    from workflows.model.answers import Answers, Verdict
    from workflows.model.installation import Difference, InstallPlan

F = TypeVar("F", bound=Callable[..., Any])


def _answer_options(command: F) -> F:
    """An option for each question; what it says wins over the file."""
    for question in reversed(QUESTIONS):
        text = f"{question.ask} {question.why[:1].upper()}{question.why[1:]}."
        command = click.option(question.option, question.key, metavar="ANSWER", help=text)(command)
    return command


@click.command()
@click.option("--release", metavar="VERSION", required=True, help="A release (20.10.000.152) or the newest of a line (20.10).")
@click.option("--answers", "file", metavar="FILE", type=click.Path(path_type=Path), help="A TOML file with the answers.")
@click.option("--write-answers", metavar="FILE", type=click.Path(path_type=Path), help="Save the answers; then nothing is done.")
@click.option("--keep", metavar="KEY", multiple=True, help="Leave that as somebody configured it.")
@click.option("--replace", metavar="KEY", multiple=True, help="Make that as the guide wants it.")
@click.option("--resolver", metavar="ADDRESS", help="Ask this name server, not the host's.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@diagram_option
@click.option("--on-failure", type=click.Choice(["stop", "undo"]), default="stop", show_default=True, help="When a step fails.")
@reason_option
@_answer_options
@click.pass_obj
def command(
    app: App, /, release: str, *, file: Path | None, write_answers: Path | None, keep: Sequence[str], replace: Sequence[str],
    resolver: str | None, dry_run: bool, diagram: bool, on_failure: str, reason: str | None, **said: str | None,
) -> int:  # fmt: skip
    """From a bare server to a running, verified OpenEMM (guide 3 to 5).

    Asks what it must know, on a terminal or in a file, shows what would be changed, and changes that alone: what is right
    already stays, and what somebody configured otherwise is asked about. `orchestrate abort` takes an unfinished one back.
    """
    from orchestrator.answers import file as answers_file
    from orchestrator.cli.outcome import draw, finish
    from orchestrator.display.pages import checks as check_page
    from orchestrator.display.pages import install as page
    from orchestrator.errors import DONE, STOPPED
    from orchestrator.hosts.real import open_host
    from orchestrator.plans import install as installing
    from orchestrator.runs.site import Site
    from orchestrator.settings import SITE_FILE, load, site_file
    from orchestrator.views.checks import found, stopped
    from orchestrator.views.install import AnswersWritten, Install
    from orchestrator.views.runs import RunEnds

    given = answers_file.read(file) if file else {}
    given |= {key: value for key, value in said.items() if value is not None}
    answers = _answers(app, given, asks=file is None, keep=keep, replace=replace)
    settings = load(app.site, os.environ, bare=True)
    unwritten = None if site_file(app.site or os.environ.get("ORCHESTRATE_SITE"), os.environ, bare=True) else SITE_FILE
    if unwritten:
        settings = installing.settings_for(settings, answers)
    host = open_host(settings)
    plan = installing.make_plan(settings, host, release, answers, unwritten)
    parts = installing.look(host, plan)
    plan = _settle(app, plan, installing.unanswered(plan, parts))
    if write_answers:
        answers_file.write(write_answers, plan.answers)
        app.tell([f"written to {write_answers}"], AnswersWritten(file=str(write_answers)))
        return DONE
    if installing.nothing_to_do(plan, parts):
        app.tell([page.nothing_to_do(plan)], RunEnds(schema="orchestrate.install/1", changed=False))
        return DONE
    if diagram:
        return draw(app, "install", plan)
    findings = installing.check(host, plan, resolver)
    told = found(findings)
    if dry_run or not app.json:
        lines = [*page.lines(settings.name, plan, parts), "", *check_page.lines(told), ""]
        app.tell(lines, Install.of(plan, parts, told))
    if dry_run:
        return STOPPED if stopped(told) else DONE
    if not stopped(told):
        app.sure(f"Install OpenEMM {plan.target} on this host now?")
    with Site.open(settings) as site:
        run = installing.start(site, plan, findings, reason=reason, on_failure=on_failure, display=app.display)
    code = finish(app, "orchestrate.install/1", run)
    if code == DONE and run.state == "completed" and not app.json:
        app.tell(page.login_lines(plan, _first_password(settings)))
    return code


def _first_password(settings: Settings) -> str | None:
    """The password that was made for emm-master, on a terminal; never into a file or a pipe."""
    from orchestrator.upkeep.first_password import take_first_password

    return take_first_password(settings) if sys.stdout.isatty() else None


def _answers(app: App, given: dict[str, Any], *, asks: bool, keep: Sequence[str], replace: Sequence[str]) -> Answers:
    """From the options and the file; on a terminal and without a file, from a dialogue."""
    from orchestrator.answers import file as answers_file
    from workflows.model.answers import Verdict

    if asks and not (app.json or app.yes) and sys.stdin.isatty() and sys.stdout.isatty():
        from orchestrator.answers.dialogue import Dialogue
        from orchestrator.hosts.network.host_name import full_name

        name = full_name()
        given = Dialogue(given, sys.stdin, sys.stdout).run({"name": name} if name else {})
    verdicts = {**dict.fromkeys(keep, Verdict.KEEP), **dict.fromkeys(replace, Verdict.REPLACE)}
    return answers_file.with_verdicts(answers_file.complete(given), verdicts)


def _settle(app: App, plan: InstallPlan, differences: Sequence[Difference]) -> InstallPlan:
    """What somebody configured otherwise is asked about, one by one, where somebody can answer."""
    from dataclasses import replace as with_changes

    from orchestrator.answers import file as answers_file
    from orchestrator.plans import install as installing
    from workflows.model.answers import Verdict

    if not differences:
        return plan
    if app.yes or app.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        installing.refuse_unanswered(differences)
    verdicts: dict[str, Verdict] = {}
    for difference in differences:
        question = f"{difference.what} is {difference.now}. Make it {difference.wanted}? No leaves it."
        verdicts[difference.key] = Verdict.REPLACE if app.display.ask(question, f"--replace {difference.key}") else Verdict.KEEP
    return with_changes(plan, answers=answers_file.with_verdicts(plan.answers, verdicts))
