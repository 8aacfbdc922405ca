"""What the doctor shows, and which findings --fix takes."""

from __future__ import annotations

import pytest
from click import unstyle

from orchestrator.display.pages import checks, doctor
from orchestrator.upkeep.fixing import ALL, Fixed, chosen
from orchestrator.views.checks import Mended, found
from workflows.checks import doctor as reasons
from workflows.checks.check import Subject, checks_in
from workflows.host.remedies import MakeLink, Rewrite, SetMode, SwitchOn, on_request
from workflows.model.errors import UsageError

SUBJECTS = [check.subject for check in checks_in(reasons)]
ONE = Subject("one", "one holds", "or else", "guide 6.1 no. 1")
MODE = SetMode("/var/log/maillog", 0o644)
FILE = Rewrite("/x/server.xml", "0" * 64, "", "remove the line from", "remove it from /x/server.xml")
LINK = MakeLink("/var/log/maillog", "/var/log/mail")
UNIT = SwitchOn("cron.service")


def test_what_keeps_mail_comes_first_and_what_is_well_last_within_80_columns() -> None:
    findings = [
        ONE.fine("all is well"), ONE.warns("a little " * 30, MODE.command, MODE), ONE.unknown("cannot look: no"),
        ONE.stops("nothing goes", UNIT.command, UNIT), ONE.stops("nor this", "do it by hand"),
    ]  # fmt: skip
    page = doctor.lines("mail1", found(findings))
    assert page[0] == "mail1   2 things keep mail from leaving, 1 warning, 1 not known"
    text = "\n".join(page)
    places = [text.index(words) for words in ("nothing goes", "nor this", "a little", "cannot look", "fine\n", "all is well")]
    assert places == sorted(places)
    assert "or else (guide 6.1 no. 1)" in text
    assert ["           fix: orchestrate doctor --fix one", f"           or:  {UNIT.command}"] == page[5:7]
    assert "fix: do it by hand" in text
    assert all(len(unstyle(line)) <= 80 for line in page)


def test_what_keeps_several_from_looking_is_said_once() -> None:
    two, three = Subject("two", "", "", ""), Subject("three", "", "", "")
    findings = [ONE.unknown("cannot look: no"), two.unknown("cannot look: no", "x"), three.unknown("other"), two.stops("a", "b")]
    text = unstyle("\n".join(doctor.lines("mail1", found(findings))))
    assert text.count("cannot look: no") == 1
    assert "  unknown  one, two\n           cannot look: no" in text
    assert "  unknown  three\n           other" in text
    assert text.startswith("mail1   1 thing keeps mail from leaving, 3 not known")


def test_a_host_that_is_well_is_told_so() -> None:
    assert doctor.lines("mail1", found([ONE.fine("yes")])) == [
        "mail1   nothing keeps mail from leaving",
        "",
        "fine",
        "  one   yes",
    ]


def test_fix_takes_what_is_safe_and_an_administrators_file_only_by_its_key() -> None:
    mode, file = ONE.warns("x", "", MODE), Subject("two", "", "").warns("x", "", FILE)
    by_hand, well = ONE.stops("x", "by hand"), ONE.fine("y")
    findings = [mode, file, by_hand, well]
    assert chosen(findings, ALL, {"one", "two"}) == [mode]
    assert chosen(findings, "two", {"one", "two"}) == [file]
    assert chosen([well], "one", {"one", "two"}) == []
    with pytest.raises(UsageError, match="no check three"):
        chosen(findings, "three", {"one", "two"})
    assert [on_request(remedy) for remedy in (MODE, LINK, UNIT, FILE)] == [False, False, False, True]


def test_what_was_done_is_told() -> None:
    done = Fixed("one", str(LINK), {"target": None}, {"target": "/var/log/mail"})
    assert checks.fixed_lines([Mended.of(done)]) == ["done: make /var/log/maillog a link to /var/log/mail, in the ledger"]


def test_the_first_line_of_a_finding_fits_80_columns() -> None:
    assert [s.key for s in SUBJECTS if len(f"  inhibitor {s.key}   {s.title}") > 80] == []


def test_every_check_has_a_key_of_its_own_and_the_ten_reasons_are_all_there() -> None:
    assert len({subject.key for subject in SUBJECTS}) == len(SUBJECTS)
    reasons = {subject.source for subject in SUBJECTS if subject.source.startswith("guide 6.1 no. ")}
    assert reasons == {f"guide 6.1 no. {number}" for number in range(1, 11)}
