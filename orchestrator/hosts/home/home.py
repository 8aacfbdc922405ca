"""Folders and links under the OpenEMM home (facts 1)."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from orchestrator.acting import acting, as_owner, current, identity
from orchestrator.data.places import PLACES, WEB_APPLICATIONS
from orchestrator.files import Owner, fsync_folder, prepare_link, read_small, sha256_file, small_text, tree_digest
from orchestrator.hosts.home import installed, kept_files, kept_folders, kept_values, site_files, site_values
from orchestrator.user import owner
from workflows.host.home import CarriedFile, InstalledTree, KeptFolders, SqlFile, SqlKind
from workflows.model.errors import WorkflowError
from workflows.model.plans import Component, Link, PackageKind, StagedTree
from workflows.model.values import PropertyFiles, SiteValues
from workflows.model.version import Version
from workflows.rules.site_values import WSDL

if TYPE_CHECKING:
    from orchestrator.settings import Settings

_VERSION = re.compile(r"\d+(?:\.\d+){2,3}(?:-hf\d+)?")
_SQL_NAMES = (  # without "emm-DIALECT-" and ".sql"
    (SqlKind.UPDATE, re.compile(r"update-(\d+(?:\.\d+){2,3}(?:-hf\d+)?)(?:-[a-z]+)?")),
    (SqlKind.MESSAGES, re.compile(r"messages(?:-.*)?")),
    (SqlKind.MIGRATION, re.compile(r"migration")),  # migration-until-... is run by a job of the application (facts 19.4)
    (SqlKind.FULL, re.compile(r"fulldb-[a-z]+")),
    (SqlKind.USERRIGHTS, re.compile(r"userrights")),
)
_LANGUAGES = ("en", "de")
_RUNTIME_SCRIPTS = ("emm.sh", "openemm.sh", "OMT.sh", "OST.sh")
SQL_MOST = 256 << 20  # bytes of an update file; it is read whole


class HomeError(WorkflowError):
    """The home is not as facts 1 describe it."""

    key = "home-unexpected"


@as_owner
class RealHome:
    """The home of one site, as `workflows.host.home.Home` asks for it."""

    def __init__(self, settings: Settings) -> None:
        """Name the home; nothing is read yet."""
        self._home = self.guarded = settings.home
        self._user = settings.user
        self._kept = settings.state / "kept-files"

    @cached_property
    def _owner(self) -> Owner | None:
        return owner(self._user)

    def _path(self, name: str) -> Path:
        return self._home / name

    def _name(self, path: Path) -> str:
        """A path as the contract names it: relative to the home, where it lies in it."""
        root = self._home.resolve()
        return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)

    def owner(self) -> str:
        """Of the folder itself."""
        status = self._home.stat()
        return identity(status.st_uid, status.st_gid).name

    def active(self) -> Mapping[Component, str]:
        """The active version of each component (facts 1.2); a component that is not there is left out."""
        found = {
            Component.RUNTIME: self._runtime_version(),
            Component.FRONTEND: site_values.application_version(self._path("webapps/emm")),
            Component.BACKEND: self._backend_version(),
            Component.MANUAL: self._manual_version(),
        }
        return {component: version for component, version in found.items() if version}

    def _runtime_version(self) -> str | None:
        file = self._path("tomcat/conf/version.txt")
        if not file.is_file():
            return None
        text = small_text(file, errors="replace").strip()
        match = _VERSION.search(text)
        return match[0] if match else text

    def _backend_version(self) -> str | None:
        current = self._path("release/backend/current")
        return current.resolve().name.removeprefix("V") if current.is_dir() else None

    def _manual_version(self) -> str | None:
        folder = self.active_folder(PackageKind.MANUAL)
        match = _VERSION.search(folder) if folder else None
        return match[0] if match else None

    def active_folder(self, kind: PackageKind) -> str | None:
        """The folder of the active tree of that kind, named as `StagedTree.folder` is; a vendor's runtime is tomcat9 itself."""
        links = [PLACES[kind].link] if kind in PLACES else []
        if kind is PackageKind.MANUAL:
            links = [f"webapps/manual/{language}" for language in reversed(_LANGUAGES)]
        for link in links:
            if self._path(link).is_dir():
                folder = self._path(link).resolve()
                inner = kind is PackageKind.MANUAL or (kind is PackageKind.RUNTIME and folder.parent != self._home.resolve())
                return self._name(folder.parent if inner else folder)
        return None

    def installed(self) -> Sequence[InstalledTree]:
        """See `installed.trees`."""
        return installed.trees(self._home)

    def tomcats(self) -> Mapping[str, str]:
        """See `installed.tomcats`."""
        return installed.tomcats(self._home)

    def links_for(self, trees: Sequence[StagedTree]) -> Sequence[Link]:
        """The links that make these trees active, all relative; with them those that every home has (facts 1.1).

        The backend's `previous` is among them when its `current` moves. A standing link such as ~/conf is left out where the
        admin has a real file or folder.
        """
        links: list[Link] = []
        for tree in trees:
            links += self._links_of(tree)
        return links

    def _links_of(self, tree: StagedTree) -> list[Link]:
        if tree.kind in WEB_APPLICATIONS:
            return [_link(PLACES[tree.kind].link, tree.folder)]
        if tree.kind is PackageKind.MANUAL:
            languages = [name for name in _LANGUAGES if self._path(f"{tree.folder}/{name}").is_dir()]
            return [_link(f"webapps/manual/{name}", f"{tree.folder}/{name}") for name in languages]
        if tree.kind is PackageKind.BACKEND:
            return self._backend_links(tree.folder)
        if tree.kind is PackageKind.RUNTIME:
            return self._runtime_links(tree.folder)
        raise HomeError(f"a {tree.kind.value} package has no links of its own", key="package-without-links")

    def _backend_links(self, folder: str) -> list[Link]:
        links = [_link("release/backend/current", folder)]
        current = self._path("release/backend/current")
        if current.is_dir() and current.resolve() != self._path(folder).resolve():
            links.append(_link("release/backend/previous", self._name(current.resolve())))
        standing = [_link(name, f"release/backend/current/{name}") for name in ("JAVA", "lib", "scripts")]
        standing.append(_link("bin/backend.sh", "release/backend/current/bin/backend.sh"))
        return links + self._free(standing)

    def _runtime_links(self, folder: str) -> list[Link]:
        tomcat = site_files.tomcat_folder(self._path(folder))
        standing = [_link("conf", "tomcat/conf"), _link("logs", "tomcat/logs")]
        standing += [_link(f"bin/{name}", f"tomcat/bin/{name}") for name in _RUNTIME_SCRIPTS if (tomcat / "bin" / name).is_file()]
        return [_link("tomcat", self._name(tomcat)), *self._free(standing)]

    def _free(self, links: Iterable[Link]) -> list[Link]:
        """Those whose place is empty or a link."""
        return [link for link in links if self._path(link.path).is_symlink() or not self._path(link.path).exists()]

    def read_links(self, paths: Sequence[str]) -> Sequence[Link]:
        """Where the links point now; target None where there is no link."""
        places = [(name, self._path(name)) for name in paths]
        return [Link(name, str(place.readlink()) if place.is_symlink() else None) for name, place in places]

    def write_links(self, links: Sequence[Link]) -> None:
        """Point every link: all are prepared first, then renamed, so that what can fail fails before the first change.

        A link with target None is removed. Folders that links lie in are made.

        Raises:
            HomeError: "link-is-no-link": a real file or folder is in the place of one; nothing was changed.
        """
        for link in links:
            self._check(link)
        prepared = self._prepare(links)
        for temporary, path in prepared:
            temporary.rename(path)
        for link in links:
            if link.target is None:
                self._path(link.path).unlink(missing_ok=True)
        for folder in {self._path(link.path).parent for link in links}:
            if folder.is_dir():
                fsync_folder(folder)

    def _prepare(self, links: Sequence[Link]) -> list[tuple[Path, Path]]:
        """Temporary links and the places they are for; none is left when one cannot be made."""
        prepared: list[tuple[Path, Path]] = []
        try:
            for link in links:
                if link.target is not None:
                    path = self._path(link.path)
                    self._make_folder(path.parent)
                    prepared.append((prepare_link(path, link.target, self._owner), path))
        except OSError:
            for temporary, _ in prepared:
                temporary.unlink(missing_ok=True)
            raise
        return prepared

    def _check(self, link: Link) -> None:
        if PurePosixPath(link.path).is_absolute() or ".." in PurePosixPath(link.path).parts:
            raise HomeError(f"the link {link.path} is not in the home", key="link-outside-home")
        path = self._path(link.path)
        if path.exists() and not path.is_symlink():
            raise HomeError(
                f"cannot point {path} elsewhere: it is a real {'folder' if path.is_dir() else 'file'}, not a link",
                key="link-is-no-link",
                unharmed=["no link was changed"],
                next=[f"mv {path} {path}.kept    then the same command again"],
            )

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir()
        if self._owner and current() is None:
            os.chown(folder, *self._owner)
        fsync_folder(folder.parent)

    def carry_site_files(self, source: str, target: str) -> Sequence[CarriedFile]:
        """Bring the runtime's site files into a new runtime tree, and share the logs folder (`site_files.carry`)."""
        old, new = (site_files.tomcat_folder(self._path(name)) for name in (source, target))
        return site_files.as_contract(self._home, site_files.carry(old, new, self._owner))

    def keep_site_files(self, runtime: str, name: str) -> None:
        """See `kept_files.keep`."""
        kept_files.keep(site_files.tomcat_folder(self._path(runtime)), self._kept / name)

    def put_back_site_files(self, runtime: str, name: str) -> None:
        """See `kept_files.put_back`."""
        kept_files.put_back(site_files.tomcat_folder(self._path(runtime)), self._kept / name)

    def forget_site_files(self, name: str) -> None:
        """Remove what was kept under that name."""
        with acting(None):
            shutil.rmtree(self._kept / name, ignore_errors=True)

    def keep_folders(self, folders: Sequence[str], name: str) -> Sequence[str]:
        """See `kept_folders.keep`."""
        return kept_folders.keep(self._home, folders, self._kept / name)

    def kept_folders(self) -> Sequence[KeptFolders]:
        """See `kept_folders.kept`."""
        return kept_folders.kept(self._kept)

    def lacking_folders(self, names: Sequence[str]) -> Sequence[str]:
        """See `kept_folders.lacking`."""
        return sorted(kept_folders.lacking(self._home, [self._kept / name for name in names]))

    def put_back_folders(self, names: Sequence[str]) -> Sequence[str]:
        """See `kept_folders.put_back`."""
        return kept_folders.put_back(self._home, [self._kept / name for name in names])

    def take_away_folders(self, folders: Sequence[str], names: Sequence[str]) -> Sequence[str]:
        """See `kept_folders.take_away`."""
        return kept_folders.take_away(self._home, [self._kept / name for name in names], folders)

    def property_files(self, gui: str, webservices: str | None) -> PropertyFiles:
        """See `site_values.property_files`."""
        return site_values.property_files(self._home, self._path(gui), self._path(webservices) if webservices else None)

    def carry_values(self, source: str, target: str, kind: PackageKind, values: SiteValues) -> Sequence[CarriedFile]:
        """Carry the site's values and the session-timeout into the new web application folder; other kinds carry nothing.

        The GUI gets the web services' wsdlLocationUri too: its migration looks for it there. Returns the files that hold what
        the site set, changed or not.
        """
        if kind not in WEB_APPLICATIONS:
            return []
        old, new = self._path(source).resolve(), self._path(target).resolve()
        files = [site_values.carry_timeout(old, new)]
        if kind is PackageKind.GUI:
            wsdl = {key: value for key, value in values.webservices.items() if key == WSDL}
            files += [site_values.carry_emm(values.emm, new), site_values.carry_webservices(wsdl, new, self._owner)]
        elif kind is PackageKind.WEBSERVICES:
            files.append(site_values.carry_webservices(values.webservices, new, self._owner))
        return site_files.as_contract(self._home, [(file, False) for file in files if file])

    def keep_values(self, folders: Sequence[str], name: str) -> None:
        """See `kept_values.keep`."""
        kept_values.keep([self._path(folder) for folder in folders], self._kept / name)

    def put_back_values(self, name: str) -> None:
        """See `kept_values.put_back`."""
        kept_values.put_back(self._kept / name)

    def sql_files(self, frontend: str) -> Sequence[SqlFile]:
        """The files of a frontend tree that `SqlKind` names, in the order of their names; others are left out.

        Only the folder of the release's dialect is looked into, not what lies below it (facts 5.3), and only names of that
        dialect count, as for the vendor's runner.

        Raises:
            HomeError: "frontend-incomplete", or "sql-file-unnamed": an update file whose name tells no version.
        """
        dialect = self._dialect(frontend)
        folder = self._path(frontend) / "WEB-INF/sql" / dialect
        if not folder.is_dir():
            raise HomeError(f"{frontend} has no folder {dialect} with SQL files", key="frontend-incomplete")
        files = [*folder.glob(f"emm-{dialect}-*.sql"), *folder.parent.glob("userrights.sql")]
        found = [self._sql_file(file, dialect) for file in sorted(files, key=lambda file: file.stem) if file.is_file()]
        return [file for file in found if file]

    def _sql_file(self, file: Path, dialect: str) -> SqlFile | None:
        name = file.stem.removeprefix(f"emm-{dialect}-")
        for kind, pattern in _SQL_NAMES:
            if match := pattern.fullmatch(name):
                version = match[1] if kind is SqlKind.UPDATE else None
                return SqlFile(file.name, kind, version, str(file.relative_to(self._home)), sha256_file(file))
        if name.startswith("update-"):
            raise HomeError(f"cannot tell the version of the update file {file.name}", key="sql-file-unnamed")
        return None

    def _dialect(self, frontend: str) -> str:
        version = site_values.application_version(self._path(frontend))
        if version is None:
            raise HomeError(
                f"{frontend} does not say its version: {site_values.EMM} or ApplicationVersion in it is missing",
                key="frontend-incomplete",
            )
        return Version.parse(version).dialect

    def read_text(self, path: str) -> str:
        """A file's text, every byte of it: line ends are kept.

        Raises:
            HomeError: "file-not-utf8".
        """
        try:
            return read_small(self._path(path), SQL_MOST).decode("utf-8")
        except UnicodeDecodeError as error:
            raise HomeError(f"cannot read {path}: it is not UTF-8 at byte {error.start}", key="file-not-utf8") from None

    def mandatory_versions(self, frontend: str) -> frozenset[str]:
        """The versions in the first column of mandatoryDbChanges (facts 2.1); headings and empty lines are no versions.

        Raises:
            HomeError: "mandatory-list-missing", also when it names none.
        """
        name = f"{frontend}/WEB-INF/classes/mandatoryDbChanges_{self._dialect(frontend)}.csv"
        if not self._path(name).is_file():
            raise HomeError(f"cannot tell which database versions {frontend} needs: no {name}", key="mandatory-list-missing")
        columns = (re.split("[;,]", line)[0].strip().strip("\"'") for line in self.read_text(name).splitlines())
        versions = frozenset(text for text in columns if _VERSION.fullmatch(text))
        if not versions:
            raise HomeError(f"cannot tell which database versions are needed: {name} names none", key="mandatory-list-missing")
        return versions

    def digest(self, folder: str) -> str:
        """SHA-256 over a tree's listing (`files.tree_digest`)."""
        return tree_digest(self._path(folder))


def _link(path: str, target: str) -> Link:
    """A link with a relative target, both names being relative to the home (an absolute target stays so)."""
    if PurePosixPath(target).is_absolute():
        return Link(path, target)
    return Link(path, os.path.relpath(target, PurePosixPath(path).parent))
