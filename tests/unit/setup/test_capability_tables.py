"""The data files that say which packages provide what."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from orchestrator.command import PATH, run
from orchestrator.data.systems import RealCapabilities, table
from workflows.host.system import Distribution, Family
from workflows.model.errors import WorkflowError
from workflows.rules.packages import CAPABILITIES
from workflows.steps.machine import java, python, tomcat

NAMES = [path.stem for path in sorted(table.FOLDER.glob("*.toml"))]
ASKED = {
    *CAPABILITIES,
    *java.OFFERS,
    python.CAPABILITY,
    python.FROM_DISTRIBUTION,
    python.TO_COMPILE,
    python.TO_BUILD,
    tomcat.CAPABILITY,
}
ROCKY = Distribution("rocky", "8.9", Family.RHEL, "Rocky Linux 8.9")


@pytest.mark.parametrize("name", NAMES)
def test_every_distribution_knows_the_same_capabilities_and_what_it_does_not_have_says_why(name: str) -> None:
    read = table.read(name)
    assert set(read.capability) == set(table.read(NAMES[0]).capability)
    assert set(read.capability) >= ASKED
    assert {one.repository for one in read.capability.values()} - {""} == set(read.repository)
    for key, one in read.capability.items():
        assert one.packages or one.note, key
        assert len(set(one.packages)) == len(one.packages)
        if key.startswith("java-") and one.packages:
            assert one.version == key.removeprefix("java-")


@pytest.mark.parametrize(
    ("capability", "packages", "source"),
    [("os-base", ["xorg-x11-fonts-75dpi", "zlib", "fontconfig", "freetype", "libX11", "libXext", "libXrender"], "3.2"),
     ("java-11", ["java-11-openjdk-devel"], "3.2"), ("mta-sendmail", ["sendmail", "sendmail-cf"], "4.3")],
)  # fmt: skip
def test_the_packages_of_the_guide_are_asked_for(capability: str, packages: list[str], source: str) -> None:
    provided = RealCapabilities(ROCKY).provided(capability)
    assert set(packages) <= set(provided.packages)
    assert source in table.read("rhel8").capability[capability].source


def test_what_needs_a_repository_names_it_with_the_command_that_enables_it() -> None:
    sles = Distribution("sles", "15.5", Family.SUSE, "SLES 15 SP5")
    repository = RealCapabilities(sles).provided("java-8").repository
    assert repository is not None
    assert repository.enable.startswith("SUSEConnect -p sle-module-legacy/")
    centos = Distribution("centos", "7", Family.RHEL, "CentOS Linux 7")
    scl = RealCapabilities(centos).provided("database-server").repository
    assert scl is not None
    assert "centos-release-scl" in scl.enable


@pytest.mark.parametrize(
    ("family", "version"), [(None, "22.04"), (Family.DEBIAN, "11"), (Family.RHEL, "10.0"), (Family.SUSE, "12.5")]
)
def test_a_distribution_nobody_wrote_down_is_refused_with_those_that_are(family: Family | None, version: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        RealCapabilities(Distribution("x", version, family, "Some Linux")).provided("os-base")
    assert caught.value.error_key == "distribution-unknown"
    assert "SLES 15" in caught.value.detail


def test_a_capability_nobody_wrote_down_is_our_own_mistake() -> None:
    with pytest.raises(WorkflowError, match="internal error: nothing is known of time-travel") as caught:
        RealCapabilities(ROCKY).provided("time-travel")
    assert caught.value.error_key == "capability-unknown"


def test_debian_offers_every_package_that_is_asked_of_it() -> None:
    release = Path("/etc/os-release").read_text()
    if not re.search(r"^ID=debian$", release, re.MULTILINE) or '"12"' not in release or not shutil.which("apt-cache", path=PATH):
        pytest.skip("not on Debian 12")
    wanted = {name for one in table.read("debian12").capability.values() for name in one.packages}
    said = run(["apt-cache", "policy", *sorted(wanted)], timeout=60).stdout
    if "Candidate: (none)" in said or said.count("Candidate:") == 0:
        pytest.skip("apt has no lists here")
    found = set(re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: \S+$", said, re.MULTILINE))
    assert wanted - found == set()
