"""The operating system's package manager (workflows.os_packages): dnf or yum, zypper, apt."""

from __future__ import annotations

import shutil

from orchestrator.hosts.command import PATH
from orchestrator.hosts.os_packages.apt import Apt
from orchestrator.hosts.os_packages.dnf import Dnf
from orchestrator.hosts.os_packages.zypper import Zypper
from workflows.errors import WorkflowError
from workflows.os_packages import PackageManager


def package_manager() -> PackageManager:
    """The one of this host.

    Raises:
        WorkflowError: "package-manager-missing".
    """
    made: tuple[tuple[str, PackageManager], ...] = (
        ("zypper", Zypper()), ("dnf", Dnf()), ("yum", Dnf("yum")), ("apt-get", Apt())
    )  # fmt: skip
    for program, manager in made:
        if shutil.which(program, path=PATH) and (program != "zypper" or not shutil.which("dnf", path=PATH)):
            return manager
    raise WorkflowError("cannot find dnf, yum, zypper or apt-get", key="package-manager-missing")
