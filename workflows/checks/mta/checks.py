"""What must hold before a switch of the mail server may start; each with a stable key and a fix that can be run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workflows.host import Host
from workflows.host.mail import Source
from workflows.host.network import Listener
from workflows.host.system import Family
from workflows.model.answers import Mta
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding, Severity, passed
from workflows.model.version import Version
from workflows.rules.mta import KNOWN, MtaPlan, decide

PORT = 25
LONGEST_SOCKET = 107  # bytes of a unix socket's path
LAST_WITH_SENDMAIL = Version(23, 4)


@dataclass(frozen=True)
class Question:
    """What the checks look at."""

    host: Host
    plan: MtaPlan
    home: str
    version: str  # of the active frontend


Check = Callable[[Question], Iterator[Finding]]


def stop(key: str, title: str, measured: str, why: str, fix: str) -> Finding:
    """An inhibitor."""
    return Finding(key, Severity.INHIBITOR, title, measured, why, fix)


def systemd(question: Question) -> Iterator[Finding]:
    """The units of the mail servers are systemd's."""
    title = "systemd runs this host"
    if question.host.units.available():
        yield passed("systemd", title, "yes")
    else:
        yield stop("systemd-missing", title, "systemd does not run here", "a mail server is stopped and started as a unit",
                   "switch on the host itself, not in a sandbox")  # fmt: skip


def one_active(question: Question) -> Iterator[Finding]:
    """Exactly one server runs, and it is the one the application uses; no third one is chosen."""
    title, mail = "one mail server is active", question.host.mail
    running = [mta for mta in Mta if mail.server(mta).processes()]
    clues = mail.clues()
    third = next((c for c in clues if c.source is Source.ALTERNATIVES and c.says is not None and c.says not in KNOWN), None)
    if not any(mail.server(mta).version() for mta in Mta):
        manager, packages = question.host.os_packages, " ".join(mail.server(question.plan.new).packages)
        yield stop("mta-none-installed", title, "neither Postfix nor Sendmail is installed", "there is nothing to switch from",
                   f"{manager.name} install {packages}    then configure it as guide 4.2 and 4.3 say")  # fmt: skip
    elif third is not None:
        yield stop("alternatives-third", title, f"alternatives lead to {third.says}: {third.detail}",
                   "OpenEMM works with Postfix and Sendmail only",
                   f"alternatives --set mta {mail.server(question.plan.old).program}")  # fmt: skip
    elif len(running) > 1:
        yield stop("mta-both-active", title, "Postfix and Sendmail both run", "which one holds which mail cannot be told",
                   f"systemctl disable --now {mail.server(question.plan.new).units[0]}    or the other")  # fmt: skip
    elif running and running[0] is not question.plan.old:
        yield stop("mta-contradiction", title, f"{running[0].label} runs, but the application uses {question.plan.old.label}",
                   decide(clues).why,
                   "orchestrate mta status    what each source says; then stop the one or choose the other")  # fmt: skip
    else:
        against = decide(clues).contradictions
        if against:
            yield Finding("mta-sources", Severity.WARNING, title, "; ".join(against), "the switch makes all sources agree")
        else:
            yield passed("mta-active", title, question.plan.old.label)


def environment_free(question: Question) -> Iterator[Finding]:
    """MTA in the environment wins over all that a switch can set."""
    for clue in question.host.mail.clues():
        if clue.source is Source.ENVIRONMENT and clue.says not in (None, question.plan.target):
            yield stop("mta-environment", "MTA is not set", clue.detail, "it wins over alternatives and units (facts 12)",
                       "remove it there, and restart the backend")  # fmt: skip


def target_fits(question: Question) -> Iterator[Finding]:
    """Sendmail is not for SLES, nor for Debian, nor for lines from 23.10 on."""
    if question.plan.new is not Mta.SENDMAIL:
        return
    family = question.host.system.distribution().family
    if family is Family.SUSE:
        yield stop(
            "sendmail-not-on-sles", "the system offers it", "SLES does not offer Sendmail", "guide 4.3", "stay with Postfix"
        )
    if family is Family.DEBIAN:
        yield stop("sendmail-not-on-debian", "OpenEMM works with it here",
                   "OpenEMM does not know the places where Debian puts it", "facts 12", "stay with Postfix")  # fmt: skip
    if Version.parse(Version.parse(question.version).line) > LAST_WITH_SENDMAIL:
        yield stop("sendmail-unsupported", "the release supports it", f"OpenEMM {question.version} works with Postfix only",
                   "Sendmail's support ended with 23.04", "stay with Postfix")  # fmt: skip


def packages(question: Question) -> Iterator[Finding]:
    """What the target needs is installed or can be."""
    title, manager = "packages", question.host.os_packages
    wanted = question.host.mail.server(question.plan.new).packages
    there = manager.installed(wanted)
    lacking = [package for package in wanted if package not in there]
    if not lacking:
        yield passed("packages", title, "installed")
    elif gone := manager.missing(lacking):
        yield stop("package-unavailable", title, f"{manager.name} cannot install {', '.join(gone)}", "no repository offers it",
                   f"{manager.ask}    then add the one that does")  # fmt: skip
    else:
        yield passed("packages", title, f"{', '.join(lacking)} will be installed")


