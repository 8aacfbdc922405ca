"""guide.md, the sections of the vendor's guide against the steps of an installation; one that nothing does is an error."""

from __future__ import annotations

from collections.abc import Mapping

from markdown import page as whole
from markdown import table

from orchestrator.releases.catalogue import Catalogue
from workflows import install
from workflows.model.answers import Answers
from workflows.model.installation import InstallPlan
from workflows.model.plans import Hop, Release
from workflows.steps.setup import SetupStep

SECTIONS: Mapping[str, str] = {
    "3.1": "Software Stack",
    "3.2": "RHEL/CentOS Operating System",
    "3.3": "SLES Operating System",
    "3.4": "MariaDB for RHEL/CentOS",
    "3.5": "MariaDB for SLES",
    "3.6": "MySQL for RHEL/CentOS",
    "3.7": "MySQL for SLES",
    "3.8": "MySQL/MariaDB Configuration",
    "3.9": "DNS Requirements",
    "4": "Server Preparations",
    "4.1": "Firewall Configuration",
    "4.2": "Postfix Deployment",
    "4.3": "Sendmail Deployment",
    "4.4": "Tomcat Deployment",
    "4.5": "Image and PDF Creation Tool wkhtmltox",
    "4.6": "Configuration of Operating System Logging Parameters",
    "4.7": "Miscellaneous",
    "5.1": "Download",
    "5.2": "Runtime Deployment",
    "5.3": "OpenEMM Deployment",
    "5.4": "Configuration",
    "5.5": "Startup",
    "5.6": "Test and Production System",
    "8.3": "Configuration for MySQL/MariaDB Database",
    "9.1": "Automated Startup",
    "9.4": "MySQL/MariaDB Database Tuning",
    "9.7": "Log Rotation",
    "9.8": "Changing Security-Related Files",
    "10": "HTTPS for Tomcat",
    "12": "Deployment of Python 3.8 (or later)",
}
SHARED: Mapping[str, tuple[str, ...]] = {  # steps that an upgrade has too
    "fetch": ("5.1",),
    "stage": ("5.2", "5.3"),
    "install.runtime": ("5.2",),
    "install.links": ("5.3",),
    "install.start": ("5.5",),
    "install.migrate": ("5.5",),
    "install.backend": ("5.5",),
    "install.verify": ("5.5",),
}
CHECKS = "checks before the first change"
ELSEWHERE: Mapping[str, str] = {  # what no step does, and why
    "3.1": f"{CHECKS}: distribution, and the versions of Java, Tomcat, Python, database and mail server that are found",
    "3.6": 'a MySQL that is there is used (`database = "existing"`); none is installed: the guide\'s own packages of it are gone',
    "3.7": "the guide itself says to take MariaDB",
    "3.9": f"{CHECKS}: A, PTR, MX and SPF records, asked past /etc/hosts; they cannot be made from here",
    "5.6": "a second system: `orchestrate sandbox create`, or this command on another host",
}


def page() -> str:
    """The page.

    Raises:
        ValueError: a section that no step does and that is not explained, or a step that names one that is not there.
    """
    doing: dict[str, list[str]] = {section: [] for section in SECTIONS}
    for step in install.steps(plan()):
        for section in step.guide if isinstance(step, SetupStep) else SHARED.get(step.name, ()):
            if section not in doing:
                raise ValueError(f"step {step.name} does section {section} of the guide, which is not in the table")
            doing[section].append(f"`{step.name}`")
    if missing := [section for section, steps in doing.items() if not steps and section not in ELSEWHERE]:
        raise ValueError(f"nothing does section {', '.join(missing)} of the guide")
    rows = [
        (section, title, ", ".join([*doing[section], *([ELSEWHERE[section]] if section in ELSEWHERE else [])]))
        for section, title in SECTIONS.items()
    ]
    return whole(
        "The guide and the steps of an installation",
        "Every section of the vendor's Install and Admin Guide 20.10 that belongs to an installation, and what does it here "
        "([steps](steps.md)). Where the guide and what was seen on real hosts differ, the latter wins.",
        table(("section", "title", "done by"), rows),
    )


def plan() -> InstallPlan:
    """The plan of an installation that does everything."""
    hop = Hop(1, "none", Release("20.10", ()), Catalogue.load().rules("20.10"), final=True, name="install")
    answers = Answers(
        url="https://openemm.example.com", name="openemm.example.com", mailloop_domain="mailing.example.com",
        certificate="/c.pem", certificate_key="/k.pem",
    )  # fmt: skip
    return InstallPlan(source="none", target="20.10", hop=hop, answers=answers)
