"""What stops an installation before it changes anything, one cause a test, and what only warns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.remedies.follow import seen
from tests.unit.setup.memory_host import GIB, RUNS, make_plan
from workflows.checks import install
from workflows.checks.check import checks_in, run_all
from workflows.checks.install.ground import Ground
from workflows.host.network import Listener
from workflows.host.system import Family
from workflows.host.units import UnitState
from workflows.model.answers import Mta, Verdict
from workflows.model.finding import Finding, Severity
from workflows.model.installation import InstallPlan

Make = Callable[..., Any]
OFF = UnitState(exists=True, enabled=False)
KEYS = [
    "os-supported", "systemd", "selinux", "cron", "etc-writable", "memory", "disk-room", "fqdn", "url", "mailloop",
    "mta-other-active", "port-taken",
]  # fmt: skip


def preflight(setup: Any, plan: InstallPlan) -> list[Finding]:
    """What is asked of the host itself."""
    checks = [check for check in checks_in(install) if check.subject.key in KEYS]
    return run_all(checks, Ground(setup, plan, names=None, differences=lambda part: ()))  # type: ignore[arg-type]


def found(setup: Any, severity: Severity = Severity.INHIBITOR, **answered: Any) -> dict[str, str]:
    """What was measured, by key, of that severity; an inhibitor says how it is mended."""
    findings = [one for one in preflight(setup, make_plan(**answered)) if one.severity is severity]
    assert all(one.fix and one.why for one in findings)
    return {one.key: one.measured for one in findings}


def test_a_host_that_is_in_order_is_stopped_by_nothing_and_warned_of_nothing(host: Make) -> None:
    setup = host(units={"crond.service": RUNS})
    findings = preflight(setup, make_plan())
    assert {one.severity for one in findings} == {Severity.PASSED}
    assert [one.key for one in findings] == [
        "os-supported", "selinux", "cron", "etc-writable", "memory", "disk-room", "disk-room", "fqdn", "url", "mailloop",
        "mta-other-active", "port-taken",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("family", "version", "known"),
    [(Family.RHEL, "7.9", True), (Family.RHEL, "9.4", True), (Family.RHEL, "10.0", False), (Family.SUSE, "15.5", True),
     (Family.SUSE, "12.5", False), (Family.DEBIAN, "12", True), (Family.DEBIAN, "11", False), (None, "22.04", False)],
)  # fmt: skip
def test_only_the_systems_whose_packages_are_known_are_installed_on(
    host: Make, family: Family | None, version: str, known: bool
) -> None:
    assert ("os-supported" in found(host(family, version=version))) is not known


def test_selinux_that_enforces_stops_unless_it_was_accepted(host: Make) -> None:
    assert found(host(selinux="enforcing")) == {"selinux": "it enforces"}
    kept = {"differences": {"selinux": Verdict.KEEP}}
    assert found(host(selinux="enforcing"), Severity.WARNING, **kept) == {"selinux": "it enforces, which was accepted"}
    assert found(host(selinux="permissive")) == {}


@pytest.mark.parametrize(("family", "unit"), [(Family.RHEL, "crond.service"), (Family.DEBIAN, "cron.service")])
def test_cron_that_is_off_warns_of_its_being_started_and_cron_that_is_not_there_yet_does_not(
    host: Make, family: Family, unit: str
) -> None:
    version = "12" if family is Family.DEBIAN else "8"
    off = host(family, version=version, units={unit: OFF})
    assert found(off) == {}
    assert found(off, Severity.WARNING)["cron"].startswith(f"{unit} is disabled and does not run; ")
    assert found(host(family, version=version), Severity.WARNING) == {}


def test_a_host_without_a_full_name_stops_and_one_with_another_than_answered_warns(host: Make) -> None:
    assert found(host(name=None)) == {"fqdn": "its name has no domain"}
    assert "fqdn" in found(host(name="other.example.com"), Severity.WARNING)


def test_an_etc_that_is_mounted_read_only_stops(host: Make) -> None:
    assert found(host(read_only=["/etc"])) == {"etc-writable": "/etc: mounted read-only"}


def test_memory_below_two_gib_stops_and_below_four_warns(host: Make) -> None:
    assert found(host(memory=int(1.5 * GIB))) == {"memory": "1.5 GiB"}
    assert found(host(memory=int(1.9 * GIB))) == {}, "a machine of 2 GiB tells of a little less"
    assert found(host(memory=3 * GIB), Severity.WARNING) == {"memory": "3.0 GiB"}


@pytest.mark.parametrize("path", ["/home/openemm", "/var/lib/mysql"])
def test_a_disk_without_room_stops(host: Make, path: str) -> None:
    assert found(host(free={path: GIB // 10}))["disk-room"].startswith(f"{path}: 0.1 GiB free, ")


def test_no_room_is_asked_of_this_host_for_a_database_that_is_elsewhere(host: Make) -> None:
    assert found(host(free={"/var/lib/mysql": 0}), database="existing") == {}


@pytest.mark.parametrize("url", ["openemm.example.com", "ftp://openemm.example.com", "https://"])
def test_a_url_that_is_none_stops(host: Make, url: str) -> None:
    assert list(found(host(), url=url)) == ["url"]


@pytest.mark.parametrize(
    ("domain", "url"),
    [("openemm.example.com", "https://a.example.com"), ("News.example.com", "https://news.example.com"),
     ("https://mailing.example.com", "https://a.example.com"), ("here.example.com", "https://a.example.com")],
)  # fmt: skip
def test_a_mailloop_domain_that_is_a_name_of_the_server_or_none_at_all_stops(host: Make, domain: str, url: str) -> None:
    setup = host(name="here.example.com")
    assert list(found(setup, url=url, mailloop_domain=domain)) == ["mailloop"]


def test_the_other_mail_server_stops_while_it_runs(host: Make) -> None:
    running = host(processes={Mta.SENDMAIL: [77]}, listeners={25: [Listener(77, "/usr/sbin/sendmail")]})
    assert list(found(running)) == ["mta-other-active"]
    assert found(running, mta=Mta.SENDMAIL) == {}


@pytest.mark.parametrize(
    ("port", "answered"), [(25, {}), (8080, {}), (8005, {}), (8443, {"certificate": "/c.pem", "certificate_key": "/k.pem"})]
)
def test_a_stranger_on_a_port_stops(host: Make, port: int, answered: dict[str, Any]) -> None:
    setup = host(listeners={port: [Listener(5, "/usr/sbin/other")]}, process_user={5: "www-data"})
    assert found(setup, **answered) == {"port-taken": f"/usr/sbin/other (process 5) listens on port {port}"}


def test_openemm_itself_and_its_mail_server_are_no_strangers(host: Make) -> None:
    listeners = {25: [Listener(7, "/usr/libexec/postfix/master")], 8080: [Listener(8, "/usr/bin/java")], 8443: [Listener(9, "x")]}
    setup = host(listeners=listeners, process_user={8: "openemm", 9: "www-data"}, processes={Mta.POSTFIX: [7]})
    assert found(setup) == {}


def test_a_host_that_systemd_has_not_booted_stops(host: Make) -> None:
    assert list(found(host(booted=False))) == ["systemd"]


@pytest.mark.parametrize(
    ("key", "here", "there"),
    [("os-supported", {"version": "10.0"}, {"version": "9.4"}), ("systemd", {"booted": False}, {"booted": True}),
     ("memory", {"memory": GIB}, {"memory": 2 * GIB}), ("memory", {"memory": 3 * GIB}, {"memory": 4 * GIB})],
)  # fmt: skip
def test_on_the_host_that_is_asked_for_it_is_not_said_again(
    host: Make, key: str, here: dict[str, Any], there: dict[str, Any]
) -> None:
    (told,) = (one for one in preflight(host(**here), make_plan()) if one.key == key and one.fix)
    seen(told.fix)
    assert told.severity not in {one.severity for one in preflight(host(**there), make_plan()) if one.key == key}


@pytest.mark.parametrize(
    ("wrong", "good"),
    [({"url": "ftp://openemm.example.com"}, "https://openemm.example.com"),
     ({"mailloop_domain": "here.example.com"}, "loop.example.com")],
)  # fmt: skip
def test_with_another_answer_to_the_option_that_is_printed_it_is_gone(host: Make, wrong: dict[str, str], good: str) -> None:
    setup = host(name="here.example.com")
    (told,) = (one for one in preflight(setup, make_plan(**wrong)) if one.severity is Severity.INHIBITOR)
    option = seen(told.fix).command.removeprefix("the same command with --").partition(" ")[0]
    assert found(setup, **{option.replace("-", "_"): good}) == {}
