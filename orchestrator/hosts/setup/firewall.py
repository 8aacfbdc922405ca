"""firewalld, asked and changed for good and at once: a reload would drop what others added at runtime only."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.hosts.command import CommandError, run

PROGRAM = "firewall-cmd"
SECONDS = 60.0
PERMANENT = "--permanent"


class Firewalld:
    """As `workflows.setup.system.Firewall` asks for it."""

    def running(self) -> bool:
        """By --state; a host where the program is missing has none."""
        try:
            return run([PROGRAM, "--state"], timeout=SECONDS, expect=None).exit_code == 0
        except CommandError as error:
            if error.error_key == "command-missing":
                return False
            raise

    def zone(self) -> str:
        """The default zone where it is active, else the first that has an interface, else the default one."""
        default = _ask("--get-default-zone")
        active = zones_with_interfaces(_ask("--get-active-zones"))
        return default if default in active or not active else active[0]

    def ports(self) -> Sequence[str]:
        """Those open for good and now, by themselves or with a service."""
        zone = f"--zone={self.zone()}"
        return _both(self._open_ports(zone, PERMANENT), self._open_ports(zone))

    def forwards(self) -> Sequence[str]:
        """Those for good and now, as --add-forward-port takes them."""
        zone = f"--zone={self.zone()}"
        lasting, present = (
            [line.removesuffix(":toaddr=") for line in _ask(zone, *more, "--list-forward-ports").split()]
            for more in ((PERMANENT,), ())
        )
        return _both(lasting, present)

    def add(self, *, ports: Sequence[str], forwards: Sequence[str]) -> None:
        """What is there already is no error."""
        self._change("add", ports, forwards)

    def remove(self, *, ports: Sequence[str], forwards: Sequence[str]) -> None:
        """What is gone already is no error."""
        self._change("remove", ports, forwards)

    def _open_ports(self, *where: str) -> list[str]:
        opened = _ask(*where, "--list-ports").split()
        for service in _ask(*where, "--list-services").split():
            opened += _ask(PERMANENT, f"--service={service}", "--get-ports").split()
        return opened

    def _change(self, verb: str, ports: Sequence[str], forwards: Sequence[str]) -> None:
        rules = [f"--{verb}-port={port}" for port in ports] + [f"--{verb}-forward-port={forward}" for forward in forwards]
        zone = f"--zone={self.zone()}"
        for rule in rules:
            for more in ((PERMANENT,), ()):
                run([PROGRAM, zone, *more, rule], timeout=SECONDS)


def zones_with_interfaces(listed: str) -> list[str]:
    """The zones that --get-active-zones shows with an interface: a name at the margin, what it has indented below."""
    found, zone = [], ""
    for line in listed.splitlines():
        if line and not line[0].isspace():
            zone = line.split()[0]
        elif line.strip().startswith("interfaces:") and line.partition(":")[2].strip():
            found.append(zone)
    return found


def _both(lasting: Sequence[str], present: Sequence[str]) -> list[str]:
    return [one for one in lasting if one in present]


def _ask(*args: str) -> str:
    return run([PROGRAM, *args], timeout=SECONDS).stdout.strip()
