"""Tomcat's server.xml: what is changed, and that nothing else is (guide 7.5, 10.1.1)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.hosts.software import server_xml
from workflows.host.software import Connector
from workflows.model.errors import WorkflowError

NIO = "org.apache.coyote.http11.Http11NioProtocol"
WANTED = Connector("8443", NIO, secure=True, certificate="/etc/ssl/c&d.pem", key="/etc/ssl/c.key", chain="/etc/ssl/chain.pem")
AJP = """    <Connector port="8009" protocol="AJP/1.3" redirectPort="8443"
useBodyEncodingForURI="true" />
"""
TEXT = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- first: <Connector port="1" /> -->
<Server port="8005" shutdown="SHUTDOWN">
  <Service name='Catalina'>
    <!-- ours, since 2019 -->
    <Connector port="8080"   protocol="HTTP/1.1"
               connectionTimeout="20000" server="a > b"
               redirectPort="8443"/> <!-- do not touch -->
{AJP}    <!-- start of TLS
    <Connector port="8443" protocol="org.apache.coyote.http11.Http11AprProtocol" />
    end of TLS -->
    <Engine name="Catalina" defaultHost="localhost" >
      <Host name="localhost" appBase="webapps-leave-empty"><Context path="" docBase="${{HOME}}/webapps/emm"/></Host>
    </Engine>
  </Service>
</Server>"""


def _changed(text: str = TEXT, *, http_port: int | None = None, without_ajp: bool = False, https: Connector | None = None) -> str:
    return server_xml.changed(text, http_port=http_port, without_ajp=without_ajp, https=https, server_name="a.example.com")


def _comments(text: str) -> list[str]:
    return re.findall(r"<!--.*?-->", text, re.DOTALL)


def test_connectors_in_comments_are_none() -> None:
    assert [(one.port, one.is_ajp, one.secure) for one in server_xml.connectors(TEXT)] == [
        ("8080", False, False), ("8009", True, False),
    ]  # fmt: skip


def test_where_nothing_is_wanted_every_byte_stays() -> None:
    assert _changed() == TEXT
    assert _changed(http_port=8080) == TEXT


def test_the_ajp_connector_goes_with_its_lines_and_nothing_else() -> None:
    assert _changed(without_ajp=True) == TEXT.replace(AJP, "")


def test_the_port_alone_is_changed() -> None:
    assert _changed(http_port=8181) == TEXT.replace('port="8080"', 'port="8181"')


def test_the_connector_of_the_guide_is_added_behind_the_other_and_read_back() -> None:
    changed = _changed(https=WANTED)
    assert WANTED in server_xml.connectors(changed)
    assert _comments(changed) == _comments(TEXT)
    begin = changed.index("\n    <Connector protocol=")
    end = changed.index("\n    </Connector>") + len("\n    </Connector>")
    assert changed[:begin] + changed[end:] == TEXT
    assert changed[:begin].endswith("<!-- do not touch -->")
    assert _changed(changed, https=WANTED, without_ajp=True) == _changed(https=WANTED, without_ajp=True)


def test_one_at_the_same_port_is_replaced_where_it_stands() -> None:
    first = _changed(https=WANTED)
    other = Connector("8443", NIO, secure=True, certificate="/new.pem", key="/new.key")
    changed = _changed(first, https=other)
    assert [one for one in server_xml.connectors(changed) if one.secure] == [other]
    assert _changed(changed, https=WANTED) == first


def test_a_connector_with_elements_in_it_goes_whole() -> None:
    text = TEXT.replace(
        AJP,
        '    <Connector port="8009" protocol="AJP/1.3">\n      <!-- x --><UpgradeProtocol className="y"/>\n    </Connector>\n',
    )
    assert _changed(text, without_ajp=True) == TEXT.replace(AJP, "")


def test_connectors_on_one_line_are_told_apart() -> None:
    ajp = '<Connector port="8009" protocol="AJP/1.3"></Connector>'
    text = f'<Server><Service><Connector port="80"/>{ajp}<Engine/></Service></Server>'
    assert _changed(text, without_ajp=True) == text.replace(ajp, "")


def test_without_another_connector_it_goes_before_the_engine() -> None:
    text = re.sub(r"    <Connector port=\"8080\".*?/> ", "    ", TEXT, flags=re.DOTALL).replace(AJP, "")
    assert server_xml.connectors(text) == []
    changed = _changed(text, https=WANTED)
    assert changed.index("<Connector protocol") < changed.index("<Engine")
    assert server_xml.connectors(changed) == [WANTED]


def test_texts_in_another_encoding_keep_their_bytes() -> None:
    data = TEXT.replace("UTF-8", "ISO-8859-1").replace("ours, since", "für uns, seit").encode("latin-1")
    changed = _changed(data.decode("utf-8", "surrogateescape"), without_ajp=True).encode("utf-8", "surrogateescape")
    assert changed == data.replace(AJP.encode(), b"")


@pytest.mark.parametrize("text", ["", "nothing", TEXT[:-8], "<web-app/>", '<Server><Connector port="1"></Server>'])
def test_what_is_no_server_xml_is_refused(text: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        server_xml.connectors(text)
    assert caught.value.error_key == "server-xml-broken"


def test_an_entity_is_not_followed(tmp_path: object) -> None:
    body = TEXT.partition("?>")[2].replace("since 2019 -->", "-->&x;")
    text = f'<!DOCTYPE Server [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n{body}'
    assert "root:" not in _changed(text, without_ajp=True)


_PIECES = st.sampled_from([
    '<Connector port="8080" protocol="HTTP/1.1"/>', '<Connector port="8009" protocol="AJP/1.3" />', "<!-- <Connector/> -->", "\n",
    "    ", '<Connector\n port="8443"\n SSLEnabled="true"><SSLHostConfig/></Connector>', "<!-- a > b -->", "<Executor name='x'/>",
    '<Connector port="8010" protocol="AJP/1.3">\n</Connector>', "äöü",
])  # fmt: skip


@given(st.lists(_PIECES, max_size=9))
def test_whatever_lies_around_only_what_was_meant_is_changed(pieces: list[str]) -> None:
    text = f'<Server>\n<Service>\n{"".join(pieces)}\n<Engine name="x"/>\n</Service>\n</Server>\n'
    changed = _changed(text, without_ajp=True, https=WANTED)
    before, after = server_xml.connectors(text), server_xml.connectors(changed)
    assert [one for one in after if one != WANTED] == [one for one in before if not one.is_ajp and one.port != "8443"]
    assert after.count(WANTED) == 1
    assert _comments(changed) == _comments(text)
    assert _changed(changed, without_ajp=True, https=WANTED) == changed
    if not any(one.is_ajp for one in before):
        assert _changed(text, without_ajp=True) == text
