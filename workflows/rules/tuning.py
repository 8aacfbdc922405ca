"""What the guide suggests for the database server, held against what is set (guide 3.8, 8.3, 9.3, 9.4). No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MODES = ("STRICT_ALL_TABLES", "NO_AUTO_CREATE_USER", "NO_ENGINE_SUBSTITUTION")
POOL_SHARE, LOG_SHARE = 0.5, 0.25  # of the host's memory, and of the buffer pool (guide 9.4)
LARGEST_LOG = 256 << 20  # bytes (guide 9.4)
MIB, GIB = 1 << 20, 1 << 30
LEAST_PACKET = 10 * MIB  # guide 8.3
OVERHEAD = 1.2  # of a packet over the attachment in it; the guide says "a little bit higher"
DAY, WEEK = 86400, 604800
NEAR = 0.8  # of what is suggested: good enough
VARIABLES = (
    "innodb_buffer_pool_size", "innodb_log_file_size", "innodb_file_per_table", "max_allowed_packet", "wait_timeout",
    "character_set_server", "collation_server", "sql_mode", "lower_case_table_names",
)  # fmt: skip
INDEXES = {
    "custbind1$mldid_user_cuid$idx": ("mailinglist_id", "user_status", "customer_id"),
    "custbind1$user_mldid_cuid$idx": ("user_status", "user_type", "mailinglist_id", "customer_id"),
}


@dataclass(frozen=True)
class Finding:
    """A variable of the server. suggested: None when it is well as it is. line: for my.cnf, None when it is not to be set so."""

    name: str
    now: str
    suggested: str | None
    why: str
    source: str
    line: str | None = None


def judge(variables: Mapping[str, str], memory: int | None, attachment: int | None = None) -> list[Finding]:
    """Hold the variables against the guide.

    Args:
        variables: as the server tells them, by name; one that it does not have is left out.
        memory: bytes of the server's host; None: not known, and what depends on it is not judged.
        attachment: bytes of the largest attachment that OpenEMM takes, where it is set.
    """
    found = [_pool(variables, memory), _log(variables, memory), _packet(variables, attachment), _timeout(variables)]
    found += [
        _plain(
            variables, "innodb_file_per_table", ("1", "ON"), "each table in a file of its own, not all in ibdata1", "guide 9.4"
        ),
        _plain(variables, "character_set_server", ("utf8mb4",), "emojis", "guide 8.3"),
        _plain(variables, "collation_server", ("utf8mb4_unicode_ci",), "emojis", "guide 8.3"),
        _modes(variables),
        _lower_case(variables),
    ]
    return [one for one in found if one is not None]


def missing_indexes(tables: Mapping[str, Sequence[Sequence[str]]]) -> list[str]:
    """CREATE INDEX statements for the binding tables that lack the guide's two indexes (guide 9.3).

    tables: by name of a customer_N_binding_tbl, the columns of each of its indexes in order.
    """
    statements = []
    for table in sorted(tables, key=lambda name: (len(name), name)):
        number = table.split("_")[1]
        for name, columns in INDEXES.items():
            if not any(tuple(index[: len(columns)]) == columns for index in tables[table]):
                index = name.replace("custbind1", f"custbind{number}")
                statements.append(f"CREATE INDEX `{index}` ON `{table}` ({', '.join(columns)});")
    return statements


def told(size: int) -> str:
    """Bytes as my.cnf takes them: 512M, 8G; a number that is no whole M stays one."""
    if size >= GIB and size % GIB == 0:
        return f"{size // GIB}G"
    return f"{size // MIB}M" if size >= MIB and size % MIB == 0 else str(size)


def _pool(variables: Mapping[str, str], memory: int | None) -> Finding | None:
    name = "innodb_buffer_pool_size"
    if (now := _number(variables, name)) is None:
        return None
    source = "guide 9.4"
    if memory is None:
        return Finding(name, told(now), None, "half of the memory of the server's host, which is not this one", source)
    wanted = _wanted_pool(memory)
    if now > memory * POOL_SHARE:
        why = f"more than half of the {_gib(memory)} of this host: the application may get too little"
    elif now >= wanted * NEAR:
        return Finding(name, told(now), None, f"about half of the {_gib(memory)} of this host", source)
    else:
        why = f"half of the {_gib(memory)} of this host"
    return Finding(name, told(now), told(wanted), why, source, f"{name} = {told(wanted)}")


def _log(variables: Mapping[str, str], memory: int | None) -> Finding | None:
    name = "innodb_log_file_size"
    if (now := _number(variables, name)) is None:
        return None
    pool = _number(variables, "innodb_buffer_pool_size") if memory is None else _wanted_pool(memory)
    wanted = _whole(min(LARGEST_LOG, int((pool or 0) * LOG_SHARE)))
    why = "a quarter of the buffer pool, 256M at the most: recovery after a crash reads all of it"
    if wanted * NEAR <= now <= LARGEST_LOG:
        return Finding(name, told(now), None, why, "guide 9.4")
    return Finding(name, told(now), told(wanted), why, "guide 9.4", f"{name} = {told(wanted)}")


def _packet(variables: Mapping[str, str], attachment: int | None) -> Finding | None:
    name = "max_allowed_packet"
    if (now := _number(variables, name)) is None:
        return None
    needed = int(attachment * OVERHEAD) if attachment else 0
    wanted = max(LEAST_PACKET, -(-needed // MIB) * MIB)
    why = "attachments, and statements that fetch statistics"
    if attachment:
        why += f"; attachment.maxSize is {told(attachment)}"
    if now >= wanted:
        return Finding(name, told(now), None, why, "guide 8.3")
    return Finding(name, told(now), told(wanted), why, "guide 8.3", f"{name} = {told(wanted)}")


def _timeout(variables: Mapping[str, str]) -> Finding | None:
    name = "wait_timeout"
    if (now := _number(variables, name)) is None:
        return None
    why = "seconds after which an idle connection of OpenEMM is cut; a day at the least"
    if now >= DAY:
        return Finding(name, str(now), None, why, "guide 3.8")
    return Finding(name, str(now), str(WEEK), why, "guide 3.8", f"{name} = {WEEK}")


def _plain(variables: Mapping[str, str], name: str, good: Sequence[str], why: str, source: str) -> Finding | None:
    """The first of the good values is how my.cnf says it."""
    if name not in variables:
        return None
    now = variables[name]
    if now in good:
        return Finding(name, now, None, why, source)
    return Finding(name, now, good[0], why, source, f"{name} = {good[0]}")


def _modes(variables: Mapping[str, str]) -> Finding | None:
    name = "sql_mode"
    if name not in variables:
        return None
    now = frozenset(mode for mode in variables[name].split(",") if mode)
    shown = ",".join(sorted(now)) or "(none)"
    why = "these three modes and no other: else values are cut off silently"
    if now == frozenset(MODES):
        return Finding(name, shown, None, why, "guide 3.8")
    return Finding(name, shown, ",".join(MODES), why, "guide 3.8", f'sql-mode = "{",".join(MODES)}"')


def _lower_case(variables: Mapping[str, str]) -> Finding | None:
    """Never a line to copy: a server that has tables with upper-case names loses sight of them."""
    name = "lower_case_table_names"
    if name not in variables:
        return None
    now = variables[name]
    if now == "1":
        return Finding(name, now, None, "names of tables in lower case", "guide 3.8")
    why = "names of tables in lower case; on a server that has tables already, only by dump and restore"
    return Finding(name, now, "1", why, "guide 3.8")


def _wanted_pool(memory: int) -> int:
    return _whole(int(memory * POOL_SHARE))


def _whole(size: int) -> int:
    """Rounded down to whole GiB from 4 GiB on, else to whole 64 MiB, 16 MiB at the least."""
    unit = GIB if size >= 4 * GIB else 64 * MIB if size >= 64 * MIB else 16 * MIB
    return max(size // unit * unit, 16 * MIB)


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"


def _number(variables: Mapping[str, str], name: str) -> int | None:
    value = variables.get(name, "")
    return int(value) if value.isdecimal() else None
