"""What the name service tells before an installation: what stops, what warns, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.unit.setup.memory_host import make_plan
from workflows.checks import install
from workflows.checks.check import checks_in, run_all
from workflows.checks.install.ground import Ground
from workflows.model.answers import Answers, Verdict
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding, Severity

ANSWERS = Answers(url="https://news.example.com", name="openemm.example.com", mailloop_domain="mailing.example.com")
PUBLIC = "9.9.9.9"
KEYS = ["name-resolves", "name-reverse", "mailloop-mx", "mailloop-spf"]


@dataclass
class Zone:
    """A name service that holds these records."""

    a: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ptr: Mapping[str, Sequence[str]] = field(default_factory=dict)
    mx: Mapping[str, Sequence[str]] = field(default_factory=dict)
    txt: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def addresses(self, name: str) -> Sequence[str]:
        return self.a.get(name, ())

    def reverse(self, address: str) -> Sequence[str]:
        return self.ptr.get(address, ())

    def exchangers(self, name: str) -> Sequence[str]:
        return self.mx.get(name, ())

    def texts(self, name: str) -> Sequence[str]:
        return self.txt.get(name, ())


class Unreachable(Zone):
    """A name service that cannot be asked."""

    def addresses(self, name: str) -> Sequence[str]:
        raise WorkflowError(f"cannot ask for {name}", key="dns-unreachable")


GOOD = Zone(
    {"openemm.example.com": [PUBLIC], "news.example.com": [PUBLIC]},
    {PUBLIC: ["OpenEMM.example.com"]},
    {"mailing.example.com": ["openemm.example.com"]},
    {"mailing.example.com": ["other", "v=spf1 a:openemm.example.com -all"]},
)


def check_names(zone: Zone, answers: Answers) -> list[Finding]:
    """What is asked of the name service."""
    checks = [check for check in checks_in(install) if check.subject.key in KEYS]
    plan = replace(make_plan(), answers=answers)
    return run_all(checks, Ground(None, plan, zone, differences=lambda part: ()))  # type: ignore[arg-type]


def _found(zone: Zone, answers: Answers = ANSWERS) -> dict[str, Finding]:
    """The worst of each key."""
    order = [Severity.PASSED, Severity.UNKNOWN, Severity.WARNING, Severity.INHIBITOR]
    return {f.key: f for f in sorted(check_names(zone, answers), key=lambda f: order.index(f.severity))}


def test_good_names_pass() -> None:
    assert {f.severity for f in _found(GOOD).values()} == {Severity.PASSED}


def test_a_name_without_address_stops_unless_it_was_accepted() -> None:
    zone = replace(GOOD, a={"openemm.example.com": [PUBLIC]})
    found = _found(zone)["name-resolves"]
    assert found.severity is Severity.INHIBITOR
    assert "news.example.com has no address" in found.measured
    assert "--keep name-resolves" in found.fix
    accepted = replace(ANSWERS, differences={"name-resolves": Verdict.KEEP})
    assert _found(zone, accepted)["name-resolves"].severity is Severity.WARNING


def test_an_address_that_leads_elsewhere_is_told_with_the_record_to_ask_for() -> None:
    for ptr in ({}, {PUBLIC: ["dyn-9.provider.example"]}):
        found = _found(replace(GOOD, ptr=ptr))["name-reverse"]
        assert found.severity is Severity.WARNING
        assert "9.9.9.9.in-addr.arpa. PTR openemm.example.com." in found.fix


def test_what_receivers_see_of_a_private_address_is_not_known() -> None:
    zone = replace(GOOD, a={"openemm.example.com": ["10.0.0.5"], "news.example.com": ["10.0.0.5"]})
    assert _found(zone)["name-reverse"].severity is Severity.UNKNOWN


def test_bounces_that_go_elsewhere_are_told() -> None:
    assert "has no MX record" in _found(replace(GOOD, mx={}))["mailloop-mx"].measured
    elsewhere = _found(replace(GOOD, mx={"mailing.example.com": ["mx.other.example"]}))["mailloop-mx"]
    assert elsewhere.severity is Severity.WARNING
    assert "MX 10 openemm.example.com." in elsewhere.fix


def test_an_exchanger_of_another_name_with_our_address_is_us() -> None:
    zone = replace(GOOD, a={**GOOD.a, "mx.example.com": [PUBLIC]}, mx={"mailing.example.com": ["mx.example.com"]})
    assert _found(zone)["mailloop-mx"].severity is Severity.PASSED


def test_an_spf_record_without_this_host_is_told() -> None:
    record = {"mailing.example.com": ["v=spf1 a:other.example.com ip4:1.2.3.4 -all"]}
    assert _found(replace(GOOD, txt=record))["mailloop-spf"].severity is Severity.WARNING
    by_address = {"mailing.example.com": [f"v=spf1 ip4:{PUBLIC} -all"]}
    assert _found(replace(GOOD, txt=by_address))["mailloop-spf"].severity is Severity.PASSED


def test_a_name_service_that_cannot_be_asked_is_unknown_and_not_broken() -> None:
    found = check_names(Unreachable(), ANSWERS)
    assert [f.severity for f in found] == [Severity.UNKNOWN]
    assert "--resolver" in found[0].fix
