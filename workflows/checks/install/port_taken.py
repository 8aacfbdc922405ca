"""Nobody else listens where mail server and OpenEMM will (guide 4.1)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.host.network import Listener
from workflows.model.answers import Mta
from workflows.model.finding import Finding
from workflows.rules.mta import PORT, is_ours

SHUTDOWN_PORT, TLS_PORT = 8005, 8443
SUBJECT = Subject("port-taken", "the ports are free", "what is installed could not listen there", "guide 4.1", order=120)


def check(ground: Ground) -> Iterator[Finding]:
    """Ours is what a mail server or OpenEMM's own user has."""
    host, plan = ground.host, ground.plan
    if not host.units.available():
        return  # `systemd` says so
    mail = {pid for mta in Mta for pid in host.mail.server(mta).processes()}
    taken = [(PORT, one) for one in host.network.listeners(PORT) if not is_ours(one, mail)]
    for port in (plan.http_port, SHUTDOWN_PORT, *([TLS_PORT] if plan.answers.certificate else [])):
        taken += [(port, one) for one in host.network.listeners(port) if not _is_openemm(ground, one)]
    for port, one in taken:
        measured = f"{one.program or 'an unknown program'} (process {one.pid or 'unknown'}) listens on port {port}"
        yield SUBJECT.stops(measured, f"ss -ltnp 'sport = :{port}'    who it is; stop it, and disable its unit")
    if not taken:
        yield SUBJECT.fine("yes")


def _is_openemm(ground: Ground, one: Listener) -> bool:
    return one.pid is not None and ground.host.system.process_user(one.pid) == ground.plan.user
