"""The hops from here to there: the newest patch of each release line in turn, never skipping one (facts 4, guide 7.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from workflows.model.errors import RefusedError, UsageError
from workflows.model.plans import PackageKind, PackageRef, Release
from workflows.model.version import Version

FRONTEND = (PackageKind.GUI, PackageKind.STATISTICS, PackageKind.WEBSERVICES)
LIST_COMMAND = "orchestrate packages list    what the package source offers"

Hops = tuple[tuple[str, Release], ...]


def plan_path(
    current: Version,
    target: Version,
    releases: Sequence[Release],
    lines: Sequence[str],
    packages: Sequence[PackageRef] = (),
) -> Hops:
    """The hops that lead from what runs to the target.

    First the newest patch of the current line when it is newer than what runs, then every later line up to the target's, each
    in its newest patch; the last hop ends on the target itself.

    Args:
        current: the release that runs.
        target: one exact release, or a line, which means its newest patch on offer.
        releases: what the package source offers in full (`group_releases`).
        lines: every known release line, oldest first.
        packages: all that the source offers, only to say what a missing line lacks.

    Returns:
        (version to leave, release to reach) per hop; empty when there is nothing to do.

    Raises:
        UsageError: "version-unknown-line" or "target-older".
        RefusedError: "line-missing" or "release-missing".
    """
    require_known(current, lines)
    require_known(target, lines)
    start, end = lines.index(current.line), lines.index(target.line)
    if end < start or (not target.is_line and target < current):
        raise UsageError(
            f"cannot upgrade to {target}: {current} is newer and runs",
            key="target-older",
            next=[f"orchestrate rollback --to {target}    back to an older release"],
        )
    if start == end and not target.is_line:
        return () if target == current else ((str(current), _exact(target, releases, packages)),)
    goals = _patch_of_current_line(current, releases)
    for line in lines[start + 1 : end + 1]:
        exact = line == target.line and not target.is_line
        goals.append(_exact(target, releases, packages) if exact else _newest_of_line(line, releases, packages))
    sources = [str(current), *(goal.version for goal in goals)]
    return tuple(zip(sources, goals, strict=False))


def group_releases(packages: Iterable[PackageRef]) -> tuple[Release, ...]:
    """The complete releases among these packages, oldest first.

    A release is a complete package, or GUI, statistics and webservices of one version with a backend; and a runtime of the
    same line. The backend is the one of the same version, else the newest of the line (their numbers may differ, facts 1.2);
    runtime and manual are the newest of the line. The manual may be missing: nothing of a release depends on it.
    """
    offered = tuple(packages)
    releases = [_release(version, offered) for version in _frontend_versions(offered)]
    return tuple(release for release in releases if release is not None)


def missing(packages: Iterable[PackageRef], line: str) -> tuple[str, ...]:
    """What the newest release of a line still lacks; empty when the line has a complete release."""
    offered = tuple(packages)
    versions = [version for version in _frontend_versions(offered) if version.line == line]
    if any(_release(version, offered) for version in versions):
        return ()
    if versions:
        return tuple(_gaps(versions[-1], offered))
    wanted = "a complete package, or gui, statistics, webservices and backend"
    return (f"{wanted} of {line}", *_runtime_gap(line, offered))


def require_known(version: Version, lines: Sequence[str]) -> None:
    """See that a version is of a known release line.

    Raises:
        UsageError: "version-unknown-line".
    """
    if version.line not in lines:
        raise UsageError(
            f"{version.line} is not a release line that is known; known are {', '.join(lines)}",
            key="version-unknown-line",
            next=[LIST_COMMAND],
        )


def choose_release(wanted: Version, packages: Sequence[PackageRef]) -> Release:
    """The release to install: exactly that one, or the newest of a line.

    Raises:
        RefusedError: "release-missing", naming what the package source lacks.
    """
    releases = group_releases(packages)
    of_line = [release for release in releases if Version.parse(release.version).line == wanted.line]
    fit = of_line if wanted.is_line else [release for release in of_line if Version.parse(release.version) == wanted]
    if fit:
        return max(fit, key=_by_version)
    lacks = missing(packages, wanted.line) if wanted.is_line else _gaps(wanted, packages)
    raise RefusedError(
        f"cannot install {wanted}: the package source has no complete release of it",
        key="release-missing",
        detail=[
            *(f"{wanted} lacks {what}" for what in lacks),
            f"complete releases: {', '.join(release.version for release in releases) or 'none'}",
        ],
        unharmed=["nothing was changed"],
        next=[LIST_COMMAND],
    )


def _patch_of_current_line(current: Version, releases: Sequence[Release]) -> list[Release]:
    newer = [r for r in releases if (v := Version.parse(r.version)).line == current.line and v > current]
    return [max(newer, key=_by_version)] if newer else []


def _newest_of_line(line: str, releases: Sequence[Release], packages: Sequence[PackageRef]) -> Release:
    found = [release for release in releases if Version.parse(release.version).line == line]
    if not found:
        lacks = missing(packages, line)
        raise RefusedError(
            f"cannot go through {line}: the package source has no complete release of it, and no line may be skipped",
            key="line-missing",
            detail=[f"{line} lacks {what}" for what in lacks],
            unharmed=["nothing was changed"],
            next=[LIST_COMMAND],
        )
    return max(found, key=_by_version)


def _exact(target: Version, releases: Sequence[Release], packages: Sequence[PackageRef]) -> Release:
    found = [release for release in releases if Version.parse(release.version) == target]
    if not found:
        lacks = _gaps(target, tuple(packages)) if target in _frontend_versions(packages) else []
        offered = ", ".join(r.version for r in releases if Version.parse(r.version).line == target.line) or "none"
        raise RefusedError(
            f"cannot upgrade to {target}: the package source has no complete release {target}",
            key="release-missing",
            detail=[*(f"{target} lacks {what}" for what in lacks), f"complete releases of {target.line}: {offered}"],
            unharmed=["nothing was changed"],
            next=[LIST_COMMAND],
        )
    return found[0]


def _release(version: Version, packages: Sequence[PackageRef]) -> Release | None:
    """The release of that frontend version, when it is complete."""
    if _gaps(version, packages):
        return None
    complete = _of_version(PackageKind.COMPLETE, version, packages)
    if complete:
        chosen = [complete]
    else:
        parts = (*(_of_version(kind, version, packages) for kind in FRONTEND), _backend(version, packages))
        chosen = [part for part in parts if part]
    for kind in (PackageKind.RUNTIME, PackageKind.MANUAL):
        if newest := _newest(kind, version.line, packages):
            chosen.append(newest)
    return Release((complete or chosen[0]).version, tuple(chosen))


def _gaps(version: Version, packages: Sequence[PackageRef]) -> list[str]:
    gaps = []
    if not _of_version(PackageKind.COMPLETE, version, packages):
        gaps = [f"{kind.value} {version}" for kind in FRONTEND if not _of_version(kind, version, packages)]
        if not _backend(version, packages):
            gaps.append(f"a backend of {version.line}")
    return [*gaps, *_runtime_gap(version.line, packages)]


def _runtime_gap(line: str, packages: Sequence[PackageRef]) -> list[str]:
    return [] if _newest(PackageKind.RUNTIME, line, packages) else [f"a runtime of {line}"]


def _frontend_versions(packages: Iterable[PackageRef]) -> list[Version]:
    """Versions of which at least one part of a frontend is offered, oldest first."""
    kinds = (*FRONTEND, PackageKind.COMPLETE)
    return sorted({Version.parse(package.version) for package in packages if package.kind in kinds})


def _backend(version: Version, packages: Sequence[PackageRef]) -> PackageRef | None:
    return _of_version(PackageKind.BACKEND, version, packages) or _newest(PackageKind.BACKEND, version.line, packages)


def _of_version(kind: PackageKind, version: Version, packages: Sequence[PackageRef]) -> PackageRef | None:
    return _choose(packages, lambda ref: ref.kind is kind and Version.parse(ref.version) == version)


def _newest(kind: PackageKind, line: str, packages: Sequence[PackageRef]) -> PackageRef | None:
    return _choose(packages, lambda ref: ref.kind is kind and Version.parse(ref.version).line == line)


def _choose(packages: Iterable[PackageRef], fits: Callable[[PackageRef], bool]) -> PackageRef | None:
    """The newest that fits; of two with one version the same one every time, whatever order the source lists them in."""
    return max(filter(fits, packages), key=lambda ref: (Version.parse(ref.version), ref.file), default=None)


def _by_version(release: Release) -> Version:
    return Version.parse(release.version)
