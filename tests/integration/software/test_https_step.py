"""HTTPS in the server.xml of a home, from certificates of a real authority; and what is found before a run begins."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator import command
from tests.integration.os_packages.os_package_kit import Small, build_deb
from tests.integration.software import software_kit
from tests.integration.software.certificate_kit import Authority
from tests.integration.software.software_kit import World, java_home, key_of, tomcat_archive, tomcat_folder
from tests.remedies.follow import follow, seen
from tests.system.lab import python_source
from workflows.checks import install
from workflows.checks.check import checks_in, run_all
from workflows.checks.install import certificate
from workflows.checks.install.ground import Ground
from workflows.host.os_packages import Repository
from workflows.install import setup_steps
from workflows.model.answers import Verdict
from workflows.model.finding import Finding, Severity
from workflows.model.installation import InstallPlan
from workflows.model.plans import Need
from workflows.steps.application.https import APR, NIO, HttpsConnector

pytestmark = pytest.mark.integration
TEMPLATE = Path("orchestrator/sandbox/templates/server.xml.tmpl")
KEYS = [
    "os-packages", "os-updates", "java-version", "tomcat-version", "python-version", "python-source", "https", "certificate",
    "wkhtmltox",
]  # fmt: skip
AJP = '    <Connector port="8009" protocol="AJP/1.3" redirectPort="8443" />\n'


@pytest.fixture
def authority(open_folder: Path, tmp_path: Path) -> Authority:
    """Where Tomcat's user can read it."""
    folder = open_folder / f"authority-{tmp_path.name}"
    folder.mkdir()
    made = Authority.make(folder)
    made.sign("server")
    for path in folder.iterdir():
        shutil.chown(path, "daemon")
    return made


@pytest.fixture
def server_xml(world: World) -> Path:
    """Of the runtime, as its template is."""
    conf = world.home / "tomcat/conf"
    conf.mkdir(parents=True)
    shutil.copy(TEMPLATE, conf / "server.xml.template")
    shutil.copy(TEMPLATE, conf / "server.xml")
    return conf / "server.xml"


def _answers(authority: Authority, name: str = "server", **more: Any) -> dict[str, Any]:
    return {"certificate": authority.path(f"{name}.pem"), "certificate_key": authority.path(f"{name}.key"),
            "certificate_chain": authority.path("middle.pem"), **more}  # fmt: skip


def test_the_connector_is_written_for_the_certificate_and_taken_out_again(
    world: World, authority: Authority, server_xml: Path
) -> None:
    step = HttpsConnector(world.plan(**_answers(authority)))
    assert world.look(step) == [("tomcat.https", None, f"with {authority.path('server.pem')}")]
    engine, record = world.run(step)
    assert key_of(record) == "made-to-fail"
    assert record.steps[0].facts["names"] == "openemm.example.com, www.example.com"
    added = world.software.connectors(server_xml.read_text())[-1]
    assert (added.port, added.protocol, added.key) == ("8443", NIO, authority.path("server.key"))
    assert 'server="a.example.com"' in server_xml.read_text()
    assert world.look(step) == []
    engine.undo()
    assert server_xml.read_bytes() == TEMPLATE.read_bytes()


def test_without_a_certificate_nothing_is_changed(world: World, server_xml: Path) -> None:
    _, record = world.run(HttpsConnector(world.plan()))
    assert record.steps[0].facts == {"changed": False, "https": False}


@pytest.mark.parametrize(("version", "protocol"), [("9.0.43", APR), ("10.1.60", NIO)])
def test_apr_is_taken_where_its_library_is_there_and_tomcat_still_has_it(
    world: World, authority: Authority, server_xml: Path, version: str, protocol: str
) -> None:
    tomcat_folder(world.home / "opt/tomcat", version)
    (world.home / "opt/tomcat-native").mkdir()
    world.run(HttpsConnector(world.plan(**_answers(authority))))
    assert world.software.connectors(server_xml.read_text())[-1].protocol == protocol


def test_the_ajp_connector_of_the_template_goes_and_an_administrators_is_asked_about(world: World, server_xml: Path) -> None:
    shipped = TEMPLATE.read_text().replace("    <Engine", f"{AJP}    <Engine")
    server_xml.write_text(shipped)
    step = HttpsConnector(world.plan())
    assert world.look(step) == [("tomcat.ajp", "port 8009", "none")]
    assert key_of(world.run(step, "ASKS")[1]) == "difference-unanswered"
    assert server_xml.read_text() == shipped
    (server_xml.parent / "server.xml.template").write_text(shipped)
    engine, record = world.run(step, "GOES")
    assert key_of(record) == "made-to-fail"
    assert server_xml.read_text() == TEMPLATE.read_text()
    engine.undo()
    assert server_xml.read_text() == shipped


