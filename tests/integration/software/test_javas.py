"""The Javas of a host, as distributions lay them out (guide 3.2, 3.3)."""

from __future__ import annotations

from pathlib import Path

from orchestrator.hosts.software.java import found
from orchestrator.hosts.software.software import RealSoftware
from tests.integration.software.software_kit import java_home


def test_a_home_is_told_by_a_name_that_an_update_leaves(tmp_path: Path) -> None:
    java_home(tmp_path / "java-11-openjdk-11.0.20.0.8-1.el8.x86_64", "11.0.20")
    for name in ("java-11-openjdk", "java", "jre", "jre-11"):
        (tmp_path / name).symlink_to("java-11-openjdk-11.0.20.0.8-1.el8.x86_64")
    assert found(tmp_path, None) == [(f"{tmp_path}/java-11-openjdk", "11.0.20")]


def test_the_newest_comes_first_and_eight_is_eight(tmp_path: Path) -> None:
    for name, version in (("java-1.8.0-openjdk", "1.8.0_412"), ("java-17-openjdk", "17.0.9"), ("java-11-openjdk", "11.0.20")):
        java_home(tmp_path / name, version)
    assert [version for _, version in found(tmp_path, None)] == ["17.0.9", "11.0.20", "1.8.0_412"]


def test_the_java_of_the_path_counts_once_wherever_it_lies(tmp_path: Path) -> None:
    inside = java_home(tmp_path / "jvm/java-17-openjdk", "17.0.9")
    outside = java_home(tmp_path / "opt/jdk-21", "21.0.1")
    assert [version for _, version in found(tmp_path / "jvm", str(inside / "bin/java"))] == ["17.0.9"]
    (tmp_path / "java").symlink_to(outside / "bin/java")
    assert found(tmp_path / "jvm", str(tmp_path / "java"))[0] == (str(outside), "21.0.1")


def test_one_without_a_release_file_is_asked_and_a_broken_one_is_none(tmp_path: Path) -> None:
    asked, broken = (java_home(tmp_path / name, "9") for name in ("java-8-asked", "java-9-broken"))
    for home in (asked, broken):
        (home / "release").unlink()
    (asked / "bin/java").write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_412\"' >&2\n")
    assert found(tmp_path, None) == [(str(asked), "1.8.0_412")]
    assert RealSoftware().java(str(broken)) is None
    assert RealSoftware().java(str(tmp_path)) is None
