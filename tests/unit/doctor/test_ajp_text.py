"""A server.xml loses its AJP connectors and nothing else."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.checks.upgrade.tomcat_ajp_connector import without_connector

AJP = '<Connector port="8009" protocol="AJP/1.3" redirectPort="8443"\n useBodyEncodingForURI="true" />'
KEPT = (
    '<Connector port="8080" protocol="HTTP/1.1"/>', "<!-- c -->", f"<!-- {AJP} -->", "\n", "\r\n", "  ", '<Host name="ä"/>',
    '<Connector port="8009" protocol="AJP/1.3" secretRequired="false"/>', '<Valve className="x"><A/></Valve>',
)  # fmt: skip
REMOVED = (AJP, "<Connector protocol='AJP/1.3'></Connector>", '<Connector protocol="AJP/1.3"><Upgrade a="b"/></Connector>')


@given(st.lists(st.sampled_from([*KEPT, *REMOVED])))
def test_only_the_connectors_go_and_the_rest_is_the_same_xml(parts: list[str]) -> None:
    text = "".join(["<Server>", *parts, "</Server>"])
    left = without_connector(text)
    wanted = "".join(["<Server>", *(part for part in parts if part not in REMOVED), "</Server>"])
    assert re.sub(r"\s", "", left) == re.sub(r"\s", "", wanted)
    assert without_connector(left) == left
    Xml.fromstring(left)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"<S>\r\n  {AJP}  \r\n  <A/>\r\n</S>", "<S>\r\n  <A/>\r\n</S>"),
        (f"<S>\n  <A/>{AJP}\n</S>\n", "<S>\n  <A/>\n</S>\n"),
        (f"<S>{AJP}</S>", "<S></S>"),
        (f"<S>\n<!-- {AJP} -->\n</S>", f"<S>\n<!-- {AJP} -->\n</S>"),
    ],
)
def test_the_line_goes_with_it_when_nothing_else_stands_there(before: str, after: str) -> None:
    assert without_connector(before) == after
