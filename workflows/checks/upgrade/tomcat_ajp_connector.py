"""Tomcat after 9.0.30 does not start with the AJP connector of older server.xml files (guide 7.5)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.host.remedies import Rewrite
from workflows.model.finding import Finding

SERVER_XML = "conf/server.xml"
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
AJP = re.compile(r"<Connector\b[^>]*protocol\s*=\s*[\"']AJP/1\.3[\"'][^>]*>", re.DOTALL)
END = "</Connector>"
SUBJECT = Subject(
    "tomcat-ajp-connector",
    "server.xml has no AJP connector",
    "Tomcat after 9.0.30 logs SEVERE secretRequired and the connector fails",
    order=190,
)


def check(journey: Journey) -> Iterator[Finding]:
    """A connector without secretRequired is a warning; which Tomcat runs is not always known."""
    host = journey.host
    text = host.home.read_text(SERVER_XML)
    without = without_connector(text)
    if without == text:
        yield SUBJECT.fine("none")
        return
    path = f"{host.home_path}/{SERVER_XML}"
    by_hand = f"remove the line with protocol AJP/1.3 from {path}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    remedy = Rewrite(path, digest, without, "remove the AJP connector from", by_hand)
    yield SUBJECT.but(source="guide 7.5").warns("it has one", by_hand, remedy)


def without_connector(text: str) -> str:
    """The file without AJP connectors that lack secretRequired, with the lines they stood on; all else as it is, byte by byte."""
    hidden = COMMENT.sub(lambda match: " " * len(match[0]), text)
    for match in reversed(list(AJP.finditer(hidden))):
        if "secretRequired" in match[0]:
            continue
        start, end = match.span()
        if not match[0].endswith("/>") and (closing := hidden.find(END, end)) >= 0:
            end = closing + len(END)
        line_start, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", end) + 1
        if line_end and not text[line_start:start].strip() and not text[end:line_end].strip():
            start, end = line_start, line_end
        text = text[:start] + text[end:]
    return text
