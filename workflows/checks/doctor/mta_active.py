"""Reason 4: the wrong mail server is active (facts 12)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.host.mail import Source
from workflows.model.finding import Finding
from workflows.rules.mta import BY_DEFAULT, KNOWN, PORT, is_ours

SUBJECT = Subject(
    "mta-active", "the active mail server is the one OpenEMM uses",
    "OpenEMM hands its mails to the server that scripts/config.sh decides for; another one never sees them",
    "guide 6.1 no. 4", order=30,
)  # fmt: skip


def check(visit: Visit) -> Iterator[Finding]:
    """Hold what OpenEMM decides for against what is installed, what runs, and what /usr/sbin/sendmail leads to."""
    if not visit.installed:
        return  # mta-installed says so
    decision, mta = visit.decision, visit.decision.mta
    stranger = _stranger(visit)
    third = next((c for c in visit.clues if c.source is Source.ALTERNATIVES and c.says not in {*KNOWN, None}), None)
    if mta not in visit.installed:
        there = visit.installed[0]
        measured = f"OpenEMM uses {mta.label} ({decision.why}), which is not installed; {there.label} is"
        unit = visit.host.mail.server(there).units[0]
        by_default = decision.source == BY_DEFAULT  # it would decide for a server whose unit is enabled
        yield SUBJECT.stops(measured, f"systemctl enable --now {unit}" if by_default else f"orchestrate mta switch {there.value}")
    elif visit.running and mta not in visit.running:
        other = visit.running[0]
        measured = f"OpenEMM uses {mta.label} ({decision.why}); {other.label} runs"
        yield SUBJECT.stops(measured, "orchestrate mta status    who says what; then stop the one, or switch to it")
    elif stranger:
        fix = f"ss -ltnp 'sport = :{PORT}'    stop it, and disable its unit"
        yield SUBJECT.stops(f"{stranger} listens on port {PORT}, not {mta.label}", fix)
    elif third:
        program = visit.server.program
        yield SUBJECT.stops(f"{third.detail}: neither of the two", f"alternatives --set mta {program}")
    elif len(visit.running) > 1:
        measured = f"both run, and OpenEMM uses {mta.label} ({decision.why})"
        yield SUBJECT.warns(measured, f"systemctl disable --now {mta.other.value}.service")
    elif decision.contradictions:
        measured = f"OpenEMM uses {mta.label} ({decision.why}), but {'; '.join(decision.contradictions)}"
        yield SUBJECT.warns(measured, "orchestrate mta status    what decides")
    else:
        yield SUBJECT.fine(f"{mta.label}, by {decision.source}")


def _stranger(visit: Visit) -> str | None:
    """A program on the port of mail that is none of the two."""
    known = {pid for mta in visit.installed for pid in visit.host.mail.server(mta).processes()}
    for one in visit.host.network.listeners(PORT):
        if one.pid is not None and not is_ours(one, known):
            return f"{one.program or 'an unknown program'} (process {one.pid})"
    return None
