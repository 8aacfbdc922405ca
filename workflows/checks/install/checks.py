"""What must hold of a host before an installation changes it (guide 3.1 to 3.3, 4.1 to 4.3, 5.4, 9.6; facts 10.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.doctor.selinux_off import CONFIG
from workflows.checks.doctor.subject import Subject
from workflows.checks.mta.checks import PORT, is_ours
from workflows.host import Host
from workflows.host.network import Listener
from workflows.model.answers import Mta, Verdict
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding
from workflows.model.installation import InstallPlan
from workflows.rules.configuration import require_mailloop, split_url

GIB = 1024**3
LEAST_MEMORY, GOOD_MEMORY = 2 * GIB, 4 * GIB
KERNEL_KEEPS = 0.9  # of the memory a machine is sold with, about so much is told to be there
UNPACKED = 4  # a tarball of web applications grows about that much, and the tarball is kept beside
UNKNOWN_PACKAGES = GIB // 2
LOG_FLOOD = GIB // 2  # a failed start writes up to 420 MB of logs within seconds (facts 17.5)
DATABASE, DATABASE_ROOM = "/var/lib/mysql", GIB
SHUTDOWN_PORT, TLS_PORT = 8005, 8443

OS = Subject("os-supported", "the operating system is known", "its packages are not known, nor what they are called", "guide 3.1")
SYSTEMD = Subject("systemd", "systemd runs this host", "OpenEMM is started and stopped as a unit", "guide 9.1")
SELINUX = Subject("selinux", "SELinux does not enforce", "it keeps OpenEMM's mail filter from its socket", "guide 3.2")
CRON_RUNS = Subject("cron", "cron is enabled", "old logs and archives would fill the disk", "guide 3.2")
NAME = Subject("fqdn", "the host has a full name", "mail would be sent in the name of localhost", "guide 3.9")
WRITABLE = Subject("etc-writable", "/etc can be written", "limits, services and mail server are configured there")
MEMORY = Subject("memory", "memory", "the application ends when it runs out of it", "guide 9.6")
ROOM = Subject("disk-room", "room on the disks", "a full disk stops the run half-way")
URL = Subject("url", "the server's URL", "links in mailings are made of it", "guide 5.4")
MAILLOOP = Subject("mailloop", "the mailloop domain", "bounces that come later would not be caught", "guide 5.4")
MTA = Subject("mta-other-active", "no other mail server is active", "two cannot share port 25 and the queue", "guide 4.2, 4.3")
PORTS = Subject("port-taken", "the ports are free", "what is installed could not listen there", "guide 4.1")


def preflight(host: Host, plan: InstallPlan) -> list[Finding]:
    """Everything that would stop the installation, or should be known before; nothing is changed.

    What an administrator knows better than a check is answered as a difference is: `--keep selinux`.
    """
    found = [*_system(host, plan), *_room(host, plan), *_names(host, plan)]
    if host.units.available():
        found += [*_mail_server(host, plan), *_ports(host, plan)]
    return found


def _system(host: Host, plan: InstallPlan) -> Iterator[Finding]:
    known = host.system.distribution()
    if known.supported:
        yield OS.fine(known.name)
    else:
        systems = ", ".join(host.capabilities.supported())
        yield OS.stops(f"{known.name or 'a system without /etc/os-release'} is none of {systems}", "install on one of them")
    if not host.units.available():
        yield SYSTEMD.stops("it does not", "install on a host that systemd has booted, not in a container")
    mode = host.system.selinux().now
    if mode == "enforcing":
        fix = CONFIG
        yield _unless_kept(plan, SELINUX, "it enforces", fix)
    else:
        yield SELINUX.fine(mode)
    unit = known.cron
    state = host.units.state(unit)
    if state.exists and not (state.enabled and state.active):
        measured = f"{unit} is {'enabled' if state.enabled else 'disabled'} and {'runs' if state.active else 'does not run'}"
        yield CRON_RUNS.warns(f"{measured}; the installation starts it, and at every boot", f"systemctl enable --now {unit}")
    else:
        yield CRON_RUNS.fine("yes" if state.exists else "not installed yet")
    if read_only := host.mail.writable():
        yield WRITABLE.stops(f"{', '.join(read_only)}: mounted read-only", f"mount -o remount,rw {read_only[0]}")
    else:
        yield WRITABLE.fine("yes")


def _room(host: Host, plan: InstallPlan) -> Iterator[Finding]:
    memory = host.system.memory()
    measured, fix = f"{memory / GIB:.1f} GiB", "give the machine 2 GiB at least, better 4 GiB"
    if memory < LEAST_MEMORY * KERNEL_KEEPS:
        yield MEMORY.stops(measured, fix)
    elif memory < GOOD_MEMORY * KERNEL_KEEPS:
        yield MEMORY.warns(measured, fix)
    else:
        yield MEMORY.fine(measured)
    packages = sum(ref.size or 0 for ref in plan.hop.target.packages) or UNKNOWN_PACKAGES
    needs = [(plan.home, packages * UNPACKED + LOG_FLOOD, "the release and its logs")]
    if plan.answers.database == "local":
        needs.append((DATABASE, DATABASE_ROOM, "the database"))
    for path, needed, what in needs:
        free = host.system.space(path).free
        measured = f"{path}: {free / GIB:.1f} GiB free, {needed / GIB:.1f} GiB needed for {what}"
        yield ROOM.stops(measured, f"df -h {path}    make room there") if free < needed else ROOM.fine(measured)


def _names(host: Host, plan: InstallPlan) -> Iterator[Finding]:
    answers, name = plan.answers, host.network.full_name()
    if name is None:
        yield NAME.stops("its name has no domain", f"hostnamectl set-hostname {answers.name}    and the same name in /etc/hosts")
    elif name.lower() != answers.name.lower():
        fix = f"hostnamectl set-hostname {answers.name}    or the same command with --name {name}"
        yield NAME.warns(f"it calls itself {name}, and was answered to be {answers.name}", fix)
    else:
        yield NAME.fine(name)
    servers = {answers.name, *([name] if name else [])}
    try:
        url, server = split_url(answers.url)
        yield URL.fine(url)
        servers.add(server)
    except WorkflowError as error:
        yield URL.stops(error.message, "the same command with --url URL    another one")
    try:
        require_mailloop(answers.mailloop_domain, servers)
        yield MAILLOOP.fine(answers.mailloop_domain)
    except WorkflowError as error:
        yield MAILLOOP.stops(error.message, "the same command with --mailloop-domain DOMAIN    another one")


def _mail_server(host: Host, plan: InstallPlan) -> Iterator[Finding]:
    mta = plan.answers.mta
    other = host.mail.server(mta.other)
    if pids := other.processes():
        fix = f"systemctl disable --now {other.units[0]}    when mailq is empty; where OpenEMM runs, orchestrate mta switch {mta}"
        yield MTA.stops(f"{other.mta.label} runs (process {pids[0]}), and {mta.label} was chosen", fix)
    else:
        yield MTA.fine("yes")


def _ports(host: Host, plan: InstallPlan) -> Iterator[Finding]:
    """Ours is what a mail server or OpenEMM's own user has."""
    mail = {pid for mta in Mta for pid in host.mail.server(mta).processes()}
    taken = [(PORT, one) for one in host.network.listeners(PORT) if not is_ours(one, mail)]
    for port in (plan.http_port, SHUTDOWN_PORT, *([TLS_PORT] if plan.answers.certificate else [])):
        taken += [(port, one) for one in host.network.listeners(port) if not _is_openemm(host, plan, one)]
    for port, one in taken:
        measured = f"{one.program or 'an unknown program'} (process {one.pid or 'unknown'}) listens on port {port}"
        yield PORTS.stops(measured, f"ss -ltnp 'sport = :{port}'    who it is; stop it, and disable its unit")
    if not taken:
        yield PORTS.fine("yes")


def _is_openemm(host: Host, plan: InstallPlan, one: Listener) -> bool:
    return one.pid is not None and host.system.process_user(one.pid) == plan.user


def _unless_kept(plan: InstallPlan, subject: Subject, measured: str, fix: str) -> Finding:
    if plan.answers.differences.get(subject.key) is Verdict.KEEP:
        return subject.warns(f"{measured}, which was accepted", fix)
    return subject.stops(measured, f"{fix}    or the same command with --keep {subject.key}")