def name_is_full(question: Question) -> Iterator[Finding]:
    """Sendmail hangs for 60 s without a full name, and Postfix would send as localhost."""
    title = "the host has a full name"
    name = question.host.network.full_name()
    if name is None:
        yield stop("fqdn-missing", title, "its name has no domain", "mail would be sent in the name of localhost",
                   "hostnamectl set-hostname HOST.DOMAIN    and the same name in /etc/hosts")  # fmt: skip
    else:
        yield passed("fqdn", title, name)


def port_free(question: Question) -> Iterator[Finding]:
    """Nobody but the two servers listens on port 25."""
    title = f"port {PORT} is free for it"
    known = {pid for mta in Mta for pid in question.host.mail.server(mta).processes()}
    strangers = [one for one in question.host.network.listeners(PORT) if not is_ours(one, known)]
    if strangers:
        one = strangers[0]
        yield stop("port-taken", title, f"{one.program or 'an unknown program'} (process {one.pid or 'unknown'}) listens there",
                   "the new server could not", f"ps -fp {one.pid or 1}    stop it, and disable its unit")  # fmt: skip
    else:
        yield passed("port", title, "yes")


def is_ours(one: Listener, known: set[int]) -> bool:
    """Whether it is one of the two servers, whose master is `known`, or a child of it."""
    program = one.program or ""
    return one.pid in known or "/postfix/" in program or program.rpartition("/")[2].startswith("sendmail")


def queue_of_target(question: Question) -> Iterator[Finding]:
    """Mails of long ago in the target's queue would be sent when it starts (guide 9.9)."""
    title, new = "the target's queue is empty", question.host.mail.server(question.plan.new)
    old_mails = [mail for mail in new.queue() if not mail.held] if new.version() else []
    if old_mails:
        yield stop("target-queue-not-empty", title, f"{len(old_mails)} mails lie in {new.mta.label}'s queue",
                   f"{new.mta.label} would send them when it starts",
                   "orchestrate mta queue    what they are; then send or remove them")  # fmt: skip
    else:
        yield passed("target-queue", title, "yes")


def queue_readable(question: Question) -> Iterator[Finding]:
    """Every mail of the old queue can be read: counted, handed over, archived."""
    mails = question.host.mail.server(question.plan.old).queue()
    yield passed("queue", "the queue can be read", "empty" if not mails else f"{len(mails)} mails")


def milter(question: Question) -> Iterator[Finding]:
    """The bounce filter's socket has a path that fits, and answers."""
    title, path = "the bounce filter", f"{question.home}/var/run/bav.sock"
    if len(path.encode()) > LONGEST_SOCKET:
        yield stop("milter-path", title, f"{path} is longer than a socket's path may be", "no mail server could connect to it",
                   "move the home to a shorter path")  # fmt: skip
    elif question.host.mail.milter():
        yield passed("milter", title, "answers")
    else:
        yield Finding("milter-missing", Severity.WARNING, title, f"{path} does not answer",
                      "a server that asks it puts every incoming mail off",
                      "orchestrate doctor    whether the backend runs, and its filter")  # fmt: skip


def mailloop_service(question: Question) -> Iterator[Finding]:
    """What the mailloop service is made of is there; procmail may come with the packages."""
    lacking = [what for what in question.host.mail.programs() if "procmail" not in what]
    if lacking:
        yield stop("mailloop-incomplete", "the mailloop service", f"there is no {lacking[0]}", "bounces would be lost",
                   "orchestrate status    whether a backend is active")  # fmt: skip


def certificates(question: Question) -> Iterator[Finding]:
    """The TLS files that the target's configuration names."""
    new = question.host.mail.server(question.plan.new)
    if not new.version():
        return
    if unreadable := question.host.mail.unreadable(new.certificates()):
        yield stop("tls-unreadable", "TLS files", f"{unreadable[0]} cannot be read", "its configuration names it",
                   f"ls -l {unreadable[0]}")  # fmt: skip


def configuration(question: Question) -> Iterator[Finding]:
    """What would be changed; proven in a folder aside."""
    title, new = "configuration", question.host.mail.server(question.plan.new)
    if not new.version():
        yield passed("configuration", title, "will be written")
        return
    changes = new.changes(question.plan.name)
    for odd in new.warnings():
        yield Finding("configuration-odd", Severity.WARNING, title, odd)
    yield passed("configuration", title, f"{len(changes)} settings will change" if changes else "complete")


def folders(question: Question) -> Iterator[Finding]:
    """/etc can be written."""
    if shut := question.host.mail.writable():
        yield stop("read-only", "configuration can be written", f"{shut[0]} is on a file system mounted read-only",
                   "nothing could be configured", f"mount -o remount,rw {shut[0]}")  # fmt: skip


CHECKS: tuple[Check, ...] = (
    systemd, one_active, environment_free, target_fits, packages, name_is_full, port_free, queue_of_target, queue_readable,
    milter, mailloop_service, certificates, configuration, folders,
)  # fmt: skip


def run_checks(host: Host, plan: MtaPlan, home: str, version: str) -> list[Finding]:
    """Run every check; one that cannot look is an inhibitor with the key of what kept it from looking."""
    question = Question(host, plan, home, version)
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings += check(question)
        except WorkflowError as error:
            fix = error.next[0] if error.next else ""
            what = f"{error.message}: {error.detail[0]}" if error.detail else error.message
            findings.append(Finding(error.error_key, Severity.INHIBITOR, check.__name__.replace("_", " "), what, fix=fix))
        if findings[-1:] and findings[-1].key == "systemd-missing":
            break
    return findings
