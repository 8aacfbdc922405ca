"""Plan an installation, look at what it would change, and start it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from orchestrator.hosts.real import RealHost
from orchestrator.releases.catalogue import Catalogue
from orchestrator.runs.site import Site
from orchestrator.runs.start import Display, refuse, start_checked
from orchestrator.settings import Settings
from orchestrator.tool import TOOL_VERSION
from state.journal import RunRecord
from workflows.checks import install
from workflows.checks.check import checks_in, run_all
from workflows.checks.install.ground import Ground
from workflows.install import setup_steps
from workflows.model.answers import Answers
from workflows.model.errors import RefusedError, UsageError
from workflows.model.finding import Finding
from workflows.model.installation import Difference, InstallPlan
from workflows.model.plans import Component, Hop
from workflows.model.version import Version
from workflows.rules.path import choose_release, require_known

WORKFLOW = "install"
HTTP_PORT = 8080


@dataclass(frozen=True)
class Part:
    """A part of the host, and what is not yet as it must be."""

    name: str
    title: str
    guide: tuple[str, ...]
    differences: tuple[Difference, ...]


def settings_for(settings: Settings, answers: Answers) -> Settings:
    """The settings of a host that has no site file yet, as its answers make them."""
    changed: dict[str, object] = {}
    if answers.packages:
        changed["packages"] = answers.packages
    if answers.database_admin_file:
        changed["database"] = settings.database.model_copy(update={"admin_option_file": Path(answers.database_admin_file)})
    return settings.model_copy(update=changed)


def make_plan(settings: Settings, host: RealHost, release: str, answers: Answers, site_file: Path | None) -> InstallPlan:
    """The plan that leads to a release on this host; site_file: the one to be written, None where there is one.

    Raises:
        UsageError: "version-malformed", "version-unknown-line".
        RefusedError: "openemm-installed" when another release is there, "release-missing".
    """
    wanted = Version.parse(release)
    catalogue = Catalogue.load()
    require_known(wanted, catalogue.lines)
    active = host.home.active().get(Component.FRONTEND)
    if active is not None and Version.parse(active).line == wanted.line and wanted.is_line:
        wanted = Version.parse(active)
    if active is not None and Version.parse(active) != wanted:
        raise RefusedError(
            f"OpenEMM {active} is installed on this host already", key="openemm-installed", unharmed=["nothing was changed"],
            next=[
                f"orchestrate upgrade --to {release}     when that is newer",
                f"orchestrate install --release {active} --dry-run    looks at everything around it",
            ],
        )  # fmt: skip
    state = host.application.state() if active is not None else None
    target = choose_release(wanted, host.releases.available())
    rules = catalogue.rules(Version.parse(target.version).line)
    return InstallPlan(
        source=active or "none", target=target.version, answers=answers, present=active is not None,
        hop=Hop(1, active or "none", target, rules, final=True, name="install"),
        starts=answers.start and not (state and state.frontend and state.backend),
        home=str(settings.home), user=settings.user, http_port=urlsplit(settings.http).port or HTTP_PORT,
        site_file=str(site_file) if site_file else "", site_text=_site_text(settings) if site_file else "",
        start_timeout=settings.start_timeout, migrate_timeout=settings.migrate_timeout,
        catalogue_serial=catalogue.serial, tool_version=TOOL_VERSION,
    )  # fmt: skip


def look(host: RealHost, plan: InstallPlan) -> list[Part]:
    """Every part of the host that the installation looks at, with its differences; nothing is changed."""
    return [Part(step.name, step.title, step.guide, tuple(step.look(host))) for step in setup_steps(plan)]


def unanswered(plan: InstallPlan, parts: Sequence[Part]) -> list[Difference]:
    """What somebody configured otherwise, and the answers do not tell what shall become of it."""
    return [d for part in parts for d in part.differences if d.by_admin and d.key not in plan.answers.differences]


def refuse_unanswered(differences: Sequence[Difference]) -> None:
    """Raise when there is one.

    Raises:
        UsageError: "difference-unanswered", with the option that answers it.
    """
    if not differences:
        return
    first = differences[0]
    raise UsageError(
        f"{first.what} is {first.now}, and not {first.wanted}: what shall become of it must be answered"
        if len(differences) == 1
        else f"what shall become of {len(differences)} things that are configured otherwise must be answered",
        key="difference-unanswered", unharmed=["nothing was changed"],
        detail=[f"{d.key}    {d.what}: {d.now}, wanted {d.wanted}" for d in differences],
        next=[f"the same command with {' '.join(f'--keep {d.key}' for d in differences)}    they stay, or --replace KEY"],
    )  # fmt: skip


def nothing_to_do(plan: InstallPlan, parts: Sequence[Part]) -> bool:
    """Whether the host is as it must be; what was answered to be kept counts as right."""
    kept = {key for key, verdict in plan.answers.differences.items() if verdict == "keep"}
    open_ones = [d for part in parts for d in part.differences if d.key not in kept]
    return plan.present and not plan.starts and not open_ones


def check(host: RealHost, plan: InstallPlan, resolver: str | None) -> list[Finding]:
    """What would stop the installation, or should be known before."""
    from orchestrator.hosts.network.names import DnsNames

    steps = {step.name: step for step in setup_steps(plan)}
    return run_all(checks_in(install), Ground(host, plan, DnsNames(resolver), lambda part: steps[part].look(host)))


def start(
    site: Site, plan: InstallPlan, findings: Sequence[Finding], *, reason: str | None, on_failure: str, display: Display
) -> RunRecord:
    """Create the run and drive it.

    Raises:
        RefusedError: "run-open", or the key of a check; nothing was changed.
        UsageError: "difference-unanswered".
        StateError: "run-in-progress".
    """

    def look_again() -> None:
        refuse(findings, "the same command with --dry-run    all of them, once mended")
        refuse_unanswered(unanswered(plan, look(site.host, plan)))

    return start_checked(site, WORKFLOW, plan, reason=reason, on_failure=on_failure, display=display, check=look_again)


def _site_text(settings: Settings) -> str:
    lines = [f"name = {json.dumps(settings.name)}", f"packages = {json.dumps(settings.packages)}"]
    if settings.database.admin_option_file:
        lines += ["", "[database]", f"admin_option_file = {json.dumps(str(settings.database.admin_option_file))}"]
    return "\n".join(lines) + "\n"