def test_a_port_and_a_certificate_somebody_set_are_asked_about(world: World, authority: Authority, server_xml: Path) -> None:
    first = HttpsConnector(world.plan(**_answers(authority)))
    world.run(first, "ONE")
    server_xml.write_text(server_xml.read_text().replace('port="8080"', 'port="9090"'))
    authority.sign("later")
    later = _answers(authority, "later")
    step = HttpsConnector(world.plan(**later))
    assert {key for key, _, _ in world.look(step)} == {"tomcat.http-port", "tomcat.https"}
    assert all(difference.by_admin for difference in step.look(world.host))
    answered = {"tomcat.http-port": Verdict.KEEP, "tomcat.https": Verdict.REPLACE}
    shutil.chown(authority.path("later.key"), "daemon")
    _, record = world.run(HttpsConnector(world.plan(**later, differences=answered)), "TWO")
    assert key_of(record) == "made-to-fail"
    assert [(one.port, one.certificate) for one in world.software.connectors(server_xml.read_text())] == [
        ("9090", None), ("8443", authority.path("later.pem")),
    ]  # fmt: skip


def test_a_bad_certificate_leaves_server_xml_as_it_was(world: World, authority: Authority, server_xml: Path) -> None:
    authority.sign("old", begins=timedelta(days=-9), ends=timedelta(days=-1))
    shutil.chown(authority.path("server.key"), "root")
    Path(authority.path("server.key")).chmod(0o600)
    cases = [
        (_answers(authority, "old"), "certificate-expired"),
        (_answers(authority, certificate_key=authority.path("old.key")), "certificate-key-mismatch"),
        (_answers(authority, certificate_chain=authority.path("stranger.pem")), "certificate-chain-mismatch"),
        (_answers(authority, certificate_key=None), "certificate-key-missing"),
        (_answers(authority), "certificate-not-readable"),
    ]
    for number, (answers, key) in enumerate(cases):
        engine, record = world.run(HttpsConnector(world.plan(**answers)), f"BAD{number}")
        assert key_of(record) == key
    assert server_xml.read_bytes() == TEMPLATE.read_bytes()
    assert record.headline
    follow(record.headline["next"][0])
    seen(record.headline["next"][1])
    assert key_of(engine.run()) == "made-to-fail"


def test_a_server_xml_that_is_broken_or_missing_is_told(world: World, server_xml: Path, authority: Authority) -> None:
    server_xml.write_text("<Server>")
    assert key_of(world.run(HttpsConnector(world.plan()), "BROKEN")[1]) == "server-xml-broken"
    shutil.rmtree(server_xml.parent)
    step = HttpsConnector(world.plan(**_answers(authority)))
    assert [key for key, _, _ in world.look(step)] == ["tomcat.https"]
    assert key_of(world.run(step, "MISSING")[1]) == "server-xml-missing"


def test_without_openssl_the_certificate_is_not_judged_before_the_run(
    world: World, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "PATH", "/nowhere")
    assert [one.severity for one in certificate.check(_ground(world.host, world.plan(**_answers(authority))))] == [
        Severity.UNKNOWN
    ]


# --- before the run -----------------------------------------------------------------------------------------------------


def _ground(host: Any, plan: InstallPlan) -> Ground:
    steps = {step.name: step for step in setup_steps(plan)}
    return Ground(host, plan, names=None, differences=lambda part: steps[part].look(host))  # type: ignore[arg-type]


def _look(host: Any, plan: InstallPlan) -> list[Finding]:
    """What is asked about software."""
    return run_all([check for check in checks_in(install) if check.subject.key in KEYS], _ground(host, plan))


def _found(world: World, **answered: Any) -> dict[str, tuple[Severity, str]]:
    setup = world.host
    setup.server = SimpleNamespace(version=lambda: "MariaDB 10.11")
    return {one.key: (one.severity, one.measured) for one in _look(setup, world.plan(**answered))}


