"""The server.xml we write, taken by the real Tomcat (guide 7.5, 10.1.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.command import Result, run
from orchestrator.hosts.software.software import RealSoftware
from tests.integration.software.certificate_kit import Authority
from workflows.host.software import Connector

pytestmark = pytest.mark.integration
HOME = Path("/usr/share/tomcat10")
NIO = "org.apache.coyote.http11.Http11NioProtocol"
TEMPLATE = Path("orchestrator/sandbox/templates/server.xml.tmpl")
SECONDS = 60.0


@pytest.fixture(scope="module")
def java() -> str:
    """Its home; without it or Tomcat 10, which need 200 MB, the test on booted hosts is the only one."""
    found = RealSoftware().java()
    if found is None or RealSoftware().tomcat(str(HOME)) is None:
        pytest.skip("not installed: tomcat10-common, or a Java")
    return found[0]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority.make(tmp_path_factory.mktemp("authority"))
    made.sign("server")
    return made


def _configtest(base: Path, java: str, text: str) -> Result:
    (base / "conf").mkdir(parents=True)
    (base / "logs").mkdir()
    (base / "webapps-leave-empty").mkdir()
    (base / "conf/server.xml").write_text(text)
    env = {"JAVA_HOME": java, "CATALINA_HOME": str(HOME), "CATALINA_BASE": str(base), "CATALINA_OPTS": f"-DHOME={base} -Xmx128m",
           "JAVA_OPTS": "-XX:TieredStopAtLevel=1"}  # fmt: skip
    return run([str(HOME / "bin/catalina.sh"), "configtest"], timeout=SECONDS, expect=None, env=env)


@pytest.mark.parametrize(("key", "takes_it"), [("server.key", True), ("absent.key", False)])
def test_tomcat_takes_the_connector_with_its_certificate_and_not_without_the_key(
    authority: Authority, java: str, tmp_path: Path, key: str, *, takes_it: bool
) -> None:
    wanted = Connector("8443", NIO, secure=True, certificate=authority.path("server.pem"), key=authority.path(key),
                       chain=authority.path("middle.pem"))  # fmt: skip
    text = RealSoftware().with_connectors(
        TEMPLATE.read_text(), http_port=18080, without_ajp=True, https=wanted, server_name="a.example.com"
    )
    said = _configtest(tmp_path / "base", java, text)
    assert 'Initializing ProtocolHandler ["http-nio-18080"]' in said.stderr
    assert 'Initializing ProtocolHandler ["https-jsse-nio-8443"]' in said.stderr or "https-openssl-nio-8443" in said.stderr
    assert (said.exit_code == 0 and "SEVERE" not in said.stderr) is takes_it
