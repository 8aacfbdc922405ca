"""The site's packages: what its source offers, fetched, and unpacked beside what is active (workflows.host.releases.Releases)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestrator.data import distributions
from orchestrator.releases import names
from orchestrator.releases.download import Downloads
from orchestrator.releases.errors import PackageError
from orchestrator.releases.manifest import Manifests
from orchestrator.releases.preview import property_files
from orchestrator.releases.source import FolderSource, HttpSource, Offer, open_source
from orchestrator.releases.staging import Staging
from orchestrator.settings import Settings
from workflows.host.backups import Progress
from workflows.host.releases import Artefact
from workflows.host.system import Family
from workflows.model.plans import PackageRef, StagedTree
from workflows.model.values import PropertyFiles


class SitePackages:
    """Packages of one site. Only the holder of the site's lease may fetch, stage and unstage."""

    def __init__(self, settings: Settings, lines: Sequence[str] | None = None) -> None:
        """Take the settings; nothing is read yet. lines: those to look for on a site; None: all that the catalogue knows."""
        self._settings = settings
        self._lines = lines
        self._suse = distributions.read().family is Family.SUSE  # which takes the backend built for it (facts 2.1)
        self._source: FolderSource | HttpSource | None = None
        self._offer: Offer | None = None
        self._shipped: dict[str, PropertyFiles | None] = {}

    def available(self) -> Sequence[PackageRef]:
        """All packages the source offers for this host; read once.

        Raises:
            SourceError: as `orchestrator.releases.source.Source.read`.
        """
        return self._read().packages

    def ignored(self) -> Sequence[str]:
        """Names of what the source offers besides, which is not for an OpenEMM host; errors as `available`."""
        return self._read().ignored

    def shipped(self, version: str) -> PropertyFiles | None:
        """See `Packages.shipped`: of the source's folder, of what was downloaded, or of a tarball beside its release (facts 1.1).

        A package that cannot be read is as none.
        """
        if version not in self._shipped:
            home, packages = self._settings.home, self._settings.packages
            folders = [] if "://" in packages else [Path(packages)]
            folders += [self._settings.state / "downloads", home / "release/emm", home / "release/webservices"]
            files = [path for folder in folders for path in sorted(folder.glob(f"*{names.SUFFIX}")) if not path.is_symlink()]
            named = [(name, path) for path in files if (name := names.parse(path.name))]
            try:
                found = property_files(version, [(name.kind, path) for name, path in named if name.version == version])
            except PackageError:
                found = None
            self._shipped[version] = found
        return self._shipped[version]

    def fetch(self, ref: PackageRef, expected: str | None, progress: Progress) -> Artefact:
        """The package's file on this host, complete and with the expected digest; see `Downloads.fetch`."""
        source = self._open()
        web = source.web if isinstance(source, HttpSource) else None
        return Downloads(self._settings.state / "downloads", web).fetch(ref, expected, progress)

    def staged(self, artefact: Artefact) -> Sequence[StagedTree] | None:
        """The trees when they are all there in full, else None.

        Proven by the manifest written when they were (`manifest.py`) and the presence of their top names; what the site
        brought into a tree since does not matter.
        """
        return self._staging().staged(artefact)

    def stage(self, artefact: Artefact) -> Sequence[StagedTree]:
        """Unpack beside what is active. A tree that is there with the same content is left as it is, and so is any link.

        Raises:
            PackageError: all that `open_package` and `unpack` raise; "package-digest-mismatch" when the file changed since it
                was fetched; "release-folder-foreign" when something else lies where a tree would go.
        """
        return self._staging().stage(artefact)

    def unstage(self, trees: Sequence[StagedTree]) -> None:
        """Remove trees that `stage` made; those it found, or that are gone already, are left alone. May be run again.

        Raises:
            PackageError: "release-folder-active" when a link points to one of them; nothing is removed then.
        """
        self._staging().unstage(trees)

    def _open(self) -> FolderSource | HttpSource:
        if self._source is None:
            packages, lines = self._settings.packages, self._lines
            if lines is None and "://" in packages:
                from orchestrator.releases.catalogue import Catalogue

                lines = Catalogue.load().lines
            self._source = open_source(packages, lines or (), suse=self._suse)
        return self._source

    def _read(self) -> Offer:
        if self._offer is None:
            self._offer = self._open().read()
        return self._offer

    def _staging(self) -> Staging:
        manifests = Manifests(self._settings.state / "staged")
        return Staging(self._settings.home, manifests, self._settings.user, suse=self._suse)
