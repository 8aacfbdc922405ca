"""Certificates that Tomcat could use, and others, made and looked at by the openssl program (guide 10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.command import run
from orchestrator.hosts.software.software import RealSoftware
from tests.integration.software.certificate_kit import NAME, Authority
from workflows.model.errors import WorkflowError

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


def _refused(certificate: str, key: str, chain: str | None = None) -> WorkflowError:
    with pytest.raises(WorkflowError) as caught:
        RealSoftware().certificate(certificate, key, chain)
    assert caught.value.next
    return caught.value


def test_a_good_one_tells_its_names_and_its_end(authority: Authority) -> None:
    certificate = authority.sign("good")
    found = RealSoftware().certificate(certificate, authority.path("good.key"), authority.path("middle.pem"))
    assert NAME in found["subject"]
    assert found["names"] == f"{NAME}, www.example.com"
    assert timedelta(days=89) < datetime.fromisoformat(found["end"]) - datetime.now(UTC) < timedelta(days=91)


def test_a_chain_with_its_root_and_a_certificate_with_its_chain_behind_it_are_good_too(
    authority: Authority, tmp_path: Path
) -> None:
    certificate = authority.sign("full")
    parts = [Path(authority.path(name)).read_text() for name in ("full.pem", "middle.pem", "root.pem")]
    (tmp_path / "full.pem").write_text("".join(parts[:2]))
    (tmp_path / "chain.pem").write_text("".join(parts[1:]))
    for path in (certificate, str(tmp_path / "full.pem")):
        assert RealSoftware().certificate(path, authority.path("full.key"), str(tmp_path / "chain.pem"))


def test_one_that_signed_itself_needs_no_chain(authority: Authority) -> None:
    certificate = authority.sign("self", by=None)
    assert RealSoftware().certificate(certificate, authority.path("self.key"), None)["names"] == f"{NAME}, www.example.com"


def test_the_key_of_another_is_found_out(authority: Authority) -> None:
    certificate = authority.sign("one")
    error = _refused(certificate, authority.key("other"))
    assert error.error_key == "certificate-key-mismatch"
    assert error.message == f"cannot use {certificate}: {authority.path('other.key')} is not its key"


def test_one_that_has_expired_says_when(authority: Authority) -> None:
    certificate = authority.sign("old", begins=timedelta(days=-40), ends=timedelta(days=-2))
    error = _refused(certificate, authority.path("old.key"))
    assert error.error_key == "certificate-expired"
    assert f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}" in error.message


def test_one_that_is_not_valid_yet_says_from_when_on(authority: Authority) -> None:
    certificate = authority.sign("young", begins=timedelta(days=3))
    assert _refused(certificate, authority.path("young.key")).error_key == "certificate-not-yet-valid"


@pytest.mark.parametrize("chain", ["stranger", "root"])
def test_a_chain_that_does_not_lead_from_it_is_found_out(authority: Authority, chain: str) -> None:
    certificate = authority.sign("chained")
    error = _refused(certificate, authority.path("chained.key"), authority.path(f"{chain}.pem"))
    assert error.error_key == "certificate-chain-mismatch"
    assert chain in error.message


def test_an_expired_certificate_in_the_chain_is_found_out(authority: Authority) -> None:
    authority.sign("late", by="root", extensions="authority", begins=timedelta(days=-40), ends=timedelta(days=-2))
    certificate = authority.sign("of-late", by="late")
    error = _refused(certificate, authority.path("of-late.key"), authority.path("late.pem"))
    assert error.error_key == "certificate-expired"
    assert "late.pem" in error.message


def test_what_is_no_certificate_or_no_key_is_told_apart(authority: Authority, tmp_path: Path) -> None:
    certificate, key = authority.sign("plain"), authority.path("plain.key")
    (tmp_path / "nothing.pem").write_text("nothing of the kind\n")
    locked = str(tmp_path / "locked.key")
    run(["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:x", "-out", locked], timeout=30)
    cases = {
        (str(tmp_path / "absent.pem"), key): "there is no such file",
        (certificate, str(tmp_path / "absent.key")): "there is no such file",
        (str(tmp_path / "nothing.pem"), key): "no PEM file of that kind",
        (key, key): "no PEM file of that kind",
        (certificate, certificate): "no PEM file of that kind",
        (certificate, locked): "locked with a password",
    }
    for (one, other), why in cases.items():
        error = _refused(one, other)
        assert error.error_key == "certificate-unreadable"
        assert why in error.message
