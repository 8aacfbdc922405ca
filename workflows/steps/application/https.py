"""HTTPS in Tomcat's server.xml, and the AJP connector that keeps later Tomcats from starting (guide 7.5, 10.1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.host.software import Connector
from workflows.model.errors import RefusedError
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.rules.certificate import require_usable
from workflows.steps.setup import SetupStep

AJP, HTTPS, PORT = "tomcat.ajp", "tomcat.https", "tomcat.http-port"
HTTPS_PORT = "8443"
NIO, APR = "org.apache.coyote.http11.Http11NioProtocol", "org.apache.coyote.http11.Http11AprProtocol"
NATIVE = ("opt/tomcat-native", "opt/tomcat/tomcat-native")  # facts 1.1; guide 10.1.1
APR_BEFORE = (10, 1)  # of Tomcat: later ones have no such protocol


@dataclass(frozen=True)
class HttpsConnector(SetupStep):
    """Comes after the home's files, for it changes the server.xml that is there; Tomcat reads it when it is started next.

    What stood in the runtime's template is no administrator's. Java's own TLS, with which nothing must be compiled, reads the
    same PEM files; APR is taken where its library is there and Tomcat still has it.
    """

    part: ClassVar[str] = "https"
    label: ClassVar[str] = "HTTPS and connectors"
    guide: ClassVar[tuple[str, ...]] = ("10",)

    def look(self, host: Host) -> Sequence[Difference]:
        """The connectors against those that are wanted."""
        text = self._text(host)
        now = host.software.connectors(text) if text is not None else ()
        shipped = self._shipped(host)
        found = [
            Difference(AJP, "AJP connector", f"port {one.port}", "none", by_admin=one not in shipped) for one in now if one.is_ajp
        ]
        plain = next((one for one in now if not one.is_ajp and not one.secure), None)
        if plain and plain.port != str(self.plan.http_port):
            wanted = f"port {self.plan.http_port}"
            found.append(Difference(PORT, "HTTP connector", f"port {plain.port}", wanted, by_admin=plain not in shipped))
        wanted_one = self._wanted(host)
        if wanted_one is not None:
            at_port = next((one for one in now if one.port == HTTPS_PORT), None)
            if at_port is None or _files(at_port) != _files(wanted_one):
                is_theirs = at_port is not None and at_port not in shipped
                was = f"with {at_port.certificate or 'no certificate'}" if at_port else None
                found.append(
                    Difference(HTTPS, f"HTTPS on port {HTTPS_PORT}", was, f"with {wanted_one.certificate}", by_admin=is_theirs)
                )
        return found

    def files(self, host: Host) -> Sequence[str]:
        """That one."""
        del host
        return [self._path]

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Write it, once the certificate is known to be good.

        Raises:
            RefusedError: "server-xml-missing", "certificate-key-missing", "certificate-not-readable".
            WorkflowError: what is wrong with the certificate.
        """
        keys = {difference.key for difference in differences}
        text, wanted = self._text(host), self._wanted(host)
        if text is None:
            raise RefusedError(
                f"there is no {self._path}, nor a template of it", key="server-xml-missing",
                next=["orchestrate abort    takes the run back"],
            )  # fmt: skip
        if HTTPS in keys and wanted:
            self._require_good(host, wanted)
        ctx.report("writes server.xml")
        new = host.software.with_connectors(
            text, http_port=self.plan.http_port if PORT in keys else None, without_ajp=AJP in keys,
            https=wanted if HTTPS in keys else None, server_name=self.plan.answers.name,
        )  # fmt: skip
        host.files.write(self._path, new)
        if host.network.listeners(self.plan.http_port):
            ctx.note("Tomcat runs, and reads server.xml when it is started next: orchestrate restart")

    def evidence(self, host: Host) -> Facts:
        """What the certificate is, and until when."""
        answers = self.plan.answers
        if not answers.certificate or not answers.certificate_key:
            return {"https": False}
        found = host.software.certificate(answers.certificate, answers.certificate_key, answers.certificate_chain)
        return {"https": True, "port": HTTPS_PORT, **found}

    @property
    def _path(self) -> str:
        return f"{self.plan.home}/tomcat/conf/server.xml"

    def _text(self, host: Host) -> str | None:
        """As it is; while there is none, as the template would make it (facts 1.1)."""
        text = host.files.read(self._path)
        return text if text is not None else host.files.read(f"{self._path}.template")

    def _shipped(self, host: Host) -> Sequence[Connector]:
        template = host.files.read(f"{self._path}.template")
        return host.software.connectors(template) if template is not None else ()

    def _wanted(self, host: Host) -> Connector | None:
        answers = self.plan.answers
        if not answers.certificate:
            return None
        protocol = APR if self._has_apr(host) else NIO
        return Connector(
            HTTPS_PORT, protocol, secure=True, certificate=answers.certificate, key=answers.certificate_key,
            chain=answers.certificate_chain,
        )  # fmt: skip

    def _has_apr(self, host: Host) -> bool:
        version = host.software.tomcat(f"{self.plan.home}/opt/tomcat") or ""
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
        native = any(host.files.mode(f"{self.plan.home}/{folder}") is not None for folder in NATIVE)
        return native and bool(numbers) and numbers < APR_BEFORE

    def _require_good(self, host: Host, wanted: Connector) -> None:
        require_usable(host, wanted.certificate or "", wanted.key, wanted.chain)
        for path in filter(None, (wanted.certificate, wanted.key, wanted.chain)):
            if not host.software.readable_by(self.plan.user, path):
                raise RefusedError(
                    f"{self.plan.user}, as whom Tomcat runs, cannot read {path}", key="certificate-not-readable",
                    unharmed=["server.xml: as it was"],
                    next=[f"chown {self.plan.user} {path}    or a copy in {self.plan.home}/etc/ssl",
                          "orchestrate resume"],
                )  # fmt: skip


def _files(one: Connector) -> tuple[str | None, ...]:
    return (one.certificate, one.key, one.chain)
