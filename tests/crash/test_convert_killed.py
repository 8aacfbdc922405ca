"""A conversion of tables is killed between and around its ALTERs and at commits of the journal, then resumed or taken back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.sandbox import host as sandbox
from tests.crash.bench import KILLED, Bench

pytestmark = [pytest.mark.crash, pytest.mark.timeout(1800)]
CONVERT = ("database", "check-format", "--convert", "--yes")
TABLES = ("config_tbl", "customer_1_tbl", "mailing_tbl")
STATEMENTS = (1, 2, 3, 6)  # before the first ALTER, behind it, before the second, behind the last
COMMITS, SEED = 1, 20260101


@pytest.fixture(scope="module")
def bench(open_folder: Path) -> Iterator[Bench]:
    made = Bench(open_folder / "convert")
    yield made
    made.stop()


def formats(bench: Bench) -> dict[str, str]:
    """The row formats of the tables, and whether all rows are there."""
    with sandbox.database(bench.host).connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT TABLE_NAME, ROW_FORMAT FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'openemm'")
        return {str(name): str(row_format) for name, row_format in cursor.fetchall() if name in TABLES}


def begin(bench: Bench) -> None:
    """The host as it was made, with Compact tables."""
    bench.reset()
    with sandbox.database(bench.host).connect() as connection, connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE openemm.{table} ROW_FORMAT=COMPACT")


def test_killed_anywhere_a_conversion_is_resumed_to_its_end_or_taken_back(bench: Bench) -> None:
    begin(bench)
    places = bench.places(*CONVERT)
    whole = bench.picture()
    assert set(formats(bench).values()) == {"Dynamic"}
    assert places.count("statement") == 2 * len(TABLES)
    points = [("statement", number) for number in STATEMENTS]
    points += [("commit", number) for number in random.Random(SEED).sample(range(1, places.count("commit") + 1), COMMITS)]
    for name, number in points:
        begin(bench)
        cut = bench.run(*CONVERT, expect=None, ORCHESTRATE_FAULT=f"{name}:{number}")
        assert cut.returncode == KILLED, (name, number, cut.stdout[-500:], cut.stderr[-500:])
        if bench.run_is_open():
            bench.run("resume")
        else:
            bench.run(*CONVERT)
        assert set(formats(bench).values()) == {"Dynamic"}, (name, number)
        assert bench.picture().database == whole.database, (name, number)


def test_killed_in_the_middle_and_aborted_the_tables_are_as_before(bench: Bench) -> None:
    begin(bench)
    before = bench.picture()
    assert bench.run(*CONVERT, expect=None, ORCHESTRATE_FAULT="statement:4").returncode == KILLED
    assert len(set(formats(bench).values())) == 2
    bench.run("abort", "--yes")
    assert set(formats(bench).values()) == {"Compact"}
    assert bench.picture().database == before.database
