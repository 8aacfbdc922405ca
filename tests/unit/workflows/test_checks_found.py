"""A check is a file in a folder: how it is found, what it is given, and what is said when it cannot look."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, get_type_hints

import pytest

from orchestrator.display.pages import doctor as page
from orchestrator.views.checks import found as told_of
from workflows.checks import doctor, install, mta, upgrade
from workflows.checks.check import Check, Subject, checks_in, run_all
from workflows.checks.doctor.visit import Visit
from workflows.checks.install.ground import Ground
from workflows.checks.mta.question import Question
from workflows.checks.upgrade.journey import Journey
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding, Severity

PAGE = Path(__file__).parents[3] / "docs/how-to/test-and-develop.md"
FOLDERS = [(doctor, Visit), (install, Ground), (mta, Question), (upgrade, Journey)]


@pytest.fixture
def with_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The check of the page lies in the doctor's folder; its name."""
    text = PAGE.read_text(encoding="utf-8")
    named, code = re.search(r"workflows/checks/doctor/(\w+)\.py", text), re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert named
    assert code
    (tmp_path / f"{named[1]}.py").write_text(code[1], encoding="utf-8")
    monkeypatch.setattr(doctor, "__path__", [*doctor.__path__, str(tmp_path)])
    checks_in.cache_clear()
    yield f"{doctor.__name__}.{named[1]}"
    sys.modules.pop(f"{doctor.__name__}.{named[1]}", None)
    vars(doctor).pop(named[1], None)
    checks_in.cache_clear()


def test_the_check_of_the_page_is_one_file_and_is_made_in_its_place(with_example: str) -> None:
    found = checks_in(doctor)
    assert [check.subject.key for check in found][:3] == ["disk-space", "memory", "mta-installed"]
    (example,) = (check for check in found if check.look.__module__ == with_example)
    for gib, told in ((1, "fix: give the machine 2 GiB at least"), (8, "memory   8.0 GiB")):
        host: Any = SimpleNamespace(system=SimpleNamespace(memory=lambda gib=gib: gib * 1024**3))
        findings = run_all([example], Visit(host, names=None))  # type: ignore[arg-type]
        lines = page.lines("host", told_of(findings))
        assert any(told in line for line in lines), lines


@pytest.mark.parametrize(("folder", "given"), FOLDERS)
def test_every_check_of_a_folder_takes_what_that_folder_gives_and_has_a_place_of_its_own(folder: ModuleType, given: type) -> None:
    checks = checks_in(folder)
    assert {check.subject.key: next(iter(get_type_hints(check.look).values())) for check in checks} == {
        check.subject.key: given for check in checks
    }
    orders = [check.subject.order for check in checks]
    assert len(set(orders)) == len({check.subject.key for check in checks}) == len(checks)


def test_what_makes_no_checks_loads_none() -> None:
    code = "import sys, orchestrator.runs.start\nprint(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PAGE.parents[2])
    loaded = {name for name in out.stdout.split() if name.startswith("workflows.checks.upgrade.")}
    assert loaded == {Journey.__module__}


def refuses(error: Exception) -> Check[None]:
    """A check that finds one thing, and cannot look for the next."""
    subject = Subject(f"own-{error}", "it can look", "or else")

    def look(about: None) -> Iterator[Finding]:
        del about
        yield subject.fine("so far")
        raise error

    return Check(subject, look)


def fine(key: str) -> Check[None]:
    return Check(Subject(key, "it holds"), lambda _: [Subject(key, "it holds").fine("yes")])


SHUT = WorkflowError("cannot read it", key="shut", detail=["permission denied"], next=["open it", "or not"])


def test_what_keeps_checks_from_looking_stops_with_its_own_key_is_told_once_and_hides_nothing() -> None:
    found = run_all([refuses(SHUT), refuses(SHUT), fine("last")], None)
    assert [one.key for one in found] == ["own-cannot read it", "shut", "own-cannot read it", "last"]
    assert found[1] == Finding("shut", Severity.INHIBITOR, "it can look", "cannot read it: permission denied", fix="open it")


def test_where_it_only_is_not_known_each_check_says_so_for_itself() -> None:
    found = run_all([refuses(SHUT), refuses(FileNotFoundError(2, "gone", "/x")), fine("last")], None, Severity.UNKNOWN)
    assert [(one.severity, one.measured) for one in found] == [
        (Severity.PASSED, "so far"), (Severity.UNKNOWN, "cannot look: cannot read it"),
        (Severity.PASSED, "so far"), (Severity.UNKNOWN, "cannot look: gone: /x"), (Severity.PASSED, "yes"),
    ]  # fmt: skip
    assert found[1].key == "own-cannot read it"


def test_an_error_of_the_system_is_not_made_a_finding_that_stops() -> None:
    with pytest.raises(FileNotFoundError):
        run_all([refuses(FileNotFoundError(2, "gone", "/x"))], None)


def test_what_is_decisive_ends_the_checks_only_when_it_stops() -> None:
    subject = Subject("first", "it holds", decisive=True)
    for finding, keys in ((subject.stops("no"), ["first"]), (subject.warns("hardly"), ["first", "last"])):
        checks = [Check[None](subject, lambda _, finding=finding: [finding]), fine("last")]  # type: ignore[misc]
        assert [one.key for one in run_all(checks, None)] == keys
