"""What the release of each hop needs of its host (guide 3.1, facts 10.2, 12 and 17.1; the catalogue names the source)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workflows.checks.check import Subject
from workflows.checks.upgrade.journey import Journey
from workflows.host import Host
from workflows.model.finding import Finding
from workflows.model.plans import Hop, Need, UpgradePlan
from workflows.rules.backend_python import fix as python_fix
from workflows.rules.needs import meets

BACKEND_ALONE = "python"  # a hop that starts the frontend only gets along without it
SYSTEMS = {  # how a system calls itself -> how the guide calls it
    "Red Hat Enterprise Linux Server": "RHEL",
    "Red Hat Enterprise Linux": "RHEL",
    "SUSE Linux Enterprise Server": "SLES",
    "CentOS Linux": "CentOS",
    "CentOS Stream": "CentOS",
}
SUBJECT = Subject("requirements", "what the releases need of this host", order=70)


def check(journey: Journey) -> Iterator[Finding]:
    """Every known need of every hop; what a line needs and cannot be measured, or is not known, is said."""
    host, plan = journey.host, journey.plan
    if plan is None:
        return
    found = _found(host)
    unmeasured: dict[str, list[str]] = {}
    unknown = {}
    met = 0
    for hop in plan.hops:
        line = hop.rules.line
        for need in hop.rules.needs:
            there = found.get(need.name)
            fits = None if there is None else meets(need.any_of, there)
            if there is not None and fits is False:
                yield _unmet(plan, hop, need, there)
            elif fits is None:
                seen = f"{need.name} {there}" if there else need.name
                unmeasured.setdefault(seen, []).append(f"{line}: {_wanted(need)}")
            else:
                met += 1
        if hop.rules.needs_unknown:
            unknown[line] = ", ".join(hop.rules.needs_unknown)
    said = [f"cannot tell whether {seen} will do ({'; '.join(wanted)})" for seen, wanted in unmeasured.items()]
    said += [f"what {line} needs is not known of: {names}" for line, names in unknown.items()]
    if said:
        yield SUBJECT.unknown("; ".join(said))
    if met:
        yield SUBJECT.fine(f"{met} needs are met")


def _fix(plan: UpgradePlan, need: Need) -> str:
    if need.name == BACKEND_ALONE:
        return python_fix(plan.source, plan.target, ())
    if need.name == "mta":
        return "orchestrate mta switch postfix"
    return f"let opt/{need.name} in the home lead to a {need.name} {_wanted(need)}    with the last line before that active"


def _unmet(plan: UpgradePlan, hop: Hop, need: Need, there: str) -> Finding:
    stops = need.stops and (need.name != BACKEND_ALONE or hop.final or hop.rules.backend_at_start)
    measured = f"{hop.rules.line} needs {need.name} {_wanted(need)} ({need.source}); here is {there}"
    return SUBJECT.stops(measured, _fix(plan, need)) if stops else SUBJECT.warns(measured)


def _wanted(need: Need) -> str:
    return " or ".join(need.any_of)


def _found(host: Host) -> Mapping[str, str]:
    """What is known of the host, under the names of the catalogue and with the guide's words."""
    found = dict(host.system.facts())
    for name, short in SYSTEMS.items():
        if found.get("os", "").startswith(name):
            found["os"] = short + found["os"].removeprefix(name).removeprefix(" release")
    server = host.database.ping()
    found["dbms"] = ("MariaDB " if "mariadb" in server.lower() else "MySQL ") + server
    return found
