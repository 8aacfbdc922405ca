"""The commands that go on from a start that is not proven: what works at that point, for each condition of the gate.

Which value will be in the database is decided by then, and no resume alone brings another: it is set there. What the code of a
release has done to the schema, a job that has failed for good, and reports that were passed over are taken back with the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from workflows.model.parts import BACKUP, CARRY
from workflows.model.plans import Hop
from workflows.model.step import Context
from workflows.rules.by_hand import as_owner
from workflows.rules.proof import Condition
from workflows.rules.site_values import MARKER, set_command, suggestion

CONFIG = "config:"
TAKEN_BACK = ("database-versions", "database-version-set", "startup-jobs", "reports")  # no start of this release mends them


def ways_on(ctx: Context, hop: Hop, missing: Sequence[Condition], *, late: bool) -> list[str]:
    """What to do next. late: the limit of time has passed, and nothing says that what is missing cannot come."""
    home, version = ctx.host.home_path, hop.target.version
    if late:
        return [
            "orchestrate resume    waits as long again",
            as_owner(home, f"{home}/bin/emm.sh stop", "before the resume, to have it start anew"),
            *_back(ctx, hop),
        ]
    settings = [one.key.removeprefix(CONFIG) for one in missing if one.key.startswith(CONFIG) and one.hopeless]
    if settings:
        ways = [*_settings(ctx, hop, settings), f"orchestrate resume    proves {version} again, once they are set"]
        return ways if len(settings) == len(missing) else [*ways, *_back(ctx, hop)]
    if any(condition.key in TAKEN_BACK and condition.hopeless for condition in missing):
        return _back(ctx, hop)
    return [
        f"tail -n 100 {home}/logs/catalina.out    what the start said",
        f"orchestrate resume    starts {version} again, once the cause is gone",
        *_back(ctx, hop),
    ]


def _back(ctx: Context, hop: Hop) -> list[str]:
    """Taking the run back; then it may be begun anew."""
    if ctx.facts_of(f"{hop.prefix}.{BACKUP}").get("backup"):
        return ["orchestrate abort    puts the restore point back; then the same command again, once the cause is gone"]
    return ["orchestrate abort    takes the run back"]


def _settings(ctx: Context, hop: Hop, keys: Sequence[str]) -> Iterator[str]:
    """Set each of these in the database, which is what the next release reads (facts 17.3)."""
    rows = ctx.host.database.config()
    expected: Mapping[str, str] = ctx.intent_of(f"{hop.prefix}.{CARRY}").get("values", {})
    for key in keys:
        hosts: list[str | None] = [host for host, value in rows.get(key, ()) if host and (not value or MARKER in value)]
        value = expected.get(key) or suggestion(key, expected)
        for host in hosts or [None]:
            remark = "as the site's files say" if key in expected else "or what it really is" if value else "what it really is"
            yield set_command(key, value, remark, host)
