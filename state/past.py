"""What the ledger had said up to a time: found by halves, never by reading all of it.

Times rise with seq except where the clock was set back, and each such place is an entry of its own (CLOCK_SET_BACK).
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from state.chain import Line
from state.schema import ledger

CLOCK_SET_BACK = "clock-set-back"
CHANGES = ("component-version", "drift-observed")  # the kinds that say which version is active from then on

_COLUMNS = tuple(ledger.c[name] for name in Line._fields)
_SITE = ledger.c.site == bindparam("b_site")
_KIND = ledger.c.kind == bindparam("b_kind")
_NUMBER = ledger.c.seq <= (1 << 63) - 1  # in SQLite text and bytes, which somebody put there, are more than any number
_LAST = select(ledger.c.seq).where(_SITE, _NUMBER).order_by(ledger.c.seq.desc()).limit(1)
_TIME = select(ledger.c.time).where(_SITE, ledger.c.seq == bindparam("b_seq"))
_BACKS = select(ledger.c.seq).where(_SITE, _KIND, _NUMBER).order_by(ledger.c.component, ledger.c.seq)
_NEXT_COMPONENT = (
    select(ledger.c.component)
    .where(_SITE, _KIND, ledger.c.component > bindparam("b_component"))
    .order_by(ledger.c.component)
    .limit(1)
)
_LAST_CHANGE = (
    select(*_COLUMNS)
    .where(_SITE, _KIND, ledger.c.component == bindparam("b_component"), ledger.c.seq <= bindparam("b_seq"))
    .order_by(ledger.c.seq.desc())
    .limit(1)
)


def changes_until(connection: Connection, site: str, time: str) -> dict[str, Line]:
    """By component, the entry that last said its version up to that time (as the store writes times)."""
    seq = last_until(connection, site, time)
    found: dict[str, Line] = {}
    for kind in CHANGES:
        values = {"b_site": site, "b_kind": kind, "b_seq": seq}
        name: str | None = ""
        while (name := connection.execute(_NEXT_COMPONENT, values | {"b_component": name}).scalar()) is not None:
            row = connection.execute(_LAST_CHANGE, values | {"b_component": name}).one_or_none()
            if row is not None and (name not in found or found[name].seq < row.seq):
                found[name] = Line(*row)
    return found


def last_until(connection: Connection, site: str, time: str) -> int:
    """The seq of the last entry written up to that time, as the host's clock said; 0 when there is none."""
    low: int
    end: int = int(connection.execute(_LAST, {"b_site": site}).scalar() or 0)
    backs = connection.execute(_BACKS, {"b_site": site, "b_kind": CLOCK_SET_BACK}).scalars().all()
    for begin in [*map(int, reversed(backs)), 1]:
        low, high = begin - 1, end  # what is up to low is not later, what is after high is
        while low < high:
            middle = (low + high + 1) // 2
            found = connection.execute(_TIME, {"b_site": site, "b_seq": middle}).scalar()
            low, high = (middle, high) if type(found) is str and found <= time else (low, middle - 1)
        if low >= begin:
            return low
        end = begin - 1
    return 0
