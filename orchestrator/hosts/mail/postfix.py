"""Postfix: its configuration through postconf, its queue, its daemon (guide 4.2)."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from orchestrator import processes
from orchestrator.command import CommandError, run, tail
from orchestrator.files import write_atomic
from orchestrator.hosts.mail import daemons, maps, postfix_queue
from orchestrator.hosts.mail.stage import MAIL, Stage, locked
from orchestrator.hosts.mail.submit import give
from orchestrator.processes import Process
from state.faults import place
from workflows.host.mail import QueuedMail
from workflows.host.units import Units
from workflows.model.answers import Mta
from workflows.model.errors import WorkflowError

CONFIG = Path("/etc/postfix")
PROCMAIL = "/usr/bin/procmail"
SECONDS = 60.0
TLSMGR = "tlsmgr unix - - n 1000? 1 tlsmgr"
TLS_FILES = ("/etc/pki/tls/certs/mail.crt", "/etc/pki/tls/private/mail.key", "/etc/pki/tls/certs/cacert.pem")
PLAIN = {
    "inet_interfaces": "all",
    "inet_protocols": "all",
    "mailbox_command": PROCMAIL,
    "mailbox_size_limit": "0",
    "message_size_limit": "0",
    "maximal_queue_lifetime": "1d",
    "bounce_queue_lifetime": "1d",
    "smtp_tls_security_level": "may",
    "smtp_tls_protocols": "!SSLv2, !SSLv3",
    "smtp_tls_ciphers": "high",
    "smtp_tls_mandatory_ciphers": "$smtp_tls_ciphers",
    "hash_queue_depth": "2",
    "enable_long_queue_ids": "yes",
}
ENCRYPTED = {
    "smtpd_use_tls": "yes",
    "smtpd_tls_loglevel": "2",
    "smtpd_tls_security_level": "may",
    "smtpd_tls_received_header": "yes",
    "smtpd_tls_session_cache_timeout": "3600s",
    "smtpd_tls_eecdh_grade": "strong",
    "smtpd_tls_cert_file": TLS_FILES[0],
    "smtpd_tls_key_file": TLS_FILES[1],
    "smtpd_tls_CAfile": TLS_FILES[2],
    "smtpd_tls_CApath": "/etc/pki/tls/certs",
    "smtpd_tls_protocols": "!SSLv2, !SSLv3",
    "smtpd_tls_ciphers": "high",
    "smtp_tls_protocols": "$smtpd_tls_protocols",
    "smtp_tls_ciphers": "$smtpd_tls_ciphers",
    "tls_random_source": "dev:/dev/urandom",
    "tls_random_prng_update_period": "3600s",
}
CERTIFICATES = ("smtpd_tls_cert_file", "smtpd_tls_key_file", "smtpd_tls_CAfile")
ENVIRONMENT = ("import_environment", "export_environment")
MAIL_CONFIG = re.compile(r"\bMAIL_CONFIG(=\S*)?")
_SETTING = re.compile(r"^([A-Za-z_][\w.]*)\s*=", re.MULTILINE)


class Postfix:
    """Postfix of one host, as `workflows.host.mail.MailServer` asks for it."""

    mta = Mta.POSTFIX
    units: Sequence[str] = ("postfix.service",)
    program = "/usr/sbin/sendmail.postfix"

    def __init__(
        self, home: Path, user: str, units: Units, *, packages: Sequence[str] = ("postfix",), config: Path = CONFIG,
        stop_timeout: float = 120.0, env: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Name it; nothing is touched. env: added to the environment of its programs (a private installation's libraries)."""
        self._home = home
        self._user = user
        self._units = units
        self._config = config
        self._stop_timeout = stop_timeout
        self._env = dict(env or {})
        self.packages = packages

    # --- what is there ------------------------------------------------------------------------------------------------

    def version(self) -> str | None:
        """What postconf says."""
        try:
            return self._postconf("-dh", "mail_version").strip() or None
        except CommandError:
            return None

    def processes(self) -> Sequence[int]:
        """Its master."""

        def is_master(process: Process, program: Path) -> bool:
            return program.name == "master" and "postfix" in str(program) and len(process.args) > 0

        return processes.pids(is_master)

    def files(self) -> Sequence[str]:
        """main.cf, master.cf and the maps in the home."""
        return [str(self._config / "main.cf"), str(self._config / "master.cf"), *map(str, self._maps())]

    def _maps(self) -> list[Path]:
        folder = self._home / "var/run"
        return [folder / "relay.domains", folder / "transport.maps", folder / "transport.maps.db"]

    def config_files(self) -> Sequence[str]:
        """main.cf and master.cf."""
        return self.files()[:2]

    def certificates(self) -> Sequence[str]:
        """The TLS files main.cf names."""
        values = (self._postconf("-h", name).strip() for name in CERTIFICATES)
        return [value for value in values if value.startswith("/")]

    def warnings(self) -> Sequence[str]:
        """Settings that stand twice in main.cf: only the last one counts."""
        names = _SETTING.findall((self._config / "main.cf").read_text(errors="replace"))
        return [f"main.cf names {name} twice; the last one counts" for name in sorted({n for n in names if names.count(n) > 1})]

    # --- configuration ------------------------------------------------------------------------------------------------

    def wanted(self, name: str) -> dict[str, str]:
        """The settings of guide 4.2; those for encrypted mail only where the files are that it names."""
        run_folder = self._home / "var/run"
        encrypted = ENCRYPTED if all(Path(file).is_file() for file in TLS_FILES) else {}
        return {
            **PLAIN, **encrypted, "myhostname": name, "relay_domains": str(run_folder / "relay.domains"),
            "transport_maps": f"hash:{run_folder / 'transport.maps'}", "smtpd_milters": f"unix:{run_folder / 'bav.sock'}",
        }  # fmt: skip

    def mailloop(self) -> str:
        """The service in master.cf that mail of the mailloop domain is handed to."""
        return f"mailloop unix - n n - - pipe flags=RX user={self._user} argv={PROCMAIL} {self._home}/lib/bav.rc"

    def changes(self, name: str, keep: Collection[str] = ()) -> Sequence[str]:
        """What `configure` would change; the result is checked in a folder aside."""
        with tempfile.TemporaryDirectory(prefix="orchestrate-postfix-") as aside:
            return self._edit(Path(aside) / "postfix", name, keep)

    def configure(self, name: str, keep: Collection[str] = ()) -> Sequence[str]:
        """Write main.cf and master.cf, and make what a first start needs."""
        with tempfile.TemporaryDirectory(prefix="orchestrate-postfix-") as aside:
            folder = Path(aside) / "postfix"
            told = self._edit(folder, name, keep)
            for file in ("main.cf", "master.cf"):
                content = (folder / file).read_bytes()
                if content != (self._config / file).read_bytes():
                    write_atomic(self._config / file, content)
        self._check(self._config)
        return told

    def _edit(self, folder: Path, name: str, keep: Collection[str]) -> list[str]:
        """A copy of the configuration with everything set, and checked; what differs, a line each."""
        if not (self._config / "main.cf").is_file():
            raise WorkflowError(f"cannot configure Postfix: there is no {self._config}/main.cf", key="postfix-config-missing")
        shutil.copytree(self._config, folder, symlinks=True)
        wanted = {setting: value for setting, value in self.wanted(name).items() if setting not in keep}
        told = self._edit_main(folder, wanted) + self._edit_master(folder)
        self._check(folder)
        return told

    def _edit_main(self, folder: Path, wanted: Mapping[str, str]) -> list[str]:
        names = _SETTING.findall((folder / "main.cf").read_text(errors="replace"))
        told, differ = [], {}
        lines = (line.partition("=") for line in self._postconf(*wanted, folder=folder).splitlines())
        set_now = {name.strip(): " ".join(value.split()) for name, _, value in lines}
        for name, value in wanted.items():
            now = set_now.get(name, "")
            if names.count(name) != 1 or now != value:
                differ[name] = value
                if now != value:
                    told.append(f"main.cf: {name} = {value}   (was {now or 'empty'})")
                elif name in names:
                    told.append(f"main.cf: {name} = {value}   (stood there {names.count(name)} times)")
        if present := [name for name in differ if name in names]:
            self._postconf("-#", *present, folder=folder)  # the administrator's own value stays, as a comment (guide 4.2)
        if differ:
            self._postconf("-e", *(f"{name}={value}" for name, value in differ.items()), folder=folder)
        return told

    def _edit_master(self, folder: Path) -> list[str]:
        told = []
        loop = " ".join(self._postconf("-M", "mailloop/unix", folder=folder).split())
        if loop != self.mailloop():
            self._postconf("-M", f"mailloop/unix={self.mailloop()}", folder=folder)
            told.append(f"master.cf: {self.mailloop()}")
        tlsmgr = self._postconf("-M", "tlsmgr/unix", folder=folder).split()
        if not tlsmgr:
            self._postconf("-M", f"tlsmgr/unix={TLSMGR}", folder=folder)
            told.append(f"master.cf: {TLSMGR}")
        elif tlsmgr[4] != "n":
            self._postconf("-F", "tlsmgr/unix/chroot=n", folder=folder)
            told.append("master.cf: tlsmgr is not chrooted")
        smtpd = self._postconf("-M", "smtp/inet", folder=folder).split()
        if smtpd and smtpd[4] == "y":  # Debian's: from in there it could not reach the bounce filter
            self._postconf("-F", "smtp/inet/chroot=n", folder=folder)
            told.append("master.cf: smtp is not chrooted")
        return told

    def _check(self, folder: Path) -> None:
        try:
            run(["postfix", "-c", str(folder), "check"], timeout=SECONDS, env=self._env)
        except CommandError as error:
            raise WorkflowError(
                "cannot use the configuration of Postfix: its own check fails",
                key="postfix-check-failed", command=error.command, detail=error.detail,
                next=["postfix check    what it is about", "orchestrate resume    once it is mended"],
            ) from error  # fmt: skip

    def _postconf(self, *args: str, folder: Path | None = None) -> str:
        return run(["postconf", "-c", str(folder or self._config), *args], timeout=SECONDS, env=self._env).stdout

    # --- maps ---------------------------------------------------------------------------------------------------------

    def mailloop_domains(self) -> Sequence[str]:
        """Those of transport.maps whose mail goes to the service mailloop."""
        return [domain for domain, target in maps.read(self._maps()[1]) if target.startswith("mailloop:")]

    def write_maps(self, domains: Sequence[str]) -> None:
        """Add the domains to relay.domains and transport.maps, as bav-update does (facts 12), and build the index."""
        relay, transport, _ = self._maps()
        maps.add(relay, dict.fromkeys(domains, ""), self._user)
        maps.add(transport, dict.fromkeys(domains, "mailloop:"), self._user)
        run(["postmap", "-c", str(self._config), f"hash:{transport}"], timeout=SECONDS, env=self._env)

    # --- the daemon ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Enable and start its unit."""
        daemons.start(self._units, self.units)

    def stop(self) -> None:
        """Stop its unit and see the master gone."""
        daemons.stop(self._units, self.units, self.processes, "Postfix", self._stop_timeout)

    # --- the queue ----------------------------------------------------------------------------------------------------

    def _queue_folder(self) -> Path:
        return Path(self._postconf("-h", "queue_directory").strip())

    def queue(self, skip: Collection[str] = ()) -> Sequence[QueuedMail]:
        """Read from the queue files: maildrop, incoming, active, deferred and hold."""
        return postfix_queue.read(self._queue_folder(), skip) if self.version() else []

    def content(self, mail: QueuedMail) -> bytes:
        """Header and body out of the queue file."""
        return postfix_queue.parse(Path(mail.path).read_bytes()).content

    def remove(self, mails: Sequence[QueuedMail]) -> None:
        """Through postsuper, whose exit code is 1 when there was none of them.

        Raises:
            WorkflowError: "mail-not-removed".
        """
        place(MAIL)
        if not mails:
            return
        ids = "".join(f"{mail.id}\n" for mail in mails)
        args = ["postsuper", "-c", str(self._config), "-d", "-"]
        said = run(args, timeout=SECONDS, env=self._env, input=ids, expect=(0, 1))
        left = {path.name for _, path in postfix_queue.walk(self._queue_folder())}
        if stuck := [mail.id for mail in mails if mail.id in left]:
            raise WorkflowError(
                f"cannot take mail {stuck[0]} out of Postfix's queue", key="mail-not-removed", detail=tail(said.stderr),
                next=[f"find {self._queue_folder()} -name {stuck[0]} -ls    who may remove it",
                      "orchestrate resume    once it goes"],
            )  # fmt: skip

    # --- the way to another server's queue ----------------------------------------------------------------------------

    def _stage(self) -> Stage:
        return Stage(self._queue_folder())

    def take(self, *, working: bool) -> int:
        """Incoming and deferred; working: active and maildrop too. An agent that sends one goes on, and marks it as sent."""
        if not self.version():
            return 0
        queues = {"incoming", "deferred", *(("active",) if working else ()), *(() if self.processes() else ("maildrop",))}
        stage = self._stage()
        walk = postfix_queue.walk(stage.root)
        return stage.take([path] for queue, path in walk if queue in queues and postfix_queue.complete(path))

    def taken(self) -> Sequence[QueuedMail]:
        """Read from the stage; the queue's name is that where it lay."""
        return postfix_queue.read(self._stage().taken) if self.version() else []

    def busy(self) -> int:
        """In maildrop, incoming or active, and those that an agent still holds."""
        if not self.version():
            return 0
        stage = self._stage()
        walk = postfix_queue.walk(stage.root)
        in_hand = sum(1 for queue, path in walk if queue in postfix_queue.IN_HAND and postfix_queue.complete(path))
        return in_hand + sum(1 for queue, path in postfix_queue.walk(stage.taken) if queue == "active" and locked(path))

    def put_back(self) -> None:
        """Where they lay; what lay in active to incoming, as Postfix does itself at its start."""
        if self.version():
            self._stage().put_back(lambda path: Path("incoming", path.name) if path.parts[0] == "active" else path)

    def drop(self, mails: Sequence[QueuedMail]) -> None:
        """The queue files, and what Postfix noted about their delays."""
        stage = self._stage()
        stage.drop(Path(mail.path) for mail in mails)
        for mail in mails:
            for path in postfix_queue.notes(stage.root, mail.id):
                path.unlink(missing_ok=True)

    def make(self, mails: Iterable[tuple[str, QueuedMail, bytes]]) -> None:
        """Through its own sendmail program, given a queue directory of its own beside the real one."""
        stage = self._stage()
        aside = stage.made / "drop/maildrop"
        with tempfile.TemporaryDirectory(prefix="orchestrate-postfix-") as temporary:
            config = Path(temporary) / "postfix"
            shutil.copytree(self._config, config, symlinks=True)
            passed_on = (f"{name}={self._postconf('-h', name).strip()}" for name in ENVIRONMENT)
            own = [MAIL_CONFIG.sub(f"MAIL_CONFIG={config}", setting) for setting in passed_on]
            self._postconf("-e", f"queue_directory={aside.parent}", *own, folder=config)
            for key, mail, content in mails:
                self.unmake([key])
                shutil.rmtree(aside.parent, ignore_errors=True)
                aside.mkdir(parents=True, mode=0o700)
                kind = "8BITMIME" if mail.eight_bit else "7BIT"
                args = [self.program, "-C", str(config), "-i", "-B", kind, "-f", mail.sender, "--", *mail.recipients]
                place(MAIL)
                give(args, content, SECONDS, self._env)
                stage.publish((path, stage.made / f"{key}-{path.name}") for path in list(aside.iterdir()))

    def made(self) -> Mapping[str, QueuedMail]:
        """By what their names begin with."""
        if not self.version():
            return {}
        folder = self._stage().made
        return {path.name.partition("-")[0]: postfix_queue.one(folder, "maildrop", path) for path in folder.glob("*-*")}

    def unmake(self, keys: Collection[str]) -> None:
        """Unlink."""
        stage = self._stage()
        stage.drop(path for path in stage.made.glob("*-*") if path.name.partition("-")[0] in keys)

    def publish(self) -> int:
        """Into maildrop, under the names they got; Postfix looks there when it starts, and every minute."""
        if not self.version():
            return 0
        stage = self._stage()
        files = sorted(stage.made.glob("*-*"))
        stage.publish((path, stage.root / "maildrop" / path.name.partition("-")[2]) for path in files)
        return len(files)

    def queue_files(self, mail: QueuedMail) -> Sequence[str]:
        """The queue file."""
        return [mail.path]

    def flush(self) -> None:
        """Ask for a delivery of everything deferred."""
        run(["postqueue", "-c", str(self._config), "-f"], timeout=SECONDS, env=self._env)