def test_a_host_for_which_all_can_be_had_is_stopped_by_nothing(world: World, authority: Authority, tmp_path: Path) -> None:
    world.offer("os-base", "alpha")
    java_home(tmp_path / "jvm/java-11", "11.0.20")
    archive = str(tomcat_archive(tmp_path / "apache-tomcat-9.0.43.tar.gz"))
    found = _found(world, tomcat=archive, **_answers(authority))
    assert {key for key, (severity, _) in found.items() if severity is not Severity.PASSED} == {"wkhtmltox"}
    assert found["os-packages"][1] == "1 to be installed, all offered by here/main"
    assert world.packages.installed(["alpha"]) == {}


def test_what_the_run_would_fail_with_is_found_before_it(world: World, authority: Authority, tmp_path: Path) -> None:
    world.offer(
        "os-base", "absent", repository=Repository("legacy", ("legacy*",), "SUSEConnect -p sle-module-legacy/15.1/x86_64")
    )
    java_home(tmp_path / "jvm/java-17", "17.0.1")
    ten = str(tomcat_folder(tmp_path / "ten", "10.1.60"))
    answers = _answers(authority, certificate_key=authority.path("middle.key"))
    found = _found(world, tomcat=ten, **answers)
    assert {key for key, (severity, _) in found.items() if severity is Severity.INHIBITOR} == {
        "os-packages", "java-version", "tomcat-version", "certificate",
    }  # fmt: skip
    assert "the repository legacy that has it is not enabled" in found["os-packages"][1]
    kept = {"java.version": Verdict.KEEP, "tomcat.major": Verdict.KEEP}
    found = _found(world, tomcat=ten, differences=kept, **answers)
    assert {key for key, (severity, _) in found.items() if severity is Severity.INHIBITOR} == {"os-packages", "certificate"}
    assert _found(world)["https"] == (Severity.WARNING, "there is no certificate: HTTP only")


def test_without_a_python_that_fits_a_source_with_its_digest_must_be_named(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(software_kit, "NEEDS", (Need("python", ("3.9",), stops=True, source="facts 24.1"),))
    world.offer("python", "alpha", version="3.11", path="/usr/bin/python3")
    assert _found(world)["python-version"][0] is Severity.INHIBITOR
    source, digest = python_source.build(tmp_path, "/usr/bin/python3")
    for named, severity in ((None, Severity.INHIBITOR), ("0" * 64, Severity.INHIBITOR), (digest, Severity.PASSED)):
        found = _found(world, python_source=str(source), python_source_sha256=named)
        assert (found["python-version"][0], found["python-source"][0]) == (Severity.PASSED, severity)
    assert _found(world, python_source=str(tmp_path / "absent"))["python-source"][0] is Severity.INHIBITOR


def test_what_a_check_asks_for_is_answered_as_it_is_printed_and_all_is_well(
    world: World, authority: Authority, tmp_path: Path
) -> None:
    world.offer("os-base", "alpha")
    java_home(tmp_path / "jvm/java-11", "11.0.20")
    source, digest = python_source.build(tmp_path, "/usr/bin/python3")
    build_deb(tmp_path, Small("wkhtmltox", "0.12.6"), tmp_path)
    given = _answers(authority) | {"wkhtmltox": str(tmp_path / "wkhtmltox_0.12.6_all.deb"), "python_source": str(source)}
    given |= {"tomcat": str(tomcat_archive(tmp_path / "apache-tomcat-9.0.43.tar.gz")), "python_source_sha256": digest}
    for lacks, with_them in (
        ({"certificate": None, "certificate_key": None}, "--certificate FILE --certificate-key FILE"),
        ({"wkhtmltox": None}, "--wkhtmltox FILE"),
        ({"python_source_sha256": None}, f"--python-source-sha256 {digest}"),
        ({"python_source_sha256": "0" * 64}, "--python-source FILE"),
    ):
        (fix,) = _fixes(world, **{**given, **lacks})
        seen(fix)
        assert fix.startswith(f"the same command with {with_them}")
    assert _fixes(world, **given) == []


def _fixes(world: World, **answered: Any) -> list[str]:
    """Of what is not well."""
    setup = world.host
    setup.server = SimpleNamespace(version=lambda: "MariaDB 10.11")
    return [one.fix for one in _look(setup, world.plan(**answered)) if one.severity is not Severity.PASSED]


def test_where_the_package_manager_could_not_be_asked_the_same_command_asks_again(world: World) -> None:
    world.offer("os-base", "alpha")
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(command, "PATH", "/nowhere")
        told = _fixes(world)[0]
        assert "os-packages" in _stopped(world)
    seen(told)
    assert "os-packages" not in _stopped(world)


def _stopped(world: World) -> set[str]:
    return {key for key, (severity, _) in _found(world).items() if severity is Severity.INHIBITOR}
