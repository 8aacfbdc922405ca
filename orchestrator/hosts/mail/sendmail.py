"""Sendmail: sendmail.mc, its queues, its daemons (guide 4.3)."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from orchestrator import processes
from orchestrator.command import CommandError, run
from orchestrator.files import make_folder, write_atomic
from orchestrator.hosts.mail import daemons, maps, sendmail_mc, sendmail_queue
from orchestrator.hosts.mail.stage import MAIL, Stage, locked
from orchestrator.processes import Process
from state.faults import place
from workflows.host.mail import QueuedMail
from workflows.host.units import Units
from workflows.model.answers import Mta
from workflows.model.errors import WorkflowError

CONFIG = Path("/etc/mail")
SECONDS = 120.0
TLS = {
    b"confCACERT_PATH": b"/etc/pki/tls/certs",
    b"confCACERT": b"/etc/pki/tls/certs/cacert.pem",
    b"confSERVER_CERT": b"/etc/pki/tls/certs/mail.crt",
    b"confSERVER_KEY": b"/etc/pki/tls/private/mail.key",
}
CERTIFICATES = (b"confCACERT", b"confSERVER_CERT", b"confSERVER_KEY")
OWN_QUEUES = ("ADMIN0", "QUEUE", "MIDQUEUE", "SLOWQUEUE")  # OpenEMM's, below var/spool (facts 7.2)
SYSTEM_QUEUES = {"mqueue": "/var/spool/mqueue", "slowqueue": "/var/spool/slowqueue", "clientmqueue": "/var/spool/clientmqueue"}
COMPILED = ("sendmail.cf", "mailertable.db", "access.db")
_VERSION = re.compile(r"Version (\S+)")
_QUEUE = re.compile(r"^O\s*QueueDirectory=(\S+)", re.MULTILINE)
_UNKNOWN = re.compile(r"unknown configuration line|unknown option|invalid|no such|Undefined", re.IGNORECASE)


class Sendmail:
    """Sendmail of one host, as `workflows.host.mail.MailServer` asks for it."""

    mta = Mta.SENDMAIL
    units: Sequence[str] = ("sendmail.service", "sm-client.service")
    program = "/usr/sbin/sendmail.sendmail"

    def __init__(
        self,
        home: Path,
        units: Units,
        *,
        packages: Sequence[str] = ("sendmail",),
        config: Path = CONFIG,
        stop_timeout: float = 120.0,
    ) -> None:
        """Name it; nothing is touched."""
        self.packages = packages
        self._home = home
        self._units = units
        self._config = config
        self._stop_timeout = stop_timeout
        self._mc = config / "sendmail.mc"

    # --- what is there ------------------------------------------------------------------------------------------------

    def version(self) -> str | None:
        """What it says of itself."""
        if not Path(self.program).exists():
            return None
        said = run([self.program, "-d0.1", "-bt"], timeout=SECONDS, expect=None)
        match = _VERSION.search(said.stdout)
        return match[1] if match else "unknown"

    def processes(self) -> Sequence[int]:
        """Its listener and its queue runners, OpenEMM's own ones too."""
        real = Path(self.program).resolve()

        def is_daemon(process: Process, program: Path) -> bool:
            return program == real and process.args[0].startswith(("sendmail:", self.program))

        return processes.pids(is_daemon)

    def files(self) -> Sequence[str]:
        """sendmail.mc, what is made of it, and the maps."""
        names = ("sendmail.mc", "relay-domains", "mailertable", *COMPILED)
        return [str(self._config / name) for name in names]

    def config_files(self) -> Sequence[str]:
        """sendmail.mc."""
        return [str(self._mc)]

    def certificates(self) -> Sequence[str]:
        """The TLS files sendmail.mc names."""
        found = []
        for name in CERTIFICATES:
            for call in sendmail_mc.named(self._mc.read_bytes(), b"define", name):
                found += [call.args[1].decode(errors="replace")] if len(call.args) > 1 else []
        return found

    def warnings(self) -> Sequence[str]:
        """Features the mailloop service needs that sendmail.mc does not switch on."""
        data = self._mc.read_bytes()
        lacking = []
        if not sendmail_mc.named(data, b"FEATURE", b"mailertable"):
            lacking.append("sendmail.mc does not switch on FEATURE(`mailertable'): no mail reaches the mailloop service")
        if not sendmail_mc.named(data, b"MAILER", b"procmail"):
            lacking.append("sendmail.mc has no MAILER(`procmail'): no mail reaches the mailloop service")
        return lacking

    # --- configuration ------------------------------------------------------------------------------------------------

    def changes(self, name: str, keep: Collection[str] = ()) -> Sequence[str]:
        """What `configure` would change; the result is compiled in a folder aside."""
        del name, keep
        data, told = self._edited()
        self._compile(data)
        return told

    def configure(self, name: str, keep: Collection[str] = ()) -> Sequence[str]:
        """Write sendmail.mc and the files of guide 4.3, and compile."""
        del name, keep
        data, told = self._edited()
        self._compile(data)
        if data != self._mc.read_bytes():
            write_atomic(self._mc, data)
        for file in ("relay-domains", "mailertable"):
            maps.add(self._config / file, {}, None)
        self._make()
        return told

    def _edited(self) -> tuple[bytes, list[str]]:
        try:
            data = self._mc.read_bytes()
        except FileNotFoundError as error:
            raise WorkflowError(f"cannot configure Sendmail: there is no {self._mc}", key="sendmail-config-missing") from error
        told = []
        if local := sendmail_mc.loopback_only(data):
            data = sendmail_mc.comment_out(data, local)
            told.append("sendmail.mc: listens on all interfaces, DAEMON_OPTIONS for 127.0.0.1 commented out")
        wanted = (b"bav", b"S=unix:%s/var/run/bav.sock, F=T" % bytes(self._home))
        filters = sendmail_mc.named(data, b"INPUT_MAIL_FILTER", b"bav")
        if [tuple(b" ".join(arg.split()) for arg in call.args) for call in filters] != [wanted]:
            line = b"INPUT_MAIL_FILTER(`%s', `%s')dnl" % wanted
            data = sendmail_mc.append(sendmail_mc.comment_out(data, filters), [line])
            told.append(f"sendmail.mc: {line.decode(errors='replace')}")
        if all(Path(TLS[name].decode()).is_file() for name in CERTIFICATES):
            lines = [
                b"define(`%s', `%s')dnl" % (name, value)
                for name, value in TLS.items()
                if not sendmail_mc.named(data, b"define", name)
            ]
            data = sendmail_mc.append(data, lines)
            told += [f"sendmail.mc: {line.decode()}" for line in lines]
        return data, told

    def _compile(self, data: bytes) -> None:
        """Compile in a folder aside, and let Sendmail read the result."""
        with tempfile.TemporaryDirectory(prefix="orchestrate-sendmail-") as aside:
            folder = Path(aside) / "mail"
            shutil.copytree(self._config, folder, symlinks=True)
            (folder / "sendmail.mc").write_bytes(data)
            (folder / "sendmail.cf").unlink(missing_ok=True)
            try:
                made = run(["make", "-C", str(folder), "sendmail.cf"], timeout=SECONDS)
                compiled = folder / "sendmail.cf"
                if not compiled.is_file() or compiled.stat().st_size == 0:
                    raise _broken(["make wrote no sendmail.cf", *made.stderr.splitlines()[-10:]])
                read = run([self.program, "-C", str(compiled), "-bt"], timeout=SECONDS, expect=None)
            except CommandError as error:
                raise _broken(error.detail, error.command) from error
        said = [line for line in (read.stdout + read.stderr).splitlines() if _UNKNOWN.search(line)]
        if read.exit_code or said:
            raise _broken([line.replace(aside, "") for line in said] or read.stderr.splitlines()[-10:])

    def _make(self) -> None:
        run(["make", "-C", str(self._config)], timeout=SECONDS)

    # --- maps ---------------------------------------------------------------------------------------------------------

    def mailloop_domains(self) -> Sequence[str]:
        """Those of mailertable whose mail goes to procmail with OpenEMM's rules."""
        pairs = maps.read(self._config / "mailertable")
        return [domain for domain, target in pairs if target.startswith("procmail:") and "bav.rc" in target]

    def write_maps(self, domains: Sequence[str]) -> None:
        """Add the domains to relay-domains and mailertable, and build the index."""
        maps.add(self._config / "relay-domains", dict.fromkeys(domains, ""), None)
        maps.add(self._config / "mailertable", dict.fromkeys(domains, f"procmail:{self._home}/lib/bav.rc"), None)
        self._make()

    # --- the daemons --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Enable and start its units."""
        daemons.start(self._units, self.units)

    def stop(self) -> None:
        """Stop its units and see listener and queue runners gone."""
        daemons.stop(self._units, self.units, self.processes, "Sendmail", self._stop_timeout)

    # --- the queues ---------------------------------------------------------------------------------------------------

    def _folders(self) -> list[tuple[str, Path]]:
        """Name and folder of each queue; a queue may be split into folders (q*, and qf, df, xf below)."""
        named = dict(SYSTEM_QUEUES)
        compiled = self._config / "sendmail.cf"
        if compiled.is_file() and (match := _QUEUE.search(compiled.read_text(errors="replace"))):
            named["mqueue"] = match[1]
        named |= {name: f"{self._home}/var/spool/{name}" for name in OWN_QUEUES}
        found = []
        for name, pattern in named.items():
            path = Path(pattern)
            tops = sorted(path.parent.glob(path.name)) if "*" in path.name else [path]
            found += [(name, top / "qf" if (top / "qf").is_dir() else top) for top in tops if top.is_dir()]
        return found

    def queue(self, skip: Collection[str] = ()) -> Sequence[QueuedMail]:
        """Read from the qf files of all queues, the system's and OpenEMM's own (facts 7.3)."""
        return sendmail_queue.read(self._folders(), skip)

    def content(self, mail: QueuedMail) -> bytes:
        """Header and body."""
        return sendmail_queue.content(mail)

    def remove(self, mails: Sequence[QueuedMail]) -> None:
        """Unlink qf, then df, of each."""
        for mail in mails:
            place(MAIL)
            sendmail_queue.remove(mail)

    # --- the way to another server's queue ----------------------------------------------------------------------------

    def _main(self) -> Stage:
        return _stage(next((folder for name, folder in self._folders() if name == "mqueue"), Path(SYSTEM_QUEUES["mqueue"])))

    def take(self, *, working: bool) -> int:
        """Every qf that no runner has locked, then its df. A runner that has just opened it sees that it is gone."""
        del working
        moved = 0
        for _, folder in self._folders():
            moved += _stage(folder).take([path, sendmail_queue.body_file(path)] for path in sorted(folder.glob("qf*")))
        return moved

    def taken(self) -> Sequence[QueuedMail]:
        """Read from the stages of all queues."""
        folders = [(name, folder, _stage(folder)) for name, folder in self._folders()]
        return sendmail_queue.read([(name, stage.taken / folder.relative_to(stage.root)) for name, folder, stage in folders])

    def busy(self) -> int:
        """Those whose qf is locked."""
        return sum(1 for _, folder in self._folders() for path in folder.glob("qf*") if locked(path))

    def put_back(self) -> None:
        """Df, then qf."""
        for _, folder in self._folders():
            _stage(folder).put_back()

    def drop(self, mails: Sequence[QueuedMail]) -> None:
        """Qf, then df."""
        self.remove(mails)
        for _, folder in self._folders():
            _stage(folder).tidy()

    def make(self, mails: Iterable[tuple[str, QueuedMail, bytes]]) -> None:
        """As qf and df, as OpenEMM itself does (facts 12): the program would look up and rewrite recipients."""
        folder = self._main().made
        make_folder(folder, 0o700)
        for key, mail, content in mails:
            place(MAIL)
            sendmail_queue.write(folder, key, mail, content)

    def made(self) -> Mapping[str, QueuedMail]:
        """By their ids."""
        return {mail.id: mail for mail in sendmail_queue.read([("mqueue", self._main().made)])}

    def unmake(self, keys: Collection[str]) -> None:
        """Qf, then df."""
        stage = self._main()
        stage.drop(stage.made / f"{kind}{key}" for key in keys for kind in ("qf", "df"))

    def publish(self) -> int:
        """Into the main queue, df before qf."""
        stage = self._main()
        files = sorted(stage.made.glob("qf*"))
        split = (stage.root / "qf").is_dir()
        for file in files:
            target = stage.root / "qf" / file.name if split else stage.root / file.name
            stage.publish([(sendmail_queue.body_file(file), sendmail_queue.body_file(target)), (file, target)])
        return len(files)

    def queue_files(self, mail: QueuedMail) -> Sequence[str]:
        """Qf, then df."""
        return [mail.path, str(sendmail_queue.body_file(Path(mail.path)))]

    def flush(self) -> None:
        """Let a runner go through every queue, in the background: one that is ended in the middle could send a mail twice."""
        for name, folder in self._folders():
            if any(folder.glob("qf*")):
                client = ["-Ac"] if name == "clientmqueue" else ["-Am", f"-OQueueDirectory={folder}"]
                run(["setsid", "--fork", self.program, *client, "-q"], timeout=SECONDS)


def _stage(folder: Path) -> Stage:
    return Stage(folder.parent if folder.name == "qf" else folder)


def _broken(detail: Sequence[str], command: str | None = None) -> WorkflowError:
    return WorkflowError(
        "cannot compile sendmail.mc", key="sendmail-mc-broken", command=command, detail=list(detail)[:20],
        unharmed=["the configuration: nothing was written"],
        next=["make -C /etc/mail sendmail.cf    what it is about", "orchestrate resume    once it is mended"],
    )  # fmt: skip
