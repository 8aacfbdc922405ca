"""Tomcat's server.xml: its connectors, and changes of them that leave every other byte as it was (guide 7.5, 10.1.1).

lxml reads and builds; where an element begins and ends in the text, which it does not tell, expat does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree

from orchestrator.hosts.files.files import ANY_BYTES
from workflows.host.software import Connector
from workflows.model.errors import WorkflowError

APR = "org.apache.coyote.http11.Http11AprProtocol"
CIPHERS = ":".join(
    f"ECDHE-{kind}-{cipher}"
    for cipher in ("AES256-GCM-SHA384", "CHACHA20-POLY1305", "AES128-GCM-SHA256", "AES256-SHA384", "AES128-SHA256")
    for kind in ("ECDSA", "RSA")
)  # those of guide 10.1.1
_REMARKS = re.compile(rb"[ \t]*(?:<!--(?:(?!-->)[^\n])*-->[ \t]*)+(?=\r?\n)")  # behind an element, on its line
_ATTRIBUTE = r"(\s{name}\s*=\s*)(\"[^\"]*\"|'[^']*')"


@dataclass(frozen=True)
class _Span:
    """Where an element lies in the bytes. head: the end of its start tag."""

    begin: int
    head: int
    end: int


def connectors(text: str) -> Sequence[Connector]:
    """Those outside of comments, in their order.

    Raises:
        WorkflowError: "server-xml-broken".
    """
    return [_connector(element) for element in _tree(text).iter("Connector")]


def changed(text: str, *, http_port: int | None, without_ajp: bool, https: Connector | None, server_name: str) -> str:
    """The text with these changes (`workflows.host.software.Software.with_connectors`).

    Raises:
        WorkflowError: "server-xml-broken".
    """
    data, found = text.encode("utf-8", ANY_BYTES), connectors(text)
    spans = _spans(data)
    edits: list[tuple[int, int, bytes]] = []
    plain: _Span | None = None  # the first that is neither AJP nor secure
    at_port: _Span | None = None
    if https in found:
        https = None  # as it is, whatever else it says
    for one, span in zip(found, spans, strict=True):
        if https and one.port == https.port and at_port is None:
            at_port = span
        elif (https and one.port == https.port) or (one.is_ajp and without_ajp):
            edits.append((*_whole_lines(data, span), b""))
        elif plain is None and not one.is_ajp and not one.secure:
            plain = span
            if http_port is not None and one.port != str(http_port):
                edits.append((span.begin, span.head, _with_port(data[span.begin : span.head], http_port)))
    if https:
        edits.append(_placed(data, https, server_name, at_port, plain))
    for begin, end, new in sorted(edits, reverse=True):
        data = data[:begin] + new + data[end:]
    result = data.decode("utf-8", ANY_BYTES)
    connectors(result)  # it is still a server.xml
    return result


def _tree(text: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(text.encode("utf-8", ANY_BYTES), parser)
    except etree.XMLSyntaxError as error:
        raise broken(str(error)) from error
    if root.tag != "Server":
        raise broken(f"its outermost element is {root.tag}, not Server")
    return root


def _connector(element: etree._Element) -> Connector:
    certificate = element.find("SSLHostConfig/Certificate")
    named = {} if certificate is None else _attributes(certificate)
    old = _attributes(element)  # up to Tomcat 8 the files stand here, under other names
    return Connector(
        port=old.get("port", ""),
        protocol=old.get("protocol", "HTTP/1.1"),
        secure=old.get("SSLEnabled", "").lower() == "true",
        certificate=named.get("certificateFile") or old.get("SSLCertificateFile"),
        key=named.get("certificateKeyFile") or old.get("SSLCertificateKeyFile"),
        chain=named.get("certificateChainFile") or old.get("SSLCertificateChainFile"),
    )


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _spans(data: bytes) -> list[_Span]:
    """Of all connectors, in the order of their start tags."""
    parser = expat.ParserCreate()
    found: list[list[int]] = []
    open_ones: list[int] = []
    waits = [False]

    def settle(position: int) -> None:
        if waits[0]:
            found[open_ones[-1]][1] = position
            waits[0] = False

    def start(name: str, attributes: dict[str, str]) -> None:
        del attributes
        settle(parser.CurrentByteIndex)
        if name == "Connector":
            open_ones.append(len(found))
            found.append([parser.CurrentByteIndex, 0, 0])
            waits[0] = True

    def end(name: str) -> None:
        at = parser.CurrentByteIndex
        if name != "Connector":
            settle(at)
            return
        span = found[open_ones[-1]]
        is_empty_tag = waits[0] and data[at : at + 2] != b"</"
        if is_empty_tag:  # expat tells its end where it began, or behind it, by version
            span[1] = span[2] = _tag_end(data, span[0])
            waits[0] = False
        else:
            settle(at)
            span[2] = data.index(b">", at) + 1
        open_ones.pop()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda _: settle(parser.CurrentByteIndex)
    parser.CommentHandler = lambda _: settle(parser.CurrentByteIndex)
    parser.Parse(data, True)
    return [_Span(*span) for span in found]


def _tag_end(data: bytes, begin: int) -> int:
    """Behind the > of the tag that begins there; one may stand in an attribute too."""
    quote = b""
    for at in range(begin, len(data)):
        char = data[at : at + 1]
        if quote:
            quote = b"" if char == quote else quote
        elif char in (b'"', b"'"):
            quote = char
        elif char == b">":
            return at + 1
    raise broken("a tag has no end")


def _indent(data: bytes, at: int) -> bytes:
    """The blanks that the line of a position begins with."""
    line = data[data.rfind(b"\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _whole_lines(data: bytes, span: _Span) -> tuple[int, int]:
    """The element, with its lines where nothing else stands on them."""
    begin, end = data.rfind(b"\n", 0, span.begin) + 1, data.find(b"\n", span.end) + 1
    if not end or data[begin : span.begin].strip() or data[span.end : end].strip():
        return span.begin, span.end
    return begin, end


def _placed(
    data: bytes, https: Connector, server_name: str, at_port: _Span | None, plain: _Span | None
) -> tuple[int, int, bytes]:
    """The edit that brings it: instead of the one at its port, else behind the plain one, else before the engine."""
    end = b"\r\n" if b"\r\n" in data else b"\n"
    lines = _element(https, server_name)
    if at_port:
        return at_port.begin, at_port.end, (end + _indent(data, at_port.begin)).join(lines)
    if plain:
        indent = end + _indent(data, plain.begin)
        rest = _REMARKS.match(data, plain.end)
        at = rest.end() if rest else plain.end
        return at, at, indent + indent.join(lines)
    hidden = re.sub(rb"<!--.*?-->", lambda match: b" " * len(match[0]), data, flags=re.DOTALL)
    at = hidden.find(b"<Engine")
    if at < 0:
        raise broken("it has no Engine")
    indent = end + _indent(data, at)
    return at, at, indent.join([*lines, b""])


def _with_port(tag: bytes, port: int) -> bytes:
    pattern = _ATTRIBUTE.format(name="port")
    text, count = re.subn(pattern, lambda match: f'{match[1]}"{port}"', tag.decode("utf-8", ANY_BYTES), count=1)
    return (text if count else re.sub(r"(?<=^<Connector)", f' port="{port}"', text)).encode("utf-8", ANY_BYTES)


def _element(https: Connector, server_name: str) -> list[bytes]:
    """The lines of the connector of guide 10.1.1, whose own text lacks the end of its first tag."""
    attributes = {
        "protocol": https.protocol, "port": https.port, "enableLookups": "false", "disableUploadTimeout": "true",
        "acceptCount": "100", "maxThreads": "1000", "scheme": "https", "secure": "true", "SSLEnabled": "true",
        "useBodyEncodingForURI": "true", "server": server_name,
    }  # fmt: skip
    element = etree.Element("Connector", {name: value for name, value in attributes.items() if value})
    host = etree.SubElement(
        element, "SSLHostConfig", disableCompression="true", honorCipherOrder="true", ciphers=CIPHERS,
        protocols="TLSv1.2+TLSv1.3",
    )  # fmt: skip
    files = {"certificateFile": https.certificate, "certificateKeyFile": https.key, "certificateChainFile": https.chain}
    etree.SubElement(host, "Certificate", {name: value for name, value in files.items() if value})
    etree.indent(element, space="    ")
    return etree.tostring(element).splitlines()


def broken(why: str) -> WorkflowError:
    """The error for a text that is no server.xml."""
    return WorkflowError(
        f"cannot use server.xml: {why}", key="server-xml-broken", unharmed=["server.xml: not written"],
        next=["orchestrate resume    once it is well-formed XML again"],
    )  # fmt: skip
