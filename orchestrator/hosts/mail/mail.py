"""The mail servers of one host, put together (workflows.host.mail.Mail)."""

from __future__ import annotations

import os
import shlex
import shutil
import smtplib
import socket
import stat
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.acting import below
from orchestrator.command import PATH, run
from orchestrator.data import distributions
from orchestrator.files import write_atomic
from orchestrator.hosts.mail import sources
from orchestrator.hosts.mail.alternatives import SystemAlternatives
from orchestrator.hosts.mail.archive import DatedArchive
from orchestrator.hosts.mail.postfix import Postfix
from orchestrator.hosts.mail.sendmail import OWN_QUEUES, SYSTEM_QUEUES, Sendmail
from orchestrator.hosts.mail.submit import give
from orchestrator.hosts.units.systemd import Systemd
from orchestrator.user import command_as, environment_of
from workflows.host.mail import Clue, MailLog, MailServer
from workflows.model.answers import Mta
from workflows.rules.mta import PROOF_ID, capabilities

if TYPE_CHECKING:
    from orchestrator.settings import Settings

LOG = Path("/var/log/maillog")  # where OpenEMM reads it (guide 4.7)
MAILBOXES = (Path("/var/mail"), Path("/var/spool/mail"))
FOLDERS = (Path("/etc"), Path("/etc/alternatives"))
LOG_TAIL = 4 << 20
SECONDS = 30.0
POLL = 0.2
POSITIVE = 2  # the first digit of an SMTP reply
OUTCOMES = (("status=sent", "sent"), ("stat=Sent", "sent"), ("status=bounced", "bounced"), ("status=deferred", "deferred"),
            ("stat=Deferred", "deferred"), ("stat=queued", "deferred"), ("stat=", "bounced"))  # fmt: skip
POSTFIX_QUEUES = ("maildrop", "incoming", "active", "deferred", "defer", "bounce", "hold", "corrupt", "private", "public")


