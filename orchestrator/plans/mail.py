"""The mail servers of a site for the command line: plan a switch, start it, tell how things stand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.releases.catalogue import Catalogue
from orchestrator.runs.site import Site
from orchestrator.runs.start import Display, refuse, start_checked
from orchestrator.tool import TOOL_VERSION
from state.journal import RunRecord
from workflows.checks import mta
from workflows.checks.check import checks_in, run_all
from workflows.checks.mta.question import Question
from workflows.host.mail import Clue, Mail, QueuedMail
from workflows.model.answers import Mta
from workflows.model.errors import UsageError, WorkflowError
from workflows.model.finding import Finding
from workflows.model.plans import Component, GateOptions, Hop, Release
from workflows.model.version import Version
from workflows.rules.mta import Decision, Leftovers, MtaPlan, decide
from workflows.rules.window import parse_window
from workflows.steps.mail.queue import key_of

WORKFLOW = "mta-switch"
TRANSIT = "in transit"


def target_of(word: str) -> Mta:
    """The server that was named.

    Raises:
        UsageError: "mta-unknown".
    """
    try:
        return Mta(word.lower())
    except ValueError:
        raise UsageError(
            f"{word!r} is no mail server OpenEMM works with; it is postfix or sendmail", key="mta-unknown",
            next=["orchestrate mta switch postfix", "orchestrate mta switch sendmail"],
        ) from None  # fmt: skip


def make_plan(site: Site, target: Mta, gate: GateOptions, *, leftovers: Leftovers, flush: bool) -> MtaPlan | None:
    """The plan that leads to the target; None when it is active and nothing speaks against it.

    Raises:
        UsageError: "window-malformed".
    """
    if gate.window:
        parse_window(gate.window)
    mail = site.host.mail
    decision = decide(mail.clues())
    running = [mta for mta in Mta if mail.server(mta).processes()]
    if decision.mta is target and running in ([], [target]) and mail.server(target).version():
        return None
    source = running[0] if len(running) == 1 else target.other
    version = site.host.home.active().get(Component.FRONTEND)
    if version is None:
        raise WorkflowError(
            "cannot tell which release is active", key="frontend-missing", next=["orchestrate status    what is there"]
        )
    hop = Hop(1, version, Release(version, ()), Catalogue.load().rules(Version.parse(version).line), final=True, name="mta")
    wanted = mail.server(target).packages if site.host.units.available() else ()
    there = site.host.os_packages.installed(wanted) if wanted else {}
    return MtaPlan(
        source=source.value, target=target.value, name=site.host.network.full_name() or "", hop=hop,
        leftovers=leftovers, flush=flush, packages=tuple(package for package in wanted if package not in there), gate=gate,
        start_timeout=site.settings.start_timeout, migrate_timeout=site.settings.migrate_timeout, tool_version=TOOL_VERSION,
    )  # fmt: skip


def check(site: Site, plan: MtaPlan) -> list[Finding]:
    """All checks of a switch."""
    return run_all(checks_in(mta), Question(site.host, plan))


def start(site: Site, plan: MtaPlan, *, reason: str | None, on_failure: str, display: Display | None) -> RunRecord:
    """Check, then create the run and drive it.

    Raises:
        RefusedError: "run-open" or the key of a check; nothing was changed.
        StateError: "run-in-progress".
    """

    def look() -> None:
        refuse(check(site, plan), "orchestrate mta status    what is active, and why")

    return start_checked(site, WORKFLOW, plan, reason=reason, on_failure=on_failure, display=display, check=look)


@dataclass(frozen=True)
class ServerStatus:
    """One mail server. queues: name -> (mails, bytes, arrival of the oldest); None: cannot be read, `problem` says why."""

    mta: str
    version: str | None
    processes: tuple[int, ...]
    queues: dict[str, tuple[int, int, datetime]] | None
    problem: str | None = None


@dataclass(frozen=True)
class MailStatus:
    """How the mail servers stand."""

    now: datetime
    decision: Decision
    clues: tuple[Clue, ...]
    seen: str | None
    servers: tuple[ServerStatus, ...]
    last: tuple[str, datetime, str, str] | None  # run, when, from, to


def status(site: Site) -> MailStatus:
    """What is active and why, versions, queues, and the last switch that is remembered."""
    mail: Mail = site.host.mail
    clues = tuple(mail.clues())
    servers = tuple(_server(mail, mta) for mta in Mta)
    return MailStatus(site.host.system.now(), decide(clues), clues, mail.application_sees(), servers, _last(site))


def everywhere(mail: Mail, mta: Mta) -> list[QueuedMail]:
    """The mails of a server's queues, and those that a switch has taken out of them or made for them, told as in transit.

    Raises:
        WorkflowError: "queue-unreadable".
    """
    server = mail.server(mta)
    coming = {key_of(one) for one in mail.server(mta.other).taken()}
    transit = [*server.taken(), *(one for key, one in server.made().items() if key not in coming)]
    return [*server.queue(), *(replace(one, queue=TRANSIT) for one in transit)]


def _server(mail: Mail, mta: Mta) -> ServerStatus:
    server = mail.server(mta)
    version = server.version()
    try:
        mails = everywhere(mail, mta)
    except WorkflowError as error:
        return ServerStatus(mta.value, version, tuple(server.processes()), None, error.message)
    by_queue: dict[str, list[QueuedMail]] = defaultdict(list)
    for one in mails:
        by_queue[one.queue].append(one)
    queues = {name: (len(q), sum(m.size for m in q), min(m.arrived for m in q)) for name, q in sorted(by_queue.items())}
    return ServerStatus(mta.value, version, tuple(server.processes()), queues)


def _last(site: Site) -> tuple[str, datetime, str, str] | None:
    for run in site.store.journal.runs(site.key):
        if run.workflow == WORKFLOW and run.state == "completed":
            return run.id, run.ended or run.created, str(run.plan["source"]), str(run.plan["target"])
    return None


def queue(site: Site) -> list[tuple[Mta, QueuedMail]]:
    """Every mail in the queues of both servers, oldest first.

    Raises:
        WorkflowError: "queue-unreadable".
    """
    mail = site.host.mail
    found = [(mta, one) for mta in Mta for one in everywhere(mail, mta)]
    return sorted(found, key=lambda pair: pair[1].arrived)
