"""One booted host: an overlay over the shared root, a network namespace, a cgroup and a systemd of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from orchestrator.command import CommandError, Result, environment, run, tail
from tests.system.lab.leftovers import end_group, hierarchies, remove_tree

Layers: TypeAlias = tuple[Path, ...]  # topmost first; nobody writes into them

DOMAIN = "lab.test"
BOOT_SECONDS = 60.0
END_SECONDS = 60.0
GO_ON_SECONDS = 0.2
REBOOTS = 133  # how systemd-nspawn ends when the host asks for a reboot
OVERLAY = "redirect_dir=on,index=off,metacopy=off"
JOIN_AND_RUN = 'for group in $GROUPS; do echo $$ >"$group/cgroup.procs"; done; exec "$@"'


class HostError(AssertionError):
    """A host does not do what the lab needs of it."""


class Host:
    """A host that is off, until `boot`. Made by `Lab.host`; whoever made it calls `close`."""

    def __init__(self, folder: Path, name: str, short_name: str, layers: Layers) -> None:
        """Make the host.

        Args:
            folder: for what is this host's own; does not exist yet.
            name: of its cgroup and network namespace on this machine.
            short_name: what it calls itself, in the domain lab.test.
            layers: what it is at first.
        """
        self.name = name
        self.short_name = short_name
        self.full_name = f"{short_name}.{DOMAIN}"
        self.layers = layers
        self.booted_in = 0.0  # seconds of the last boot
        self._machine_id = uuid.uuid4().hex
        self._folder = folder
        self._root = folder / "root"
        self._console = folder / "console.log"
        self._groups = [tree / name for tree in hierarchies()]
        self._process: subprocess.Popen[bytes] | None = None
        self._leader = 0
        folder.mkdir(mode=0o755)
        run(["ip", "netns", "add", name], timeout=30)
        run(["ip", "-n", name, "link", "set", "lo", "up"], timeout=30)
        self._mount()

    # --- power --------------------------------------------------------------------------------------------------------

    def boot(self) -> None:
        """Start the host and wait until systemd says that it is running.

        Raises:
            HostError: it is on, it ended, a unit failed, or it took longer than a minute.
        """
        if self._process is not None:
            raise HostError(f"{self.short_name} is on")
        begun = time.monotonic()
        for group in self._groups:
            group.mkdir(exist_ok=True)
        nspawn = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", f"--machine={self.name}", "--boot",
                  f"--directory={self._root}", f"--hostname={self.full_name}", "--console=pipe", "--resolv-conf=off",
                  "--timezone=off", "--link-journal=no", f"--network-namespace-path=/run/netns/{self.name}"]  # fmt: skip
        with self._console.open("ab") as console:
            self._process = subprocess.Popen(
                ["/bin/sh", "-euc", JOIN_AND_RUN, "sh", *nspawn], stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                env=environment({"GROUPS": " ".join(map(str, self._groups))}), start_new_session=True, cwd="/",
            )  # fmt: skip
        self.wait_running()
        self.booted_in = time.monotonic() - begun

    def wait_running(self, timeout: float = BOOT_SECONDS) -> None:
        """Wait until every unit of the boot is up; errors as for `boot`."""
        deadline = time.monotonic() + timeout
        state = "off"
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise HostError(f"{self.short_name} ended during its boot\n{self.console()}")
            if self._find_leader():
                answer = self.run(["systemctl", "is-system-running", "--wait"], timeout=timeout, check=False)
                state = answer.stdout.strip() or answer.stderr.strip()
                if state == "running":
                    return
                if state == "degraded":
                    raise HostError(f"{self.short_name}: {self.run(['systemctl', '--failed', '--no-legend']).stdout}")
            time.sleep(0.02)
        raise HostError(f"{self.short_name} is not running after {timeout:.0f} s but {state}\n{self.console()}")

    def power_cut(self) -> None:
        """End everything in the host at once. What was written stays, synced or not: it is this machine that caches."""
        os.kill(self.leader, signal.SIGKILL)
        self._ended()

    def poweroff(self) -> None:
        """Shut the host down in order."""
        self.run(["systemctl", "poweroff"], check=False)
        self._ended()

    def reboot(self) -> None:
        """Shut the host down in order and boot it again.

        Raises:
            HostError: it ended in another way.
        """
        self.run(["systemctl", "reboot"], check=False)
        code = self._ended()
        if code != REBOOTS:
            raise HostError(f"{self.short_name} did not reboot but ended with {code}\n{self.console()}")
        self.boot()

    @property
    def running(self) -> bool:
        """Whether the host is on."""
        return self._process is not None and self._process.poll() is None

    @property
    def leader(self) -> int:
        """The process on this machine that is the host's PID 1.

        Raises:
            HostError: the host is off.
        """
        if not self.running or not self._leader:
            raise HostError(f"{self.short_name} is off")
        return self._leader

    # --- inside -------------------------------------------------------------------------------------------------------

    def enter(self, args: Sequence[str], user: str | None = None) -> list[str]:
        """The command on this machine that runs a command in the host, with / as its folder."""
        other = ["runuser", "-u", user, "--"] if user else []
        return ["nsenter", f"--target={self.leader}", "--all", "--", *other, *args]

    def run(
        self, args: Sequence[str], timeout: float = 60.0, *, user: str | None = None, check: bool = True,
        env: Mapping[str, str] | None = None, stdin: str | None = None,
    ) -> Result:  # fmt: skip
        """Run a command in the host to its end, as root or as another user.

        Raises:
            HostError: it failed, and `check`; or it did not end in time.
        """
        home = "/root" if user is None else f"/home/{user}"
        expect = (0,) if check else None
        try:
            return run(self.enter(args, user), timeout=timeout, expect=expect, env={"HOME": home, **(env or {})}, input=stdin)
        except CommandError as error:
            raise HostError("\n".join([f"{self.short_name}: {error}", str(error.command), *error.detail])) from None

    def write(self, path: str, text: str, *, mode: int = 0o644, owner: str = "root") -> None:
        """Write a file in the host; its folders are made."""
        self.run(["install", "-D", "-m", f"{mode:o}", "-o", owner, "/dev/stdin", path], stdin=text)

    def read(self, path: str) -> str:
        """The text of a file in the host."""
        return self.run(["cat", path]).stdout

    def copy_in(self, source: Path, target: str) -> None:
        """Copy a file or a folder's content of this machine to a path in the host, owned by root."""
        self.run(["mkdir", "-p", target if source.is_dir() else os.path.dirname(target)])  # noqa: PTH120 - not of here
        if source.is_dir():
            _pipe(["tar", "-C", str(source), "-cf", "-", "."],
                  self.enter(["tar", "-C", target, "--no-same-owner", "-xpf", "-"]))  # fmt: skip
        else:
            _pipe(["cat", str(source)], self.enter(["tee", target]))

    def copy_out(self, source: str, target: Path) -> None:
        """Copy a file of the host, or a folder's content, into a file or a new folder of this machine."""
        if self.run(["test", "-d", source], check=False).exit_code == 0:
            target.mkdir()
            _pipe(self.enter(["tar", "-C", source, "-cf", "-", "."]),
                  ["tar", "-C", str(target), "--no-same-owner", "-xpf", "-"])  # fmt: skip
        else:
            _pipe(self.enter(["cat", source]), ["dd", "status=none", f"of={target}"])

    def know(self, hosts: Mapping[str, Sequence[str]]) -> None:
        """Write /etc/hosts: names by address."""
        self.run(["tee", "/etc/hosts"], stdin=_hosts(hosts))

    def console(self) -> str:
        """The last lines that the host wrote on its console."""
        return "\n".join(tail(self._console.read_text(errors="replace"))) if self._console.exists() else ""

    # --- disk ---------------------------------------------------------------------------------------------------------

    def snapshot(self) -> Layers:
        """Keep the disk as it is, for other hosts to begin with and for this one's `reset`. The host is off.

        Raises:
            HostError: the host is on.
        """
        self._off()
        run(["umount", str(self._root)], timeout=60)
        number = len(list(self._folder.glob("layer-*")))
        (self._folder / "upper").rename(self._folder / f"layer-{number}")
        self.layers = (self._folder / f"layer-{number}", *self.layers)
        self._mount()
        return self.layers

    def reset(self) -> None:
        """Put the disk back to the last snapshot, or to how the host began. A host that is on suffers a power cut."""
        if self.running:
            self.power_cut()
        self._off()
        run(["umount", str(self._root)], timeout=60)
        remove_tree(self._folder / "upper")
        self._mount()

    def close(self) -> None:
        """Take the host away, and all that is its own. Layers it made are gone with it."""
        if self.running:
            self.power_cut()
        run(["ip", "netns", "delete", self.name], timeout=30)
        remove_tree(self._folder)

    def _mount(self) -> None:
        upper, work = self._folder / "upper", self._folder / "work"
        if work.exists():
            shutil.rmtree(work)
        for folder in (upper / "etc", work, self._root):
            folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        own = {"hostname": f"{self.full_name}\n", "machine-id": f"{self._machine_id}\n",
               "hosts": _hosts({"127.0.1.1": [self.full_name, self.short_name]})}  # fmt: skip
        for name, text in own.items():
            (upper / "etc" / name).write_text(text)
        lower = ":".join(map(str, self.layers))
        run(["mount", "-t", "overlay", self.name, "-o", f"lowerdir={lower},upperdir={upper},workdir={work},{OVERLAY}",
             str(self._root)], timeout=60)  # fmt: skip

    # --- the process --------------------------------------------------------------------------------------------------

    def _off(self) -> None:
        if self.running:
            raise HostError(f"{self.short_name} is on")

    def _find_leader(self) -> bool:
        """Whether PID 1 is there: the child of nspawn that calls itself 1."""
        if self._leader:
            return True
        for group in self._groups:
            for procs in group.rglob("cgroup.procs"):
                for pid in procs.read_text().split():
                    if _is_leader(pid):
                        self._leader = int(pid)
                        return True
        return False

    def _ended(self) -> int:
        """Wait until the host is off; how nspawn ended."""
        if self._process is None:
            raise HostError(f"{self.short_name} is off")
        deadline = time.monotonic() + END_SECONDS
        while (code := self._wait(GO_ON_SECONDS)) is None:
            if time.monotonic() > deadline:
                raise HostError(f"{self.short_name} does not end within {END_SECONDS:.0f} s\n{self.console()}")
            self._let_go()
        self._process, self._leader = None, 0
        for group in self._groups:
            end_group(group)
        return code

    def _wait(self, timeout: float) -> int | None:
        try:
            return self._process.wait(timeout) if self._process else None
        except subprocess.TimeoutExpired:
            return None

    def _let_go(self) -> None:
        """Let each nsenter of this process go on, so that it reaps what it put into the host, or PID 1 never ends.

        A shutdown stops all processes for a moment before it ends them, and nsenter stops itself with its own.
        """
        entered = f"nsenter\0--target={self._leader}\0".encode()
        for children in Path("/proc/self/task").glob("*/children"):
            for pid in children.read_text().split():
                if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(entered):
                    os.kill(int(pid), signal.SIGCONT)


def _is_leader(pid: str) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    numbers = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
    return len(numbers) > 1 and numbers[-1] == "1"


def _hosts(hosts: Mapping[str, Sequence[str]]) -> str:
    lines = [f"{address} {' '.join(names)}" for address, names in hosts.items()]
    return "\n".join(["127.0.0.1 localhost", *lines]) + "\n"


def _pipe(source: Sequence[str], target: Sequence[str]) -> None:
    """Run two commands, the output of the first being the input of the second.

    Raises:
        HostError: one failed.
    """
    with subprocess.Popen(source, stdout=subprocess.PIPE, env=environment()) as first:
        second = subprocess.run(target, stdin=first.stdout, capture_output=True, env=environment(), check=False, timeout=300)
    if first.returncode or second.returncode:
        raise HostError(f"cannot copy: {source[0]} {first.returncode}, {target[0]} {second.returncode} {second.stderr!r}")
