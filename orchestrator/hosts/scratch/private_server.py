"""A private MariaDB server: own data folder, unix socket only, an unprivileged user. For test restores and for trying out."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import time
from pathlib import Path

import pymysql

from orchestrator.command import PATH, CommandError, Process, nobody, run, start, tail
from orchestrator.files import small_text
from workflows.model.errors import WorkflowError

SERVER_NAMES = ("mariadbd", "mysqld")  # Debian's and RHEL's names
INSTALL_NAMES = ("mariadb-install-db", "mysql_install_db")
SEARCH = f"{PATH}:/usr/libexec"
GUIDE_SQL_MODE = "STRICT_ALL_TABLES,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION"  # guide 3.8
SMALL = ("--innodb-log-file-size=4M", "--innodb-buffer-pool-size=64M", "--innodb-autoextend-increment=1")  # else 64 MB a step
START_SECONDS = 60.0
STOP_SECONDS = 60.0


class ServerMissingError(WorkflowError):
    """No MariaDB server program is installed here."""

    key = "mariadb-server-missing"


def find_program(names: tuple[str, ...]) -> str:
    """The absolute path of the first of these programs that is installed.

    Raises:
        ServerMissingError: none is.
    """
    for name in names:
        if path := shutil.which(name, path=SEARCH):
            return path
    raise ServerMissingError(
        f"none of {', '.join(names)} is installed",
        next=["install the package mariadb-server, as apt, dnf and zypper call it"],
    )


def server_user() -> str:
    """The user the server runs as: never root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    for name in ("mysql", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ServerMissingError("there is neither a user mysql nor a user nobody to run the server as")


def let_in(path: Path, user: str) -> list[str]:
    """The command that lets a user come to what lies there; empty where every folder above it lets everybody in."""
    shut = [str(one) for one in reversed(path.parents) if not one.stat().st_mode & stat.S_IXOTH]
    return [f"chmod o+x {' '.join(shut)}    user {user} must be able to enter them"] if shut else []


class PrivateServer:
    """A mariadbd under one folder. The account root over the socket belongs to the OS user that calls."""

    def __init__(self, folder: Path, *, small: bool = False, confined: bool = False) -> None:
        """Name the folder; nothing is touched yet.

        Args:
            folder: of the server, alone.
            small: less disk (34 MB instead of 130), for short-lived servers.
            confined: it is given what others have made (DESIGN 3.13), and runs as a user whom nobody else is and who owns nothing
                else, not as the one whose files the real server's are.
        """
        self.folder = folder
        self.data = folder / "data"
        self.temporary = folder / "tmp"  # never /tmp: a server that starts deletes the temporary tables of all others there
        self.socket = folder / "mariadb.sock"
        self.pid_file = folder / "mariadb.pid"
        self.log = folder / "mariadb.log"
        self._process: Process | None = None
        self._small = SMALL if small else ()
        self._user = nobody() if confined else None
        self._nothing = folder / "nothing" if confined else None  # all that it could read or write by SQL

    def create(self) -> None:
        """Make the data folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.data.mkdir(mode=0o700)
        self.temporary.mkdir(mode=0o700)
        if self._nothing:
            self._nothing.mkdir(mode=0o555)
        if os.geteuid() == 0:
            for path in (self.folder, self.data, self.temporary):
                shutil.chown(path, server_user() if self._user is None else self._user, self._user)
        run(
            [find_program(INSTALL_NAMES), "--no-defaults", *self._as(), f"--datadir={self.data}",
             "--auth-root-authentication-method=socket", f"--auth-root-socket-user={pwd.getpwuid(os.geteuid()).pw_name}",
             "--skip-test-db", f"--tmpdir={self.temporary}", *self._small,
             "--force"],  # a host whose own name does not resolve is no obstacle to a server without a network
            timeout=180, user=self._user,
        )  # fmt: skip

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            CommandError: "mariadb-start" with the end of its log.
        """
        if self.running():
            return
        args = [
            find_program(SERVER_NAMES), "--no-defaults", *self._as(), f"--datadir={self.data}", f"--socket={self.socket}",
            "--skip-networking", f"--pid-file={self.pid_file}", f"--log-error={self.log}", f"--sql-mode={GUIDE_SQL_MODE}",
            "--lower-case-table-names=1", "--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci",
            "--max-allowed-packet=64M", f"--tmpdir={self.temporary}", *self._small,
            *([f"--secure-file-priv={self._nothing}"] if self._nothing else []),
        ]  # fmt: skip
        self._process = process = start(args, user=self._user)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.answers():
                return
            if process.poll() is not None:
                break
            time.sleep(0.05)
        log = self.log.read_text(errors="replace") if self.log.exists() else ""
        hint = []
        if "Permission denied" in log or "Can't change dir" in log or not log:
            hint = let_in(self.folder, str(self._user or server_user()))
        raise CommandError(f"mariadbd did not start in {self.folder}", key="mariadb-start", detail=tail(log), next=hint)

    def _as(self) -> list[str]:
        return [f"--user={server_user()}"] if self._user is None else []  # it runs as him from the beginning

    def stop(self) -> None:
        """Stop the server and wait until its process is gone."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        if not _gone(pid, STOP_SECONDS):
            raise CommandError(f"mariadbd {pid} did not stop within {STOP_SECONDS:.0f} s", key="mariadb-stop")
        self._reap()

    def kill(self) -> None:
        """End the server at once, as a power cut would."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            _gone(pid, STOP_SECONDS)
        elif self._process is not None:
            self._process.kill()
        self._reap()

    def _reap(self) -> None:
        """Take leave of the process when it was a child of ours."""
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
            self._process = None

    def destroy(self) -> None:
        """Stop the server and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=False)

    def pid(self) -> int | None:
        """The server's process id, when it is really this server's process."""
        try:
            pid = int(small_text(self.pid_file))
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None
        return pid if str(self.data).encode() in command else None

    def running(self) -> bool:
        """Whether its process is there."""
        return self.pid() is not None

    def answers(self) -> bool:
        """Whether it answers a query."""
        with socket.socket(socket.AF_UNIX) as probe:  # PyMySQL leaks the socket of a connection that was refused
            if probe.connect_ex(str(self.socket)) != 0:
                return False
        try:
            self.connect().close()
        except pymysql.err.OperationalError:
            return False
        return True

    def connect(self, database: str | None = None) -> pymysql.connections.Connection[pymysql.cursors.Cursor]:
        """A connection as root over the socket."""
        return pymysql.connect(
            unix_socket=str(self.socket), user=pwd.getpwuid(os.geteuid()).pw_name, database=database, charset="utf8mb4",
            autocommit=True,
        )  # fmt: skip


def _gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False
