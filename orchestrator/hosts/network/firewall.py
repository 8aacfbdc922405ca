"""firewalld, asked and changed for good and at once: a reload would drop what others added at runtime only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from orchestrator.command import CommandError, run

PROGRAM = "firewall-cmd"
SECONDS = 60.0
PERMANENT = "--permanent"
_ENTRY = re.compile(r"  (\S[^:]*):(.*)")


class Firewalld:
    """As `workflows.host.network.Firewall` asks for it. The zone and what services mean are asked for once."""

    def __init__(self) -> None:
        """Nothing is asked yet."""
        self._services: dict[str, list[str]] = {}

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
        return self._zone

    @cached_property
    def _zone(self) -> str:
        default = _ask("--get-default-zone")
        active = zones_with_interfaces(_ask("--get-active-zones"))
        return default if default in active or not active else active[0]

    def ports(self) -> Sequence[str]:
        """Those open for good and now, by themselves or with a service."""
        lasting, present = ([*zone.get("ports", ()), *self._of_services(zone)] for zone in self._zones())
        return [port for port in lasting if port in present]

    def lets_in(self, port: int) -> bool | None:
        """By itself, within a range or with a service."""
        if not self.running():
            return None
        ranges = (entry.removesuffix("/tcp").split("-") for entry in self.ports() if entry.endswith("/tcp"))
        return any(int(ends[0]) <= port <= int(ends[-1]) for ends in ranges)

    def forwards(self) -> Sequence[str]:
        """Those for good and now, as --add-forward-port takes them."""
        lasting, present = ([line.removesuffix(":toaddr=") for line in zone.get("forward-ports", ())] for zone in self._zones())
        return [forward for forward in lasting if forward in present]

    def add(self, *, ports: Sequence[str], forwards: Sequence[str]) -> None:
        """What is there already is no error."""
        self._change("add", ports, forwards)

    def remove(self, *, ports: Sequence[str], forwards: Sequence[str]) -> None:
        """What is gone already is no error."""
        self._change("remove", ports, forwards)

    def _zones(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """The zone as it is for good, and as it is now."""
        zone = f"--zone={self._zone}"
        return parse_zone(_ask(zone, PERMANENT, "--list-all")), parse_zone(_ask(zone, "--list-all"))

    def _of_services(self, zone: dict[str, list[str]]) -> list[str]:
        for service in zone.get("services", ()):
            if service not in self._services:  # each question takes half a second
                self._services[service] = _ask(PERMANENT, f"--service={service}", "--get-ports").split()
        return [port for service in zone.get("services", ()) for port in self._services[service]]

    def _change(self, verb: str, ports: Sequence[str], forwards: Sequence[str]) -> None:
        for option, values in ((f"--{verb}-port", ports), (f"--{verb}-forward-port", forwards)):
            rules = [f"{option}={value}" for value in values]  # firewall-cmd takes several of one kind
            for lasting in ([PERMANENT], []):
                if rules:
                    run([PROGRAM, f"--zone={self._zone}", *lasting, *rules], timeout=SECONDS)


def zones_with_interfaces(listed: str) -> list[str]:
    """The zones that --get-active-zones shows with an interface: a name at the margin, what it has indented below."""
    found, zone = [], ""
    for line in listed.splitlines():
        if line and not line[0].isspace():
            zone = line.split()[0]
        elif line.strip().startswith("interfaces:") and line.partition(":")[2].strip():
            found.append(zone)
    return found


def parse_zone(listed: str) -> dict[str, list[str]]:
    """What --list-all says, by its names; a value may go on in lines that are indented further."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in listed.splitlines():
        if match := _ENTRY.match(line):
            name = match[1]
            found[name] = match[2].split()
        elif name:
            found[name] += line.split()
    return found


def _ask(*args: str) -> str:
    return run([PROGRAM, *args], timeout=SECONDS).stdout.strip()
