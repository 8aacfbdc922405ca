"""The data files that say which packages provide what."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from orchestrator.command import PATH, run
from orchestrator.data import distributions
from orchestrator.data.distributions import parse_os_release
from orchestrator.hosts.os_packages.capabilities import RealCapabilities
from workflows.model.errors import WorkflowError
from workflows.rules.packages import CAPABILITIES
from workflows.steps.machine import java, python, tomcat

TABLES = distributions.tables()
ASKED = {
    *CAPABILITIES,
    *java.OFFERS,
    python.CAPABILITY,
    python.FROM_DISTRIBUTION,
    python.TO_COMPILE,
    python.TO_BUILD,
    tomcat.CAPABILITY,
}
ROCKY = parse_os_release("ID=rocky\nVERSION_ID=8.9\n")


@pytest.mark.parametrize("name", TABLES)
def test_every_distribution_knows_the_same_capabilities_and_what_it_does_not_have_says_why(name: str) -> None:
    read = TABLES[name]
    assert set(read.capability) == set(next(iter(TABLES.values())).capability)
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
    assert source in TABLES["rhel8"].capability[capability].source


def test_what_needs_a_repository_names_it_with_the_command_that_enables_it() -> None:
    sles = parse_os_release("ID=sles\nVERSION_ID=15.5\n")
    repository = RealCapabilities(sles).provided("java-8").repository
    assert repository is not None
    assert repository.enable.startswith("SUSEConnect -p sle-module-legacy/")
    centos = parse_os_release("ID=centos\nVERSION_ID=7\n")
    scl = RealCapabilities(centos).provided("database-server").repository
    assert scl is not None
    assert "centos-release-scl" in scl.enable


@pytest.mark.parametrize(("known", "version"), [("ubuntu", "22.04"), ("debian", "11"), ("rhel", "10.0"), ("sles", "12.5")])
def test_a_distribution_nobody_wrote_down_is_refused_with_those_that_are(known: str, version: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        RealCapabilities(parse_os_release(f"ID={known}\nVERSION_ID={version}\n")).provided("os-base")
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
    wanted = {name for one in TABLES["debian12"].capability.values() for name in one.packages}
    said = run(["apt-cache", "policy", *sorted(wanted)], timeout=60).stdout
    if "Candidate: (none)" in said or said.count("Candidate:") == 0:
        pytest.skip("apt has no lists here")
    found = set(re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: \S+$", said, re.MULTILINE))
    assert wanted - found == set()


def test_no_two_data_files_claim_the_same_distribution() -> None:
    claimed = [(one, major) for table in TABLES.values() for one in table.ids for major in table.majors]
    assert len(claimed) == len(set(claimed))


def test_an_unknown_version_of_a_known_distribution_is_told_the_paths_of_the_newest_known_one() -> None:
    found = parse_os_release("ID=rocky\nVERSION_ID=10.0\n")
    assert (found.supported, found.file, found.cron) == (False, "rhel9", "crond.service")
