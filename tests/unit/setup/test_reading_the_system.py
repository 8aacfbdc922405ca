"""What programs and files of the system say, as the adapters read it."""

from __future__ import annotations

import pytest

from orchestrator.data.distributions import parse_os_release
from orchestrator.hosts.network.firewall import parse_zone, zones_with_interfaces
from workflows.host.system import Family

ACTIVE = "docker\n  interfaces: docker0\ntrusted\n  sources: 10.0.0.0/8\npublic (default)\n  interfaces: eth0 eth1\n"
ZONE = """\
public (active)
  target: default
  interfaces: eth0
  services: dhcpv6-client ssh
  ports: 25/tcp 8000-8100/tcp
  protocols:
  forward-ports: port=80:proto=tcp:toport=8080:toaddr=
\tport=443:proto=tcp:toport=8443:toaddr=
  rich rules:
\trule family="ipv4" port port="9" protocol="tcp" accept
"""


@pytest.mark.parametrize(
    ("text", "family", "major"),
    [
        ('NAME="Red Hat"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="8.9"\n', Family.RHEL, "8"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n', Family.RHEL, "9"),
        ('ID="lab"\nID_LIKE="rhel centos fedora"\nVERSION_ID="8.9"\n', Family.RHEL, "8"),
        ('ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.5"\n', Family.SUSE, "15"),
        ('# a comment = x\nPRETTY_NAME="Debian"\nID=debian\nVERSION_ID="12"\n', Family.DEBIAN, "12"),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_ID='22.04'\n", None, "22"),
        ("", None, ""),
    ],
)
def test_a_distribution_is_told_by_its_id_and_by_what_it_is_like(text: str, family: Family | None, major: str) -> None:
    found = parse_os_release(text)
    assert (found.family, found.major) == (family, major)


def test_a_zone_counts_as_active_when_it_has_an_interface() -> None:
    assert zones_with_interfaces(ACTIVE) == ["docker", "public"]
    assert zones_with_interfaces("") == []


def test_every_line_of_a_zone_belongs_to_the_name_before_it() -> None:
    zone = parse_zone(ZONE)
    assert zone["ports"] == ["25/tcp", "8000-8100/tcp"]
    assert zone["forward-ports"] == ["port=80:proto=tcp:toport=8080:toaddr=", "port=443:proto=tcp:toport=8443:toaddr="]
    assert zone["services"] == ["dhcpv6-client", "ssh"]
