"""Records that a check asks for, put into a zone as they are printed: the name service then tells what was missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from orchestrator.hosts.network.names import DnsNames
from tests.integration.doctor.dns_kit import Zone, name_server
from tests.remedies.follow import seen
from tests.unit.setup.memory_host import make_plan
from workflows.checks import install
from workflows.checks.check import checks_in, run_all
from workflows.checks.install.ground import Ground
from workflows.model.answers import Answers
from workflows.model.finding import Finding, Severity

pytestmark = pytest.mark.integration
NAME, LOOP, ADDRESS = "openemm.example.com", "mailing.example.com", "9.9.9.9"
KEYS = ["name-resolves", "name-reverse", "mailloop-mx", "mailloop-spf"]
ANSWERS = Answers(url=f"https://{NAME}", name=NAME, mailloop_domain=LOOP)


@dataclass
class Service:
    """A name server on loopback, and its zone."""

    zone: Zone
    address: str

    def found(self) -> dict[str, Finding]:
        """What is not well, by key."""
        checks = [check for check in checks_in(install) if check.subject.key in KEYS]
        plan = replace(make_plan(), answers=ANSWERS)
        findings = run_all(checks, Ground(None, plan, DnsNames(self.address), differences=lambda part: ()))  # type: ignore[arg-type]
        return {one.key: one for one in findings if one.severity is not Severity.PASSED}

    def add(self, fix: str) -> None:
        """The record that it asks for."""
        seen(fix)
        name, kind, value = fix.partition(": ")[2].split(" ", 2)
        self.zone.setdefault((name.rstrip("."), kind), []).append(value)


@pytest.fixture
def service() -> Iterator[Service]:
    """Of a domain that has an address with its way back, and nothing else."""
    zone: Zone = {(NAME, "A"): [ADDRESS], (f"{ADDRESS}.in-addr.arpa", "PTR"): [f"{NAME}."]}
    with name_server(zone) as address:
        yield Service(zone, address)


def test_the_records_of_a_mailloop_domain_are_added_as_they_are_printed(service: Service) -> None:
    assert service.found().keys() == {"mailloop-mx", "mailloop-spf"}
    service.add(service.found()["mailloop-mx"].fix)
    assert service.found().keys() == {"mailloop-spf"}
    service.add(service.found()["mailloop-spf"].fix)
    assert service.found() == {}


def test_an_exchanger_elsewhere_is_joined_by_this_host(service: Service) -> None:
    service.zone[LOOP, "MX"] = ["10 mx.example.net."]
    service.zone[LOOP, "TXT"] = ['"v=spf1 mx -all"']
    service.add(service.found()["mailloop-mx"].fix)
    assert service.found() == {}


def test_what_is_asked_for_is_added_to_an_spf_record(service: Service) -> None:
    service.zone[LOOP, "MX"] = [f"10 {NAME}."]
    service.zone[LOOP, "TXT"] = ['"v=spf1 a:other.example.com -all"']
    fix = service.found()["mailloop-spf"].fix
    seen(fix)
    word = fix.removeprefix("have ").partition(" added")[0]
    service.zone[LOOP, "TXT"] = [f'"v=spf1 a:other.example.com {word} -all"']
    assert service.found() == {}
