"""The hops from one release to another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.model.errors import RefusedError, UsageError
from workflows.model.plans import PackageKind, PackageRef, Release
from workflows.model.version import Version
from workflows.rules.path import group_releases, missing, plan_path

LINES = (
    "19.04", "19.10", "20.04", "20.10", "21.04", "21.10", "22.04", "22.10", "23.04", "23.10", "24.04", "24.10", "25.04",
    "25.11", "26.05",
)  # fmt: skip
K = PackageKind


def release(version: str) -> Release:
    return Release(version, ())


def package(kind: PackageKind, version: str, file: str = "") -> PackageRef:
    name = file or f"openemm-{kind.value}-{version}.tar.gz"
    return PackageRef(name, kind, version, f"/packages/{name}")


def frontend(version: str) -> list[PackageRef]:
    return [package(kind, version) for kind in (K.GUI, K.STATISTICS, K.WEBSERVICES)]


def versions(current: str, target: str, *offered: str) -> list[tuple[str, str]]:
    hops = plan_path(Version.parse(current), Version.parse(target), [release(v) for v in offered], LINES)
    return [(source, goal.version) for source, goal in hops]


OFFERED = ("19.10.000.170", "19.10.000.175", "20.04.000.097", "20.04.000.200", "20.10.000.107", "20.10.000.152")


def test_the_newest_patch_of_the_current_line_comes_first() -> None:
    assert versions("19.10.000.170", "20.10", *OFFERED) == [
        ("19.10.000.170", "19.10.000.175"),
        ("19.10.000.175", "20.04.000.200"),
        ("20.04.000.200", "20.10.000.152"),
    ]


def test_no_hop_is_made_within_a_line_when_nothing_newer_is_offered() -> None:
    assert versions("19.10.000.180", "20.04", *OFFERED) == [("19.10.000.180", "20.04.000.200")]
    assert versions("19.10.000.170", "20.04", "20.04.000.200") == [("19.10.000.170", "20.04.000.200")]


def test_patches_are_compared_by_number_and_not_by_text() -> None:
    assert versions("19.10.000.170", "20.10", "20.04.000.200", "20.10.000.152", "20.10.000.97")[-1][1] == "20.10.000.152"


def test_an_exact_target_ends_there_although_a_newer_patch_is_offered() -> None:
    assert versions("20.04.000.200", "20.10.000.107", *OFFERED) == [("20.04.000.200", "20.10.000.107")]
    assert versions("20.10.000.100", "20.10.000.107", *OFFERED) == [("20.10.000.100", "20.10.000.107")]


@pytest.mark.parametrize("target", ["20.10.000.152", "20.10"])
def test_what_runs_already_needs_nothing(target: str) -> None:
    assert versions("20.10.000.152", target, *OFFERED) == []


def test_a_line_is_reached_when_what_runs_is_newer_than_all_that_is_offered_of_it() -> None:
    assert versions("20.10.000.160", "20.10", *OFFERED) == []
    assert versions("20.10.000.160", "20.10") == []


def test_the_change_of_numbering_is_no_gap() -> None:
    assert versions("25.04.000.191", "26.05", "25.11.078", "26.05.081", "26.05.079") == [
        ("25.04.000.191", "25.11.078"),
        ("25.11.078", "26.05.081"),
    ]


@pytest.mark.parametrize(("current", "target"), [("20.10.000.152", "20.04"), ("20.10.000.152", "20.10.000.107")])
def test_an_older_target_is_refused_and_the_rollback_is_named(current: str, target: str) -> None:
    with pytest.raises(UsageError) as caught:
        versions(current, target, *OFFERED)
    assert (caught.value.error_key, caught.value.exit_code) == ("target-older", 2)
    assert caught.value.next[0].startswith(f"orchestrate rollback --to {target}")


@pytest.mark.parametrize(("current", "target"), [("20.04.000.200", "20.07"), ("20.07.064", "20.10"), ("20.10.000.152", "27.05")])
def test_a_line_that_is_not_known_is_refused(current: str, target: str) -> None:
    with pytest.raises(UsageError) as caught:
        versions(current, target, *OFFERED)
    assert caught.value.error_key == "version-unknown-line"


def test_a_line_that_the_source_lacks_is_never_skipped_and_what_is_missing_is_said() -> None:
    packages = [package(K.GUI, "20.04.000.200"), *frontend("20.10.000.152"), package(K.BACKEND, "20.10.000.126"),
                package(K.RUNTIME, "20.10.012")]  # fmt: skip
    with pytest.raises(RefusedError) as caught:
        plan_path(Version.parse("19.10.000.170"), Version.parse("20.10"), group_releases(packages), LINES, packages)
    error = caught.value
    assert (error.error_key, error.exit_code) == ("line-missing", 3)
    assert "20.04" in error.message
    assert error.detail == (
        "20.04 lacks statistics 20.04.000.200",
        "20.04 lacks webservices 20.04.000.200",
        "20.04 lacks a backend of 20.04",
        "20.04 lacks a runtime of 20.04",
    )
    assert error.next[0].startswith("orchestrate packages list")


def test_an_exact_target_that_is_not_offered_is_refused_and_what_is_offered_is_named() -> None:
    with pytest.raises(RefusedError) as caught:
        versions("19.10.000.170", "20.10.000.999", *OFFERED)
    assert caught.value.error_key == "release-missing"
    assert "20.10.000.107, 20.10.000.152" in caught.value.detail[-1]


def test_frontend_and_backend_numbers_may_differ() -> None:
    packages = [*frontend("20.10.000.152"), package(K.BACKEND, "20.10.000.126"), package(K.RUNTIME, "20.10.012")]
    (only,) = group_releases(packages)
    assert only.version == "20.10.000.152"
    assert set(only.packages) == set(packages)


def test_a_backend_of_the_frontends_own_number_is_taken_before_the_newest_of_the_line() -> None:
    backends = [package(K.BACKEND, "20.10.000.107"), package(K.BACKEND, "20.10.000.126")]
    packages = [*frontend("20.10.000.107"), *frontend("20.10.000.152"), *backends, package(K.RUNTIME, "20.10.012")]
    chosen = {r.version: [p.version for p in r.packages if p.kind is K.BACKEND] for r in group_releases(packages)}
    assert chosen == {"20.10.000.107": ["20.10.000.107"], "20.10.000.152": ["20.10.000.126"]}


def test_a_complete_package_stands_for_its_parts_and_the_newest_runtime_and_manual_of_the_line_go_with_it() -> None:
    packages = [
        package(K.COMPLETE, "20.10.000.152"), *frontend("20.10.000.152"), package(K.BACKEND, "20.10.000.126"),
        package(K.RUNTIME, "20.10.009"), package(K.RUNTIME, "20.10.012"), package(K.RUNTIME, "21.04.001"),
        package(K.MANUAL, "20.10.003"), package(K.MANUAL, "20.04.009"),
    ]  # fmt: skip
    (only,) = group_releases(packages)
    assert [(p.kind, p.version) for p in only.packages] == [
        (K.COMPLETE, "20.10.000.152"), (K.RUNTIME, "20.10.012"), (K.MANUAL, "20.10.003")
    ]  # fmt: skip


@pytest.mark.parametrize("lacking", [K.GUI, K.STATISTICS, K.WEBSERVICES, K.BACKEND, K.RUNTIME])
def test_a_group_without_one_of_its_parts_is_no_release(lacking: PackageKind) -> None:
    whole = [*frontend("20.04.000.200"), package(K.BACKEND, "20.04.000.200"), package(K.RUNTIME, "20.04.050")]
    assert [r.version for r in group_releases(whole)] == ["20.04.000.200"]
    assert missing(whole, "20.04") == ()
    part = [p for p in whole if p.kind is not lacking]
    assert group_releases(part) == ()
    (what,) = missing(part, "20.04")
    assert lacking.value in what


def test_a_line_of_which_nothing_is_offered_lacks_everything() -> None:
    assert missing([package(K.MANUAL, "20.04.003")], "20.04") == (
        "a complete package, or gui, statistics, webservices and backend of 20.04",
        "a runtime of 20.04",
    )


def test_a_release_without_a_manual_is_complete() -> None:
    (only,) = group_releases([package(K.COMPLETE, "20.04.000.200"), package(K.RUNTIME, "20.04.050")])
    assert K.MANUAL not in {p.kind for p in only.packages}


def test_the_order_in_which_a_source_lists_packages_does_not_matter() -> None:
    same_number = [package(K.GUI, "20.04.000.200", "a-gui.tar.gz"), package(K.GUI, "20.04.000.200", "openemm-emm.tar.gz")]
    packages = [*same_number, *frontend("20.04.000.200")[1:], package(K.BACKEND, "20.04.1"), package(K.RUNTIME, "20.04.050")]
    assert group_releases(packages) == group_releases(packages[::-1])


def numbered(line: str, patch: int) -> str:
    return f"{line}.{patch:03d}" if line in {"25.11", "26.05"} else f"{line}.000.{patch:03d}"


@st.composite
def journeys(draw: st.DrawFn) -> tuple[str, str, list[str]]:
    """(current, target, offered): every line from the current one to the target has one to three patches on offer."""
    start = draw(st.integers(0, len(LINES) - 1))
    end = draw(st.integers(start, len(LINES) - 1))
    patches = st.lists(st.integers(1, 250), min_size=1, max_size=3, unique=True)
    offered = {line: draw(patches) for line in LINES}
    current = numbered(LINES[start], draw(st.integers(1, 250)))
    line = LINES[end]
    target = draw(st.sampled_from([line, *(numbered(line, patch) for patch in offered[line])]))
    every = [numbered(name, patch) for name, found in offered.items() for patch in found]
    return current, target, draw(st.permutations(every))


@given(journeys())
def test_a_path_never_skips_a_line_never_goes_back_and_ends_on_the_target(journey: tuple[str, str, list[str]]) -> None:
    current, target, offered = journey
    start, goal = Version.parse(current), Version.parse(target)
    if start.line == goal.line and not goal.is_line and goal < start:
        with pytest.raises(UsageError):
            versions(current, target, *offered)
        return
    hops = versions(current, target, *offered)
    stations = [start, *(Version.parse(end) for _, end in hops)]
    assert [Version.parse(source) for source, _ in hops] == stations[:-1]
    assert all(older < newer for older, newer in pairwise(stations))
    positions = [LINES.index(station.line) for station in stations]
    assert all(after - before in {0, 1} for before, after in pairwise(positions))
    newest = {line: max(v for text in offered if (v := Version.parse(text)).line == line) for line in LINES}
    assert stations[-1] == goal if not goal.is_line else stations[-1] >= newest[goal.line]
    assert all(station == newest[station.line] for station in stations[1:-1])
