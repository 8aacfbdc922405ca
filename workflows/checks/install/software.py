"""What must hold of packages, Java, Tomcat and certificates before an installation changes anything (guide 3.1 to 3.3, 4, 10).

What the run would fail with later is found now, in the same words.
"""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.doctor.subject import Subject
from workflows.host import Host
from workflows.model.answers import Verdict
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding
from workflows.model.installation import InstallPlan
from workflows.rules.mta import capabilities
from workflows.steps.application.https import require_usable
from workflows.steps.machine import java, os_packages, packages, python, tomcat
from workflows.steps.setup import SetupStep

PACKAGES = Subject("os-packages", "the packages can be had", "the run would stop where it needs them", "guide 3.2, 3.3")
UPDATES = Subject(
    "os-updates", "the operating system is up to date", "the guide asks for it; this does not update it", "guide 3.2"
)
JAVA = Subject("java-version", "Java fits the release", "the application may not start on it", "guide 3.1")
TOMCAT = Subject("tomcat-version", "Tomcat fits the release", "the application may not start in it", "guide 3.1")
PYTHON = Subject("python-version", "Python fits the release", "the backend would not run on it", "facts 24.1")
SOURCE = Subject("python-source", "the source of Python is the one that was meant", "it is run, as OpenEMM's user", "guide 12")
HTTPS = Subject("https", "browsers reach OpenEMM encrypted", "passwords can be read on their way", "guide 10")
CERTIFICATE = Subject("certificate", "the certificate is good", "browsers could not reach OpenEMM", "guide 10")
WKHTMLTOX = Subject("wkhtmltox", "previews can be made", "previews and PDF files are missing without it", "guide 4.5")


def check_software(host: Host, plan: InstallPlan) -> Iterator[Finding]:
    """Everything about software that would stop the installation, or should be known before; nothing is changed."""
    try:
        yield from _packages(host, plan)
    except WorkflowError as error:
        yield PACKAGES.stops(error.message, error.next[0] if error.next else "the same command    once that is solved")
    yield from _versions(host, plan)
    yield from _python_source(host, plan)
    yield from _certificate(host, plan)
    if plan.answers.wkhtmltox is None and host.software.program("wkhtmltopdf") is None:
        yield WKHTMLTOX.warns("it is left out", "the same command with --wkhtmltox FILE    the package of its makers")


def _packages(host: Host, plan: InstallPlan) -> Iterator[Finding]:
    """What the steps would install, in so far as it is not there."""
    procmail = host.software.program("procmail") is not None
    wanted = [*os_packages.CAPABILITIES, *capabilities(plan.answers.mta, procmail=procmail)]
    if plan.answers.database == "local" and host.server.version() is None:
        wanted += ["database-server", "database-client"]
    missing = [name for capability in wanted for name in packages.lacking(host, capability)]
    if not missing:
        yield PACKAGES.fine("all are installed")
        return
    packages.require_obtainable(host, wanted)
    yield PACKAGES.fine(f"{len(missing)} to be installed, all offered by {', '.join(host.os_packages.repositories())}")
    if pending := host.os_packages.pending():
        yield UPDATES.warns(f"{pending} updates are pending", f"{host.os_packages.update}    before, or at another time")
    else:
        yield UPDATES.fine("no update is pending")


def _versions(host: Host, plan: InstallPlan) -> Iterator[Finding]:
    """Java, Tomcat and Python of another version than the release is known to work with."""
    parts: tuple[tuple[Subject, str, SetupStep, str], ...] = (
        (JAVA, java.VERSION, java.Java(plan), "--java-home PATH"),
        (TOMCAT, tomcat.MAJOR, tomcat.Tomcat(plan), "--tomcat PATH"),
        (PYTHON, python.VERSION, python.Python(plan), "--python-source FILE --python-source-sha256 DIGEST"),
    )  # fmt: skip
    for subject, key, step, option in parts:
        try:
            unfit = [difference for difference in step.look(host) if difference.key == key]
        except WorkflowError as error:
            yield subject.stops(error.message, error.next[0] if error.next else "the same command    once that is solved")
            continue
        if not unfit:
            yield subject.fine("yes")
            continue
        measured = f"{unfit[0].now or 'none'}, and {plan.target} wants {unfit[0].wanted}"
        if plan.answers.differences.get(key) is Verdict.KEEP:
            yield subject.warns(f"{measured}, which was accepted", f"the same command with {option}    one that fits")
        else:
            or_keep = f"; or --keep {key}" if unfit[0].by_admin else ""
            yield subject.stops(measured, f"the same command with {option}    one that fits{or_keep}")


def _python_source(host: Host, plan: InstallPlan) -> Iterator[Finding]:
    """The source that will be built: that it is the one that was meant."""
    source, named = plan.answers.python_source, plan.answers.python_source_sha256
    if source is None:
        return
    try:
        found = host.software.digest(source)
    except OSError as error:
        yield SOURCE.stops(f"cannot read {source}: {error.strerror}", f"ls -l {source}")
        return
    if named is None:
        yield SOURCE.stops(
            "its SHA-256 is not given", f"the same command with --python-source-sha256 {found}    when its makers tell the same"
        )
    elif found != named.lower():
        yield SOURCE.stops(
            f"it has {found}",
            "the same command with --python-source FILE    the one that has it; or with the digest of its makers",
        )
    else:
        yield SOURCE.fine(source)


def _certificate(host: Host, plan: InstallPlan) -> Iterator[Finding]:
    answers = plan.answers
    if answers.certificate is None:
        yield HTTPS.warns("there is no certificate: HTTP only", "the same command with --certificate FILE --certificate-key FILE")
        return
    try:
        require_usable(host, answers.certificate, answers.certificate_key, answers.certificate_chain)
        yield CERTIFICATE.fine(answers.certificate)
    except WorkflowError as error:
        if error.error_key == "openssl-missing":  # a step of the run installs it, and another looks then
            yield CERTIFICATE.unknown("openssl is not installed yet; the run looks before it writes server.xml")
        else:
            yield CERTIFICATE.stops(error.message, error.next[0])
