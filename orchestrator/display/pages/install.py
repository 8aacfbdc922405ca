"""What an installation would do, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.display.pages.layout import flow, paragraph

if TYPE_CHECKING:
    from orchestrator.plans.install import Part
    from workflows.model.installation import Difference, InstallPlan

_INDENT = 6


def lines(name: str, plan: InstallPlan, parts: Sequence[Part]) -> list[str]:
    """What is right already, and what would be changed; what somebody configured otherwise is marked."""
    right = [part.title for part in parts if not part.differences]
    page = [f"openemm on {name}   {plan.source} -> {plan.target}   for {plan.answers.url}", ""]
    page += ["  right already", *flow([f"{title}," for title in right[:-1]] + right[-1:], _INDENT, gap=1)] if right else []
    if not plan.present:
        page += ["  new", *paragraph(", ".join(package.file for package in plan.hop.target.packages), _INDENT)]
    for part in parts:
        if part.differences:
            page += [f"  {part.title}" + (f"   guide {', '.join(part.guide)}" if part.guide else "")]
            for difference in part.differences:
                page += paragraph(told(difference, plan), _INDENT)
    return page


def told(difference: Difference, plan: InstallPlan) -> str:
    """A difference in a line, with what was answered where it is not ours to decide."""
    now = f"{difference.now} -> " if difference.now is not None else ""
    verdict = plan.answers.differences.get(difference.key)
    mark = f"   ({difference.key}: {verdict.value})" if verdict else f"   (to be answered: {difference.key})"
    return f"{difference.what}: {now}{difference.wanted}{mark if difference.by_admin else ''}"


def nothing_to_do(plan: InstallPlan) -> str:
    """The host is as it must be."""
    return f"nothing to do: {plan.target} is installed, and everything around it is as the guide wants it"


def login_lines(plan: InstallPlan, password: str | None) -> list[str]:
    """How to log in for the first time; password: None when it is not to be shown here."""
    page = ["", f"  log in    {plan.answers.url}    as emm-master; the password must be changed at once"]
    if plan.answers.admin_password_file:
        return [*page, f"  password  the one in {plan.answers.admin_password_file}"]
    if password is None:
        return [*page, "  password  orchestrate admin-password --first    shows it once"]
    return [*page, f"  password  {password}    shown this once only"]