class RealMail:
    """The mail servers of one site's host."""

    def __init__(self, settings: Settings, root: Path = Path("/"), postconf: Sequence[str] = ("postconf",)) -> None:
        """Name them; nothing is touched.

        Args:
            settings: of the site.
            root: where /var is looked for.
            postconf: how Postfix's configuration is asked for.
        """
        self._root = root
        self._postconf = postconf
        self._home = settings.home
        self._user = settings.user
        self._units = units = Systemd()
        self.alternatives = SystemAlternatives()
        self.archive = DatedArchive(settings.state / "mail/archive")
        self._servers: dict[Mta, MailServer] = {
            Mta.POSTFIX: Postfix(
                self._home, self._user or "openemm", units, packages=_packages(Mta.POSTFIX), stop_timeout=settings.stop_timeout
            ),
            Mta.SENDMAIL: Sendmail(self._home, units, packages=_packages(Mta.SENDMAIL), stop_timeout=settings.stop_timeout),
        }

    def server(self, mta: Mta) -> MailServer:
        """One of the two."""
        return self._servers[mta]

    # --- what is active -----------------------------------------------------------------------------------------------

    def clues(self) -> Sequence[Clue]:
        """All five sources."""
        return sources.clues(self._home, self._user, self._units, self._servers)

    def application_sees(self) -> str | None:
        """Guide 9.9: source scripts/config.sh; echo $MTA."""
        script = self._home / "scripts/config.sh"
        if not script.is_file():
            return None
        line = f'source {shlex.quote(str(script))} >/dev/null 2>&1; echo "$MTA"'
        args = command_as(self._user, self._home, ["bash", "-c", line])
        said = run(args, timeout=SECONDS, expect=None, env=environment_of(self._user, self._home), cwd=self._home)
        return said.stdout.strip().rpartition("\n")[2] or None

    def preference(self) -> str | None:
        """The system.cfg that names a mail server."""
        path = sources.system_cfg_file(self._home)
        return str(path) if path else None

    def prefer(self, mta: Mta) -> str | None:
        """Change its one entry; everything else stays, byte by byte."""
        path = sources.system_cfg_file(self._home)
        if path is None:
            return None
        with below(path):
            text = path.read_bytes().decode("utf-8", "surrogateescape")
        changed = sources.ENTRY.sub(lambda match: match[1] + mta.value, text)
        if changed != text:
            write_atomic(path, changed.encode("utf-8", "surrogateescape"))
        return str(path)

    # --- the host -----------------------------------------------------------------------------------------------------

    def programs(self) -> Sequence[str]:
        """Procmail and its rules."""
        lacking = [] if shutil.which("procmail", path=PATH) else ["the program procmail"]
        rules = self._home / "lib/bav.rc"
        return lacking if rules.is_file() else [*lacking, f"{rules}, the rules of the mailloop service"]

    def unreadable(self, paths: Iterable[str]) -> Sequence[str]:
        """By access(2)."""
        return [path for path in paths if not (Path(path).is_file() and os.access(path, os.R_OK))]

    def writable(self) -> Sequence[str]:
        """Of /etc and its folders that a switch writes into."""
        folders = [*FOLDERS, *(Path(file).parent for server in self._servers.values() for file in server.files()[:1])]
        found = [path for path in dict.fromkeys(folders) if path.is_dir()]
        return [str(path) for path in found if os.statvfs(path).f_flag & os.ST_RDONLY]

    def missing_queue_folders(self, mta: Mta) -> Sequence[str]:
        """Postfix's below its queue_directory; OpenEMM's own of Sendmail, and its main one."""
        if mta is Mta.POSTFIX:
            queue = Path(run([*self._postconf, "-h", "queue_directory"], timeout=SECONDS).stdout.strip())
            folders = [queue / name for name in POSTFIX_QUEUES]
        else:
            folders = [self._home / "var/spool" / name for name in OWN_QUEUES]
            folders.append(self._at(Path(SYSTEM_QUEUES["mqueue"])))
        return [str(folder) for folder in folders if not folder.is_dir()]

    def log(self) -> MailLog:
        """Its last 4 MiB."""
        path = self._at(LOG)
        if not path.is_file():
            other = next((other for other in _other_logs() if self._at(other).is_file()), None)
            return MailLog(str(path), exists=False, other=str(self._at(other)) if other else None)
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            file.seek(max(0, status.st_size - LOG_TAIL))
            lines = file.read(LOG_TAIL).decode("utf-8", "replace").splitlines()
        whole = lines[1:] if status.st_size > LOG_TAIL else lines
        return MailLog(str(path), exists=True, mode=stat.S_IMODE(status.st_mode), lines=tuple(whole))

    # --- port 25 ------------------------------------------------------------------------------------------------------

    def accepts(self, port: int, recipient: str) -> str | None:
        """Up to RCPT TO, then RSET."""
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS) as server:
                server.ehlo()
                for command, argument in (("mail", "FROM:<>"), ("rcpt", f"TO:<{recipient}>")):
                    code, said = server.docmd(command, argument)
                    if code // 100 != POSITIVE:
                        return f"{command.upper()}: {code} {said.decode(errors='replace')}"
                server.rset()
        except (OSError, smtplib.SMTPException) as error:
            return str(error)
        return None

    def milter(self) -> bool:
        """Whether somebody accepts connections on bav.sock."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self._home / "var/run/bav.sock"))
            except OSError:
                return False
        return True

    # --- the proof ----------------------------------------------------------------------------------------------------

    def own_mailbox(self) -> str:
        """The user the application runs as."""
        return self._user or "root"

    def submit(self, mta: Mta, recipient: str, token: str) -> None:
        """Postfix takes it from the application's user; Sendmail, into whose queue OpenEMM writes itself, from root."""
        text = f"Subject: orchestrate {token}\nMessage-ID: <{token}{PROOF_ID}>\nTo: {recipient}\n\nThe mail server works.\n"
        sender = self.own_mailbox()
        args = [str(sources.SENDMAIL[0]), "-i", "-f", sender, "--", recipient]
        if mta is Mta.SENDMAIL:
            args.insert(1, "-Am")
        else:
            args = command_as(self._user, self._home, args)
        give(args, text.encode(), SECONDS, environment_of(self._user, self._home))

    def delivered(self, token: str, seconds: float) -> tuple[str, str]:
        """By the log, which names the mail by its queue id, else by the mailbox."""
        deadline = time.monotonic() + seconds
        while True:
            found = _in_log(token) or _in_mailbox(self.own_mailbox(), token)
            if found or time.monotonic() >= deadline:
                return found or ("unknown", f"neither the log nor the mailbox of {self.own_mailbox()} tells")
            time.sleep(POLL)

    def _at(self, path: Path) -> Path:
        return self._root / path.relative_to("/")


def _packages(mta: Mta) -> Sequence[str]:
    """As an installation takes them; on a system that nobody knows the server alone, whose package is called so everywhere."""
    known = distributions.read().file
    if not known:
        return [mta.value]
    table = distributions.tables()[known]
    wanted = capabilities(mta, procmail=shutil.which("procmail", path=PATH) is not None)
    return [package for capability in wanted for package in table.capability[capability].packages]


def _other_logs() -> Sequence[Path]:
    """Where any distribution writes it as it comes."""
    return [Path(table.mail_log) for table in distributions.tables().values()]


def _in_log(token: str) -> tuple[str, str] | None:
    """Both servers log "<queue id>: ... message-id=<token@..." (Sendmail: msgid=) and later a status under that id."""
    lines = [line for line in _tail_of_log() if "relay=[127.0.0.1]" not in line]  # of the client to the server on this host
    ids = {_log_id(line) for line in lines if f"id=<{token}@" in line} - {""}
    for word, outcome in OUTCOMES:
        for line in lines:
            if word in line and " to=" in line and _log_id(line) in ids:
                return outcome, line[-300:].strip()
    return None


def _log_id(line: str) -> str:
    """The queue id, the word behind the program's name."""
    parts = line.partition("]: ")[2].partition(": ")
    return parts[0] if parts[1] and parts[0].isalnum() else ""


def _tail_of_log() -> list[str]:
    path = next((path for path in (LOG, *_other_logs()) if path.is_file()), None)
    if path is None:
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LOG_TAIL))
        return file.read().decode(errors="replace").splitlines()


def _in_mailbox(user: str, token: str) -> tuple[str, str] | None:
    for folder in MAILBOXES:
        path = folder / user
        if path.is_file():
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - LOG_TAIL))
                if token.encode() in file.read():
                    return "sent", f"it lies in {path}"
    return None
