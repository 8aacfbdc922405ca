"""The operating system's package manager (workflows.host.os_packages): dnf or yum, zypper, apt."""

from __future__ import annotations

import shutil

from orchestrator.command import PATH
from orchestrator.hosts.os_packages.apt import Apt
from orchestrator.hosts.os_packages.dnf import Dnf
from orchestrator.hosts.os_packages.zypper import Zypper
from orchestrator.hosts.system import distribution
from workflows.host.os_packages import PackageManager
from workflows.host.system import Family
from workflows.model.errors import WorkflowError

_FIRST = {Family.RHEL: ("dnf", "yum"), Family.SUSE: ("zypper",), Family.DEBIAN: ("apt-get",)}


def package_manager() -> PackageManager:
    """The one of this host's distribution, which may have others' installed as well; else the first that is there.

    Raises:
        WorkflowError: "package-manager-missing".
    """
    made: dict[str, PackageManager] = {"dnf": Dnf(), "yum": Dnf("yum"), "zypper": Zypper(), "apt-get": Apt()}
    family = distribution.read().family
    for program in (*(_FIRST[family] if family else ()), *made):
        if shutil.which(program, path=PATH):
            return made[program]
    raise WorkflowError("cannot find dnf, yum, zypper or apt-get", key="package-manager-missing")
