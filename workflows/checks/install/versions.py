"""Whether software of another version would come than the release is known to work with."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding


def judge(ground: Ground, subject: Subject, part: str, key: str, option: str) -> Iterator[Finding]:
    """Judge what the step of that name finds. key: of the difference that is told. option: gives one that fits."""
    try:
        unfit = [difference for difference in ground.differences(part) if difference.key == key]
    except WorkflowError as error:
        yield subject.stops(error.message, error.next[0] if error.next else "the same command    once that is solved")
        return
    if not unfit:
        yield subject.fine("yes")
        return
    measured = f"{unfit[0].now or 'none'}, and {ground.plan.target} wants {unfit[0].wanted}"
    if ground.accepted(key):
        yield subject.warns(f"{measured}, which was accepted", f"the same command with {option}    one that fits")
    else:
        or_keep = f"; or --keep {key}" if unfit[0].by_admin else ""
        yield subject.stops(measured, f"the same command with {option}    one that fits{or_keep}")
