"""What an installation makes of the mail servers it finds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.remedies.follow import seen
from workflows import host as contract
from workflows.host.mail import Alternative, Clue, Source
from workflows.host.network import Listener
from workflows.host.system import Family
from workflows.host.units import UnitState
from workflows.model.answers import Answers, Mta, Verdict
from workflows.model.errors import RefusedError
from workflows.model.installation import InstallPlan
from workflows.model.plans import Hop, LineRules, Release
from workflows.model.step import Context
from workflows.steps.mail.server import MailServer

MAIN, MAPS = "/etc/postfix/main.cf", ("/home/openemm/var/run/relay.domains", "/home/openemm/var/run/transport.maps.db")
DOMAIN, LEFT, RIGHT = "mailing.example.com", "/root/left.crt", "/root/left.key"


@dataclass
class Server:
    """A mail server that is installed, configured and running unless told otherwise."""

    mta: Mta
    pids: Sequence[int] = ()
    there: str | None = "3.7.11"
    told: Sequence[str] = ()
    domains: Sequence[str] = (DOMAIN,)
    units: Sequence[str] = ("postfix.service",)
    program: str = "/usr/sbin/sendmail.postfix"
    kept: Collection[str] = ()

    def version(self) -> str | None:
        return self.there

    def processes(self) -> Sequence[int]:
        return self.pids

    def files(self) -> Sequence[str]:
        return [MAIN, *MAPS]

    def config_files(self) -> Sequence[str]:
        return [MAIN]

    def mailloop_domains(self) -> Sequence[str]:
        return self.domains

    def changes(self, name: str, keep: Collection[str] = ()) -> Sequence[str]:
        assert name == "openemm.example.com"
        self.kept = keep
        return [line for line in self.told if line.split()[1] not in keep]


@dataclass
class Host:
    """A host with Postfix as it must be."""

    postfix: Server = field(default_factory=lambda: Server(Mta.POSTFIX, (25,)))
    sendmail: Server = field(default_factory=lambda: Server(Mta.SENDMAIL, there=None, units=("sendmail.service",)))
    installed: Collection[str] = ("mta-postfix", "milter", "procmail")
    files: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(MAPS, "") | {MAIN: "inet_interfaces = all\n"})
    links: Mapping[str, str] = field(default_factory=dict)
    alternative: Alternative = field(default_factory=lambda: Alternative(None, manual=False, registered=False))
    third: str | None = None
    listeners: Sequence[Listener] = (Listener(25, "/usr/lib/postfix/sbin/master"), Listener(26, "/usr/lib/postfix/sbin/smtpd"))
    family: Family = Family.DEBIAN

    def setup(self) -> contract.Host:
        mail = SimpleNamespace(
            server=lambda mta: self.postfix if mta is Mta.POSTFIX else self.sendmail,
            alternatives=SimpleNamespace(current=lambda: self.alternative),
            clues=lambda: [Clue(Source.ALTERNATIVES, self.third, "seen")],
        )
        network = SimpleNamespace(
            listeners=lambda port: self.listeners if port == 25 else (),
            greeting=lambda port, seconds: "220 hello" if port == 25 and self.postfix.pids else None,
        )
        there = self.files.keys() | self.links.keys()
        files = SimpleNamespace(read=self.files.get, read_link=self.links.get, mode=lambda path: 0o644 if path in there else None)
        made: Any = SimpleNamespace(
            mail=mail, network=network, files=files,
            system=SimpleNamespace(distribution=lambda: SimpleNamespace(family=self.family)),
            capabilities=SimpleNamespace(provided=lambda name: SimpleNamespace(packages=(name,))),
            os_packages=SimpleNamespace(installed=lambda names: [name for name in names if name in self.installed]),
            software=SimpleNamespace(program=lambda name: None),
            units=SimpleNamespace(state=lambda unit: UnitState(exists=True, enabled=bool(self.postfix.pids), state="active")),
        )  # fmt: skip
        return cast("contract.Host", made)


def step(release: str = "20.10.000.152", **answers: Any) -> MailServer:
    """The step of an installation with these answers."""
    given = Answers(url="http://openemm.example.com", name="openemm.example.com", mailloop_domain=DOMAIN, **answers)
    hop = Hop(1, "none", Release(release, ()), LineRules("20.10"), final=True)
    return MailServer(InstallPlan(source="none", target=release, hop=hop, answers=given))


def keys(host: Host, **answers: Any) -> list[str]:
    """What differs."""
    return [one.key for one in step(**answers).look(host.setup())]


def test_a_server_that_is_as_the_guide_wants_it_is_left_alone() -> None:
    assert keys(Host()) == []


def test_on_a_bare_host_everything_differs_and_nothing_is_an_administrators() -> None:
    bare = Host(Server(Mta.POSTFIX, there=None, domains=()), installed=(), files={}, listeners=())
    found = step().look(bare.setup())
    assert [one.key for one in found] == ["mail.packages", "mail.configuration", "mail.maps", "mail.enabled", "mail.running"]
    assert not any(one.by_admin for one in found)


def test_what_somebody_set_in_main_cf_is_asked_about_and_what_a_distribution_ships_is_not() -> None:
    told = ["main.cf: inet_interfaces = all   (was loopback-only)", "main.cf: message_size_limit = 0   (was 50000000)",
            "main.cf: maximal_queue_lifetime = 1d   (was 5d)", "master.cf: tlsmgr is not chrooted"]  # fmt: skip
    text = "inet_interfaces = loopback-only\nmessage_size_limit=50000000\n"
    host = Host(Server(Mta.POSTFIX, (25,), told=told), files=dict.fromkeys(MAPS, "") | {MAIN: text})
    found = {one.key: (one.now, one.by_admin) for one in step().look(host.setup())}
    assert found == {
        "mail.main.inet_interfaces": ("loopback-only", False),
        "mail.main.message_size_limit": ("50000000", True),
        "mail.main.maximal_queue_lifetime": ("5d", False),
        "mail.services": (None, False),
    }
    ours = replace(step(), ours=True).look(host.setup())
    assert not any(one.by_admin for one in ours)


def test_a_setting_that_is_kept_is_neither_a_difference_nor_written() -> None:
    told = ["main.cf: message_size_limit = 0   (was 50000000)"]
    host = Host(Server(Mta.POSTFIX, (25,), told=told))
    assert keys(host, differences={"mail.main.message_size_limit": Verdict.KEEP}) == []
    assert host.postfix.kept == {"message_size_limit"}


def test_maps_without_their_index_are_written_again() -> None:
    assert keys(Host(files={MAIN: "", MAPS[0]: DOMAIN})) == ["mail.maps"]


def test_certificates_of_the_answers_stand_where_the_guide_looks_for_them_unless_the_site_has_its_own() -> None:
    answers = {"certificate": LEFT, "certificate_key": RIGHT}
    assert keys(Host(), **answers) == ["mail.tls"]
    own = Host()
    own.files = {**own.files, "/etc/pki/tls/certs/mail.crt": "the site's"}
    assert keys(own, **answers) == []


@pytest.mark.parametrize(
    ("host", "key", "now", "error"),
    [
        (
            Host(sendmail=Server(Mta.SENDMAIL, (7,), units=("sendmail.service",))),
            "mail.other",
            "Sendmail runs",
            "mta-other-active",
        ),
        (Host(Server(Mta.POSTFIX), third="exim4", listeners=()), "mail.other", "exim4", "mta-other-active"),
        (Host(Server(Mta.POSTFIX), listeners=(Listener(9, "/usr/bin/nc"),)), "mail.port", "/usr/bin/nc", "port-taken"),
    ],
)
def test_another_server_in_its_place_is_shown_and_never_removed(host: Host, key: str, now: str, error: str) -> None:
    found = {one.key: one for one in step().look(host.setup())}
    assert found[key].by_admin
    assert now in str(found[key].now)
    with pytest.raises(RefusedError) as caught:
        step().change(cast("Context", None), host.setup(), list(found.values()))
    assert caught.value.error_key == error
    assert caught.value.next


def test_the_server_that_is_there_is_kept_when_it_is_answered_so() -> None:
    host = Host(Server(Mta.POSTFIX), Server(Mta.SENDMAIL, (25,), units=("sendmail.service",)), family=Family.RHEL)
    with pytest.raises(RefusedError) as caught:
        step().change(cast("Context", None), host.setup(), [])
    keeps = seen(caught.value.next[2])
    assert keeps.command.startswith("the same command with --mta")
    assert "mail.other" in keys(host)
    assert "mail.other" not in keys(host, mta=Mta(caught.value.next[2].partition("--mta ")[2].split()[0]))


@pytest.mark.parametrize(
    ("family", "release", "key"),
    [
        (Family.SUSE, "20.10.000.152", "sendmail-not-on-sles"),
        (Family.DEBIAN, "20.10.000.152", "sendmail-not-on-debian"),
        (Family.RHEL, "23.10.000.159", "sendmail-unsupported"),
    ],
)
def test_sendmail_is_refused_where_it_cannot_be_used(family: Family, release: str, key: str) -> None:
    with pytest.raises(RefusedError) as caught:
        step(release, mta=Mta.SENDMAIL).look(Host(family=family).setup())
    assert caught.value.error_key == key


def test_alternatives_that_lead_elsewhere_are_set() -> None:
    host = Host(alternative=Alternative("/usr/sbin/sendmail.sendmail", manual=False, registered=True))
    assert keys(host) == ["mail.alternative"]
