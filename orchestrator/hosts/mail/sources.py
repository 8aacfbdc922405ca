"""The five sources that scripts/config.sh asks for the mail server (facts 12), each asked as it does."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator import processes
from orchestrator.acting import below
from orchestrator.command import CommandError, run
from orchestrator.files import small_text
from orchestrator.user import command_as, environment_of
from workflows.host.mail import Clue, MailServer, Source
from workflows.host.units import Units
from workflows.model.answers import Mta

SENDMAIL = (Path("/usr/sbin/sendmail"), Path("/usr/lib/sendmail"))
LOGIN_FILES = (".profile", ".bash_profile", ".bashrc", "bin/setenv.sh")
SYSTEM_CFG = ("etc/system.cfg", "scripts/system.cfg")
SYSTEM_WIDE_CFG = Path("/opt/agnitas.com/etc/system.cfg")
SECONDS = 30.0
MOST_LINKS = 10
_EXPORT = re.compile(r"^\s*(?:export\s+)?MTA=[\"']?([\w.-]+)", re.MULTILINE)
ENTRY = re.compile(r"""^(\s*["']?mta["']?\s*[=:]\s*["']?)([\w.-]+)""", re.MULTILINE)


def clues(home: Path, user: str, units: Units, servers: Mapping[Mta, MailServer]) -> list[Clue]:
    """What each source says, in their order."""
    return [environment(home), system_cfg(home, user), alternatives(), enabled(units, servers), running(servers)]


def environment(home: Path) -> Clue:
    """MTA in the environment of a running backend process, or set by a file that the user's login reads.

    Not of one that config.sh has prepared: that exports what it decided itself, with BASE and LICENCE.
    """
    for process in processes.backend(home):
        try:
            variables = (processes.PROC / str(process.pid) / "environ").read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile
            continue
        if {b"BASE", b"LICENCE"} <= {variable.partition(b"=")[0] for variable in variables}:
            continue
        value = next((os.fsdecode(v[4:]) for v in variables if v.startswith(b"MTA=")), "")
        if value:
            return Clue(Source.ENVIRONMENT, value, f"process {process} has MTA={value} in its environment")
    for name in LOGIN_FILES:
        path = home / name
        if match := _EXPORT.search(_text(path)):
            return Clue(Source.ENVIRONMENT, match[1], f"{path} sets MTA={match[1]}")
    return Clue(Source.ENVIRONMENT, None, "MTA is not set")


def system_cfg(home: Path, user: str) -> Clue:
    """`config-query mta` of the active backend where there is one, else the entry in system.cfg."""
    query = home / "release/backend/current/bin/config-query"
    if query.is_file():
        try:
            args = command_as(user, home, [str(query), "mta"])
            said = run(args, timeout=SECONDS, expect=None, env=environment_of(user, home), cwd=home)
            value = said.stdout.strip()
        except CommandError as error:
            return Clue(Source.SYSTEM_CFG, None, f"config-query cannot be asked: {error.message}")
        return Clue(Source.SYSTEM_CFG, value or None, f"config-query mta says {value or 'nothing'}")
    if (path := system_cfg_file(home)) is not None and (match := ENTRY.search(_text(path))):
        return Clue(Source.SYSTEM_CFG, match[2], f"{path} says mta = {match[2]}")
    return Clue(Source.SYSTEM_CFG, None, "system.cfg names none")


def system_cfg_file(home: Path) -> Path | None:
    """The first system.cfg that names a mail server."""
    for path in (*(home / name for name in SYSTEM_CFG), SYSTEM_WIDE_CFG):
        if ENTRY.search(_text(path)):
            return path
    return None


def _text(path: Path) -> str:
    """Of a file that may lie in the home; empty where there is none."""
    with below(path):
        return small_text(path, errors="replace") if path.is_file() else ""


def alternatives(paths: Sequence[Path] = SENDMAIL) -> Clue:
    """Where /usr/sbin/sendmail, else /usr/lib/sendmail, leads: `readlink -en`, or on the way there (a link behind the link)."""
    path = next((path for path in paths if os.path.lexists(path)), None)
    if path is None:
        return Clue(Source.ALTERNATIVES, None, f"there is no {paths[0]}")
    seen: list[str] = []
    at = path
    while at.is_symlink() and len(seen) < MOST_LINKS:
        at = at.parent / at.readlink()
        seen.append(at.name)
    way = f"{path} leads to {at}"
    for name in seen:
        if name.startswith("sendmail.") and (found := name.partition(".")[2]):
            return Clue(Source.ALTERNATIVES, found, way)
    if seen and at.exists() and at.name != "sendmail":
        return Clue(Source.ALTERNATIVES, at.name, way)
    return Clue(Source.ALTERNATIVES, None, way if seen else f"{path} is no link: this host has no alternatives for it")


def enabled(units: Units, servers: Mapping[Mta, MailServer]) -> Clue:
    """sendmail.service, then postfix.service: with both enabled, sendmail wins."""
    found = [mta for mta in (Mta.SENDMAIL, Mta.POSTFIX) if units.state(servers[mta].units[0]).enabled]
    names = " and ".join(servers[mta].units[0] for mta in found)
    verb = "are" if len(found) > 1 else "is"
    detail = f"{names} {verb} enabled" if found else "neither unit is enabled"
    return Clue(Source.UNITS, found[0].value if found else None, detail)


def running(servers: Mapping[Mta, MailServer]) -> Clue:
    """A running Postfix master; config.sh does not look for Sendmail, its default."""
    found = {mta: pids for mta, server in servers.items() if (pids := server.processes())}
    told = " and ".join(f"{mta.label} runs (process {pids[0]})" for mta, pids in found.items())
    first = Mta.POSTFIX if Mta.POSTFIX in found else next(iter(found), None)
    return Clue(Source.PROCESSES, first.value if first else None, told or "neither runs")
