"""A sandbox on a real MariaDB, with a Postfix and a name server of its own, and everything well with it."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.hosts.mail.mail import RealMail
from orchestrator.hosts.mail.postfix import Postfix
from orchestrator.hosts.network import names
from orchestrator.hosts.network.names import DnsNames
from orchestrator.hosts.network.network import RealNetwork
from orchestrator.hosts.real import RealHost
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.hosts.system.system import RealSystem
from orchestrator.sandbox import host as sandbox_host
from orchestrator.settings import Settings, load
from tests.integration.doctor.dns_kit import Zone, name_server
from tests.integration.mail.conftest import OWNER, NoUnits, PrivatePostfix, postfix_tree, running_postfix
from workflows.checks import doctor
from workflows.checks.check import checks_in, run_all
from workflows.checks.doctor import mta_active, port_25
from workflows.checks.doctor.visit import Visit
from workflows.host.mail import Clue, MailServer, Source
from workflows.model.answers import Mta
from workflows.model.finding import Finding, Severity

__all__ = ["postfix_tree"]

NAME, ADDRESS, BACK = "mail1.example.com", "9.9.9.10", "10.9.9.9.in-addr.arpa"
KEY_NAME = "emm._domainkey.sandbox.test"
EVER = {"port-25", "mta-started", "cron-enabled"}  # this Postfix is on 127.0.0.1 alone, and neither systemd nor cron runs here
Ask = Callable[..., list[tuple[Any, ...]]]


class OnePostfix(Postfix):
    """A private Postfix among others on this machine."""

    def processes(self) -> Sequence[int]:
        pid_file = self._config.parent / "spool/pid/master.pid"
        pid = int(pid_file.read_text()) if pid_file.is_file() else 0
        return [found for found in super().processes() if found == pid]


class SandboxMail(RealMail):
    """The mail servers of a sandbox: the private Postfix, and a Sendmail that is not there."""

    def __init__(self, settings: Settings, root: Path, postfix: PrivatePostfix) -> None:
        variables = [f"{name}={value}" for name, value in postfix.env.items()]
        super().__init__(settings, root, ["env", *variables, "postconf", "-c", str(postfix.config)])
        self.postfix = OnePostfix(settings.home, OWNER, NoUnits(), packages=(), config=postfix.config, env=postfix.env)
        self.third: str | None = None

    def server(self, mta: Mta) -> MailServer:
        return self.postfix if mta is Mta.POSTFIX else super().server(mta)

    def clues(self) -> Sequence[Clue]:
        return [Clue(Source.ALTERNATIVES, self.third or "postfix", f"sendmail leads to sendmail.{self.third or 'postfix'}")]


class SandboxNetwork(RealNetwork):
    """The network of a host on the Internet."""

    def full_name(self) -> str | None:
        return NAME

    def outgoing(self) -> str | None:
        return ADDRESS


class LaterSystem(RealSystem):
    """A computer whose clock can be set."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead

    def local_time(self) -> datetime:
        return super().local_time() + self.ahead


@dataclasses.dataclass
class Patient:
    """A host that can be broken, and the doctor for it."""

    settings: Settings
    host: RealHost
    root: Path
    postfix: PrivatePostfix
    mail: SandboxMail
    system: LaterSystem
    zone: Zone
    resolver: str
    sql: Ask

    def examine(self, resolver: str | None = None) -> list[Finding]:
        return run_all(checks_in(doctor), Visit(self.host, DnsNames(resolver or self.resolver)), Severity.UNKNOWN)

    def found(self, resolver: str | None = None) -> dict[str, Finding]:
        """What is not well, by key; but what never is here."""
        return {f.key: f for f in self.examine(resolver) if f.severity is not Severity.PASSED and f.key not in EVER}

    def log(self, *lines: str, ago: timedelta = timedelta()) -> None:
        """Write to the mail log, the time before each line."""
        with (self.root / "var/log/maillog").open("a") as file:
            for line in lines:
                file.write(f"{(datetime.now().astimezone() - ago):%b %e %H:%M:%S} mail1 {line}\n")


@pytest.fixture(scope="session")
def doctor_sandbox(open_folder: Path) -> Iterator[Path]:
    """A sandbox on 19.10 whose backend runs; each test leaves it as it was."""
    folder = open_folder / "doctor"
    sandbox_host.create(folder, running=False)
    sandbox_host.run([str(folder / "home/bin/backend.sh"), "start"], timeout=60)
    yield folder
    sandbox_host.destroy(folder)


@pytest.fixture(scope="session")
def one_postfix(postfix_tree: Path, open_folder: Path) -> Iterator[PrivatePostfix]:
    """A private Postfix; a test that breaks it leaves files and queue as they were."""
    with running_postfix(postfix_tree, open_folder) as made:
        yield made


@pytest.fixture
def sql(doctor_sandbox: Path) -> Iterator[Ask]:
    """Ask the sandbox's database."""
    server: PrivateServer = sandbox_host.database(doctor_sandbox)
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("USE openemm")

        def ask(statement: str, *values: object) -> list[tuple[Any, ...]]:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

        yield ask


@pytest.fixture
def patient(
    doctor_sandbox: Path, one_postfix: PrivatePostfix, sql: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Patient]:
    """A host that is well."""
    if not one_postfix.running:
        one_postfix.start()
    settings = load(str(doctor_sandbox), {})
    host, mail, system = RealHost(settings), SandboxMail(settings, tmp_path, one_postfix), LaterSystem(settings.home, tmp_path)
    vars(host).update(mail=mail, network=SandboxNetwork(), system=system)
    for module in (port_25, mta_active):
        monkeypatch.setattr(module, "PORT", one_postfix.port)
    monkeypatch.setattr(names, "SECONDS", 0.5)
    for folder in ("var/log", "etc/selinux", "sys/fs/selinux"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "var/log/maillog").touch(mode=0o644)
    (tmp_path / "var/log/maillog").chmod(0o644)
    zone: Zone = {(NAME, "A"): [ADDRESS], (BACK, "PTR"): [f"{NAME}."]}
    sql("UPDATE job_queue_tbl SET nextstart = NOW() + INTERVAL 1 HOUR WHERE nextstart IS NOT NULL")
    for table in ("dkim_key_tbl", "emm_db_errorlog_tbl"):
        sql(f"DELETE FROM {table}")
    with name_server(zone) as resolver, Milter(settings.home):
        yield Patient(settings, host, tmp_path, one_postfix, mail, system, zone, resolver, sql)


class Milter:
    """Somebody who accepts connections on the bounce filter's socket."""

    def __init__(self, home: Path) -> None:
        self._path = home / "var/run/bav.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def __enter__(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._socket.bind(str(self._path))
        self._socket.listen()

    def __exit__(self, *error: object) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)
