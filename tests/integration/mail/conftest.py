"""A private Postfix: Debian's package unpacked in a folder, on a port of 127.0.0.1, with a queue of its own."""

from __future__ import annotations

import os
import shutil
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from orchestrator.command import PATH, CommandError, run
from orchestrator.hosts.mail.postfix import Postfix
from workflows.host.units import UnitState

OWNER, GROUP = "news", "uucp"  # accounts of every Debian that nothing here runs as
MAIN = """compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = {tree}/usr/sbin
daemon_directory = {tree}/usr/lib/postfix/sbin
meta_directory = {tree}/etc/postfix
shlib_directory = no
sendmail_path = {tree}/usr/sbin/sendmail
mail_owner = news
setgid_group = uucp
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
default_transport = smtp:[127.0.0.1]:1
myhostname = private.test
import_environment = LD_LIBRARY_PATH={tree}/usr/lib/postfix MAIL_CONFIG POSTLOG_SERVICE POSTLOG_HOSTNAME
export_environment = LD_LIBRARY_PATH MAIL_CONFIG={folder}/etc
"""


class NoUnits:
    """There is no systemd here."""

    def available(self) -> bool:
        return False

    def state(self, unit: str) -> UnitState:
        del unit
        return UnitState(exists=False, enabled=False)

    def enable(self, unit: str) -> None:
        raise AssertionError(unit)

    disable = start = stop = enable


@dataclass
class PrivatePostfix:
    """A running Postfix."""

    folder: Path
    tree: Path
    port: int
    env: dict[str, str] = field(default_factory=dict)
    running: bool = False

    @property
    def config(self) -> Path:
        return self.folder / "etc"

    def start(self) -> None:
        run(["postfix", "-c", str(self.config), "start"], timeout=60, env=self.env)
        self.running = True

    def stop(self) -> None:
        if self.running:
            run(["postfix", "-c", str(self.config), "stop"], timeout=60, env=self.env)
            self.running = False

    def ask(self, *args: str) -> str:
        """What one of its programs prints."""
        return run([args[0], "-c", str(self.config), *args[1:]], timeout=60, env=self.env).stdout

    def server(self) -> Postfix:
        """Our side of it."""
        made = Postfix(self.folder / "home", OWNER, NoUnits(), config=self.config, env=self.env)
        made.program = str(self.tree / "usr/sbin/sendmail")
        return made

    def send(self, sender: str, recipients: list[str], content: bytes) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as server:
            server.sendmail(sender, recipients, content, mail_options=["BODY=8BITMIME"])


@pytest.fixture(scope="session")
def postfix_tree(open_folder: Path) -> Path:
    """Debian's package, unpacked."""
    if os.geteuid() != 0 or not shutil.which("dpkg", path=PATH):
        pytest.skip("no private Postfix: not root, or no dpkg")
    folder = open_folder / "postfix-package"
    if (folder / "tree").is_dir():  # another folder of tests that has this fixture came first
        return folder / "tree"
    folder.mkdir()
    try:
        run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", "postfix"], timeout=120, cwd=folder)
    except CommandError as error:
        pytest.skip(f"no private Postfix: its package cannot be had ({error.detail[-1] if error.detail else error})")
    run(["dpkg", "-x", str(next(folder.glob("postfix_*.deb"))), str(folder / "tree")], timeout=60)
    return folder / "tree"


@pytest.fixture
def private_postfix(postfix_tree: Path, open_folder: Path) -> Iterator[PrivatePostfix]:
    """Made and running; its port answers."""
    with running_postfix(postfix_tree, open_folder) as made:
        yield made


@contextmanager
def running_postfix(postfix_tree: Path, open_folder: Path) -> Iterator[PrivatePostfix]:
    """A Postfix in a new folder, ended at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder = open_folder / f"postfix-{port}"
    for name in ("etc", "spool", "data", "home/var/run"):
        (folder / name).mkdir(parents=True)
    shutil.chown(folder / "data", OWNER)
    shutil.copytree(postfix_tree / "etc/postfix", folder / "etc", dirs_exist_ok=True)
    (folder / "etc/main.cf").write_text(MAIN.format(folder=folder, tree=postfix_tree))
    lines = (postfix_tree / "usr/share/postfix/master.cf.dist").read_text().splitlines()
    fields = [line.split() for line in lines if line and line[0] not in "# \t"]
    services = [[f"127.0.0.1:{port}", *f[1:]] if f[:2] == ["smtp", "inet"] else f for f in fields]
    master = "".join(" ".join([*f[:4], "n", *f[5:]]) + "\n" for f in services)
    (folder / "etc/master.cf").write_text(master)
    library = postfix_tree / "usr/lib/postfix"
    env = {"LD_LIBRARY_PATH": str(library), "PATH": f"{postfix_tree}/usr/sbin:{PATH}", "MAIL_CONFIG": str(folder / "etc")}
    made = PrivatePostfix(folder, postfix_tree, port, env)
    try:
        made.start()
        yield made
    finally:
        made.stop()
