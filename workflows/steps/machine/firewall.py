"""The ports that OpenEMM answers on (guide 4.1, and 10 where it has a certificate)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.steps.setup import SetupStep

SMTP, HTTPS = "25/tcp", "8443/tcp"
PORT, FORWARD = "firewall.port", "firewall.forward"


@dataclass(frozen=True)
class OpenFirewall(SetupStep):
    """Open what must be reached from outside; a host without firewalld has nothing to open."""

    part: ClassVar[str] = "firewall"
    guide: ClassVar[tuple[str, ...]] = ("4.1",)

    def look(self, host: Host) -> Sequence[Difference]:
        """What is not open for good and now."""
        if not self.plan.answers.firewall or not host.network.firewall.running():
            return []
        opened, forwarded = host.network.firewall.ports(), host.network.firewall.forwards()
        ports = [
            Difference(f"{PORT}.{port.partition('/')[0]}", "port", None, f"{port} open")
            for port in self._ports() if not any(covers(one, port) for one in opened)
        ]  # fmt: skip
        forwards = [
            Difference(f"{FORWARD}.{source}", f"port {source}", None, f"leads to {target}")
            for source, target in self._forwards() if rule(source, target) not in forwarded
        ]  # fmt: skip
        return ports + forwards

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Add the rules that are missing; what was added is remembered before, so that undo takes back no other."""
        keys = {difference.key for difference in differences}
        ports = [port for port in self._ports() if f"{PORT}.{port.partition('/')[0]}" in keys]
        forwards = [rule(source, target) for source, target in self._forwards() if f"{FORWARD}.{source}" in keys]
        added: dict[str, list[str]] = dict(ctx.intent.get("added", {"ports": [], "forwards": []}))
        ctx.remember(
            added={
                "ports": sorted({*added["ports"], *ports}), "forwards": sorted({*added["forwards"], *forwards}),
            }
        )  # fmt: skip
        host.network.firewall.add(ports=ports, forwards=forwards)

    def take_back(self, ctx: Context, host: Host) -> None:
        """Close what this run opened."""
        added = ctx.intent.get("added")
        if added and host.network.firewall.running():
            host.network.firewall.remove(ports=added["ports"], forwards=added["forwards"])

    def evidence(self, host: Host) -> Facts:
        """Whether there is a firewall at all."""
        return {"firewalld": host.network.firewall.zone() if host.network.firewall.running() else "does not run"}

    def _ports(self) -> list[str]:
        https = [HTTPS] if self.plan.answers.certificate else []
        return [SMTP, f"{self.plan.http_port}/tcp", *https]

    def _forwards(self) -> list[tuple[int, int]]:
        https = [(443, 8443)] if self.plan.answers.certificate else []
        return [(80, self.plan.http_port), *https]


def rule(source: int, target: int) -> str:
    """A forward as firewall-cmd writes it."""
    return f"port={source}:proto=tcp:toport={target}"


def covers(opened: str, port: str) -> bool:
    """Whether a port, or a range of them (8000-8100/tcp), has that one in it."""
    numbers, _, protocol = opened.partition("/")
    number, _, wanted = port.partition("/")
    first, _, last = numbers.partition("-")
    return protocol == wanted and int(first) <= int(number) <= int(last or first)
