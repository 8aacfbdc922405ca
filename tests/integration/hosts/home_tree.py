"""Release trees as a package would be unpacked, written by hand."""

from __future__ import annotations

from pathlib import Path

from workflows.model.plans import Component, PackageKind, StagedTree


def put(path: Path, content: str | bytes = "", mode: int = 0o644) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def link(path: Path, target: str) -> None:
    """A symbolic link with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


class Tree:
    """Makes the release trees a package would be unpacked into."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def webapp(self, kind: PackageKind, version: str, properties: str = "", timeout: int = 60) -> StagedTree:
        name = {PackageKind.GUI: "emm"}.get(kind, kind.value)
        folder = f"release/{name}/openemm-{kind.value}-{version}"
        classes = self.home / folder / "WEB-INF/classes"
        put(classes / "emm.properties", f"# Version\nApplicationVersion={version}\n{properties}")
        put(self.home / folder / "WEB-INF/web.xml", f"<web-app>\n  <session-timeout>{timeout}</session-timeout>\n</web-app>\n")
        return StagedTree(Component.FRONTEND, kind, version, folder, "")

    def backend(self, version: str) -> StagedTree:
        folder = f"release/backend/V{version}"
        put(self.home / folder / "bin/backend.sh", "#!/bin/sh\n", 0o755)
        for name in ("JAVA", "lib", "scripts"):
            (self.home / folder / name).mkdir()
        return StagedTree(Component.BACKEND, PackageKind.BACKEND, version, folder, "")

    def manual(self, version: str) -> StagedTree:
        folder = f"release/manual/openemm-manual-{version}"
        for language in ("en", "de"):
            put(self.home / folder / language / "index.html", language)
        return StagedTree(Component.MANUAL, PackageKind.MANUAL, version, folder, "")

    def tomcat(self, folder: Path, version: str) -> None:
        put(folder / "conf/version.txt", f"{version}\n")
        put(folder / "conf/web.xml", f"shipped web.xml of {version}")
        put(folder / "conf/server.xml.template", f"template of {version}")
        put(folder / "conf/keys/emm.salt", f"shipped salt of {version}")
        put(folder / "bin/emm.sh.additional.properties", f"shipped options of {version}")
        for name in ("emm.sh", "openemm.sh", "OMT.sh"):
            put(folder / "bin" / name, "#!/bin/sh\n", 0o755)

    def runtime(self, version: str) -> StagedTree:
        folder = f"runtime/openemm-runtime-{version}"
        self.tomcat(self.home / folder / "tomcat9", version)
        link(self.home / folder / "tomcat", "tomcat9")
        return StagedTree(Component.RUNTIME, PackageKind.RUNTIME, version, folder, "")
