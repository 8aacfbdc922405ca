"""The operating system's package manager (workflows.host.os_packages): dnf or yum, zypper, apt."""

from __future__ import annotations

import shutil

from orchestrator.command import PATH
from orchestrator.data import distributions
from orchestrator.hosts.os_packages.apt import Apt
from orchestrator.hosts.os_packages.dnf import Dnf
from orchestrator.hosts.os_packages.zypper import Zypper
from workflows.host.os_packages import PackageManager
from workflows.model.errors import WorkflowError


def package_manager() -> PackageManager:
    """The one of this host's distribution, which may have others' installed as well; else the first that is there.

    Raises:
        WorkflowError: "package-manager-missing".
    """
    made: dict[str, PackageManager] = {"dnf": Dnf(), "yum": Dnf("yum"), "zypper": Zypper(), "apt-get": Apt()}
    known = distributions.read().file
    for program in (*(distributions.tables()[known].package_managers if known else ()), *made):
        if shutil.which(program, path=PATH):
            return made[program]
    raise WorkflowError("cannot find dnf, yum, zypper or apt-get", key="package-manager-missing")
