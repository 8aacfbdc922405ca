from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from workflows.model.errors import WorkflowError
from workflows.model.values import Change, CompanyDomains, ConfigRow, is_secret
from workflows.rules.configuration import (
    COMPANY_INFO,
    CONFIG,
    caveats,
    derived,
    differences,
    effective,
    require_known,
    require_mailloop,
    require_usable,
    split_url,
    table_for,
)

ROWS = [
    ConfigRow(CONFIG, "system.url", "https://all.example.com"),
    ConfigRow(CONFIG, "system.url", "https://here.example.com", "here"),
    ConfigRow(CONFIG, "system.url", "https://there.example.com", "there"),
    ConfigRow(CONFIG, "expire.bounce", "1"),
    ConfigRow(COMPANY_INFO, "expire.bounce", "90"),
    ConfigRow(CONFIG, "jobqueue.execute", "1", "there"),
]


@contextmanager
def refused(key: str) -> Iterator[None]:
    with pytest.raises(WorkflowError) as error:
        yield
    assert error.value.error_key == key


def test_a_host_row_wins_then_company_info_and_rows_of_other_hosts_never() -> None:
    seen = {one.row.key: one.row for one in effective(ROWS, "here")}
    assert seen["system.url"].value == "https://here.example.com"
    assert seen["expire.bounce"].value == "90"
    assert seen["jobqueue.execute"].host == "there"
    assert {one.row.key: one.row.value for one in effective(ROWS, "elsewhere")}["system.url"] == "https://all.example.com"


def test_a_value_is_written_where_it_counts() -> None:
    assert table_for("expire.bounce", ROWS) == COMPANY_INFO
    assert table_for("system.url", ROWS) == CONFIG
    assert table_for("mailaddress.sender", ROWS) == CONFIG
    assert table_for("maxadminmails", ROWS) == COMPANY_INFO


@pytest.mark.parametrize("key", ["birt.privatekey", "system.password", "rest.token", "x.client_secret", "dkim.private_key"])
def test_secrets_are_known_by_their_names(key: str) -> None:
    assert is_secret(key, None)


def test_secrets_are_known_by_what_they_are_and_public_keys_are_none() -> None:
    assert is_secret("some.thing", "-----BEGIN RSA PRIVATE KEY-----\nx")
    assert not is_secret("birt.publickey", "-----BEGIN PUBLIC KEY-----\nx")
    assert Change(CONFIG, "some.thing", "-----BEGIN PRIVATE KEY-----", "gone").secret


def test_an_unknown_key_is_refused_with_those_that_look_alike() -> None:
    with pytest.raises(WorkflowError) as error:
        require_known("systm.url", ROWS)
    assert error.value.error_key == "config-key-unknown"
    assert "there is system.url" in error.value.detail
    require_known("mailaddress.sender", [])
    require_known("own.key", [ConfigRow(CONFIG, "own.key", "x", "there")])


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("mailaddress.sender", "[to be defined]", "config-value-placeholder"),
        ("system.url", "http://[to be defined]", "config-value-placeholder"),
        ("system.url", "openemm.example.com", "config-value-malformed"),
        ("system.url", "", "config-value-malformed"),
        ("mailaddress.sender", "nobody", "config-value-malformed"),
        ("system.defaultMailloopDomain", "https://loop.example.com", "config-value-malformed"),
        ("system.defaultMailloopDomain", "Here.Example.com", "mailloop-is-server"),
        ("a" * 33 + ".x", "1", "config-too-long"),
        ("a." + "x" * 65, "1", "config-too-long"),
        ("system.licence", "€" * 22000, "config-too-long"),
        ("nodot", "1", "config-value-malformed"),
    ],
)
def test_a_value_that_cannot_work_is_refused(key: str, value: str, error: str) -> None:
    with refused(error):
        require_usable(key, value, CONFIG, None, ["here.example.com"])


def test_a_name_in_company_info_may_be_longer_and_its_value_must_be_shorter() -> None:
    require_usable("x" * 64, "1", COMPANY_INFO, None, [])
    with refused("config-too-long"):
        require_usable("x", "1" * 4001, COMPANY_INFO, None, [])
    with refused("config-too-long"):
        require_usable("x", "1", COMPANY_INFO, "h" * 101, [])


@pytest.mark.parametrize(
    ("url", "plain", "host"),
    [
        ("https://openemm.example.com", "https://openemm.example.com", "openemm.example.com"),
        ("https://OpenEMM.example.com/", "https://OpenEMM.example.com", "openemm.example.com"),
        ("http://10.0.0.1:8080", "http://10.0.0.1:8080", "10.0.0.1"),
    ],
)
def test_a_url_is_protocol_host_and_port(url: str, plain: str, host: str) -> None:
    assert split_url(url) == (plain, host)


@pytest.mark.parametrize(
    "url",
    ["openemm.example.com", "ftp://x.example.com", "https://", "https://x.example.com/emm", "https://u:p@x.com", ""],
)
def test_a_url_without_protocol_or_with_more_is_refused(url: str) -> None:
    with refused("config-value-malformed"):
        split_url(url)


@pytest.mark.parametrize(
    "domain", ["https://loop.example.com", "loop.example.com:25", "loop", "-x.example.com", "", "x" * 250 + ".com"]
)
def test_a_mailloop_domain_has_no_protocol(domain: str) -> None:
    with refused("config-value-malformed"):
        require_mailloop(domain, [])


def test_all_that_follows_from_the_url_is_a_difference_once() -> None:
    wanted = derived("https://mail.example.com", "mail.example.com", "loop.example.com", 8080)
    assert wanted["webservices.url"] == "https://mail.example.com/2.0/"
    assert wanted["birt.url.intern"] == "http://localhost:8080/birt"
    companies = [CompanyDomains(1, None, "loop.example.com"), CompanyDomains(7, "https://mail.example.com", "own.example.com")]
    changes = differences(wanted, ROWS, companies, host="here", keep=["system.RdirLandingpage"])
    told = {(c.table, c.key, c.company) for c in changes}
    assert ("company_tbl", "rdir_domain", 1) in told
    assert ("company_tbl", "mailloop_domain", 7) in told
    assert ("company_tbl", "mailloop_domain", 1) not in told
    assert (CONFIG, "system.RdirLandingpage", None) not in told
    urls = [(c.before, c.after, c.host) for c in changes if c.key == "system.url"]
    assert urls == [
        ("https://all.example.com", "https://mail.example.com", None),
        ("https://here.example.com", "https://mail.example.com", "here"),
    ]
    made = [ConfigRow(c.table, c.key, c.after, c.host) for c in changes if c.company is None]
    there = [ConfigRow(CONFIG, key, value) for key, value in wanted.items() if key not in {row.key for row in made}]
    both = [CompanyDomains(1, "https://mail.example.com", "loop.example.com")]
    assert differences(wanted, [*made, *there], both, host="here", keep=[]) == []


def test_what_the_start_of_a_line_does_with_a_value_is_said() -> None:
    assert "property files count" in caveats(["system.url"], "19.10")[0]
    assert "every start" in caveats(["mailout.ini.domain"], "20.04")[0]
    assert caveats(["mailout.ini.domain", "system.url"], "20.10") == []
    assert caveats(["system.url"], "") == []
