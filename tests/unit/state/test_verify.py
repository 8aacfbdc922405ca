"""Every kind of tampering has a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.chain import NOTHING, UNKNOWN, Head, Line
from state.texts import text_time
from state.verify import Chain, Problem, Verdict, verify

SITE, MACHINE, SITE_ID = "prod", "b642b4217b34b1e8d3bd915fc65c4452", "2f1c8e7a-8a55-4f0e-9d6b-3c1f5d1a9e70"
TIME = "2026-03-01T22:15:04.000125Z"


def sealed(line: Line, seq: int, prev: str) -> Line:
    """The line at that place with a hash that fits."""
    line = line._replace(seq=seq, prev=prev)
    return line._replace(hash=line.digest())


def draft(number: int) -> Line:
    if number == 1:
        kind, run, component = "genesis", None, None
        evidence = f'{{"machine_id":"{MACHINE}","site_id":"{SITE_ID}"}}'
    else:
        kind, run, component, evidence = "component-version", "7K3Q", "frontend", f'{{"number":{number}}}'
    return Line(SITE, number, TIME, "boot", '{"uid":0}', run, kind, component, "20.04", "20.10", evidence, NOTHING, "")


def chain(length: int) -> list[Line]:
    lines: list[Line] = []
    for number in range(1, length + 1):
        lines.append(sealed(draft(number), number, lines[-1].hash if lines else NOTHING))
    return lines


def renumbered(lines: list[Line]) -> list[Line]:
    return [line._replace(seq=seq) for seq, line in enumerate(lines, 1)]


def verdict(lines: list[Line], checkpoint: Head | None = None, machine: str = MACHINE, site_id: str = SITE_ID) -> Verdict:
    return verify(Chain(lambda: iter(lines), SITE, machine, site_id), checkpoint)


def test_an_untouched_chain_is_good_to_its_head() -> None:
    lines = chain(5)
    assert verdict(lines) == Verdict(5, Head(5, lines[-1].hash, text_time(TIME)), None)


def test_an_empty_chain_is_good() -> None:
    assert verdict([]) == Verdict(0, None, None)


@pytest.mark.parametrize("at", range(1, 6))
def test_a_changed_entry_is_named(at: int) -> None:
    lines = chain(5)
    lines[at - 1] = lines[at - 1]._replace(to_version="20.11")
    assert verdict(lines).problem == Problem(at, "changed")


@pytest.mark.parametrize("at", range(1, 5))
def test_a_changed_entry_whose_hash_was_made_to_fit_is_found_at_its_successor(at: int) -> None:
    lines = chain(5)
    lines[at - 1] = sealed(lines[at - 1]._replace(boot_id="other"), at, lines[at - 1].prev)
    assert verdict(lines).problem == Problem(at + 1, "changed")


@pytest.mark.parametrize("at", range(1, 5))
def test_a_removed_entry_leaves_a_gap(at: int) -> None:
    lines = chain(5)
    del lines[at - 1]
    assert verdict(lines).problem == Problem(at, "removed")


@pytest.mark.parametrize("at", range(1, 5))
def test_a_removed_entry_is_named_also_when_the_rest_was_renumbered(at: int) -> None:
    lines = chain(5)
    del lines[at - 1]
    assert verdict(renumbered(lines)).problem == Problem(at, "removed")


@pytest.mark.parametrize("at", range(2, 6))
def test_an_inserted_entry_is_named(at: int) -> None:
    lines = chain(5)
    lines.insert(at - 1, draft(9)._replace(prev=lines[at - 2].hash, hash="0" * 64))
    assert verdict(renumbered(lines)).problem == Problem(at, "inserted")


@pytest.mark.parametrize("at", range(2, 6))
def test_an_inserted_entry_whose_hash_fits_is_named(at: int) -> None:
    lines = chain(5)
    lines.insert(at - 1, sealed(draft(9), at, lines[at - 2].hash))
    assert verdict(renumbered(lines)).problem == Problem(at, "inserted")


def test_an_entry_whose_number_is_none_is_inserted() -> None:
    assert verdict([*chain(2), draft(3)._replace(seq="three")]).problem == Problem(3, "inserted")


def test_an_entry_before_the_first_is_inserted() -> None:
    assert verdict([sealed(draft(9), 0, NOTHING), *chain(3)]).problem == Problem(1, "inserted")


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 3), (2, 5), (1, 5), (4, 5)])
def test_swapped_entries_are_reordered(one: int, other: int) -> None:
    lines = chain(5)
    lines[one - 1], lines[other - 1] = lines[other - 1], lines[one - 1]
    assert verdict(renumbered(lines)).problem == Problem(one, "reordered")


def test_a_truncated_end_shows_against_a_checkpoint_and_only_there() -> None:
    lines = chain(5)
    checkpoint = verdict(lines).head
    assert verdict(lines[:3]).problem is None
    assert verdict(lines[:3], checkpoint).problem == Problem(4, "truncated")
    assert verdict([], checkpoint).problem == Problem(1, "truncated")


def test_a_chain_that_went_on_after_the_checkpoint_is_good() -> None:
    lines = chain(5)
    assert verdict(lines, verdict(lines[:3]).head).problem is None


def test_a_chain_written_anew_shows_against_a_checkpoint() -> None:
    lines = chain(5)
    forged: list[Line] = []
    for number, line in enumerate(lines, 1):
        forged.append(sealed(line._replace(boot_id="forged"), number, forged[-1].hash if forged else NOTHING))
    assert verdict(forged).problem is None
    assert verdict(forged, verdict(lines).head).problem == Problem(5, "changed")


@pytest.mark.parametrize("other", [{"machine": "f" * 32}, {"site_id": "another"}])
def test_a_chain_of_another_host_or_site_is_foreign(other: dict[str, str]) -> None:
    assert verdict(chain(2), **other).problem == Problem(1, "foreign-genesis")


def test_a_chain_that_does_not_begin_with_a_genesis_is_foreign() -> None:
    assert verdict([sealed(draft(2), 1, NOTHING)]).problem == Problem(1, "foreign-genesis")


def test_an_unknown_machine_id_is_not_held_against_the_chain() -> None:
    assert verdict(chain(2), machine=UNKNOWN).problem is None


def test_a_clock_that_jumped_back_is_no_problem() -> None:
    lines = chain(2)
    lines.append(sealed(draft(3)._replace(time="2020-01-01T00:00:00.000000Z"), 3, lines[-1].hash))
    assert verdict(lines).problem is None


def test_text_moved_from_one_column_to_the_next_is_found() -> None:
    lines = chain(1)
    honest = sealed(draft(2)._replace(evidence='{"a":1,"from":"x"}'), 2, lines[0].hash)
    moved = honest._replace(evidence='{"a":1', from_version="x")
    assert verdict([*lines, moved]).problem == Problem(2, "changed")


def test_bytes_where_text_was_are_found() -> None:
    lines = chain(3)
    lines[1] = lines[1]._replace(kind=b"component-version")
    assert verdict(lines).problem == Problem(2, "changed")


@given(data=st.data())
def test_any_byte_of_any_field_that_is_flipped_is_found(data: st.DataObject) -> None:
    lines = chain(4)
    at = data.draw(st.integers(0, 3))
    name = data.draw(st.sampled_from([name for name in Line._fields if isinstance(getattr(lines[at], name), str)]))
    raw = bytearray(getattr(lines[at], name).encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    lines[at] = lines[at]._replace(**{name: raw.decode(errors="surrogateescape")})
    assert verdict(lines).problem is not None
