"""Tomcat after 9.0.30 does not start with the AJP connector of older server.xml files (guide 7.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workflows.checks.finding import Finding, Severity, passed
from workflows.host import Host
from workflows.plan import UpgradePlan

KEY = "tomcat-ajp-connector"
TITLE = "server.xml has no AJP connector"
SERVER_XML = "conf/server.xml"
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
AJP = re.compile(r"<Connector\b[^>]*protocol\s*=\s*[\"']AJP/1\.3[\"'][^>]*>", re.DOTALL)


def check(host: Host, plan: UpgradePlan | None) -> Iterator[Finding]:
    """A connector without secretRequired is a warning; which Tomcat runs is not always known."""
    del plan
    text = COMMENT.sub("", host.home.read_text(SERVER_XML))
    if any("secretRequired" not in match[0] for match in AJP.finditer(text)):
        yield Finding(
            KEY, Severity.WARNING, TITLE, "it has one", "Tomcat after 9.0.30 logs SEVERE secretRequired and the connector fails",
            f"remove the line with protocol AJP/1.3 from {host.home_path}/{SERVER_XML}",
        )  # fmt: skip
    else:
        yield passed(KEY, TITLE, "none")
