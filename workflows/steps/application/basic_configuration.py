"""OpenEMM's basic configuration from one URL (guide 5.4, facts 8.2), and the key pair of its statistics (guide 9.8)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.host.server import OpenemmData
from workflows.model.answers import Verdict
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.model.values import Change, ConfigRow
from workflows.rules import configuration as rules
from workflows.rules.configuration import CONFIG, MARKER
from workflows.steps.setup import SetupStep

PREFIX, KEYS = "configuration.", "configuration.birt.keys"
PRIVATE, PUBLIC = "birt.privatekey", "birt.publickey"
HALVES = ("private", "public")
DRILLDOWN = "birt.drilldownurl"
ACTIVE = re.compile(r"system\..+\.IsActive")  # facts 8.2: whose jobs this host runs; later releases have another key
EMPTIED = ("system.RdirLandingpage", "system.support_emergency_url")  # of the vendor's own site in a new schema (facts 13.7)


@dataclass(frozen=True)
class BasicConfiguration(SetupStep):
    """Fills what nobody has set: everything in a schema that this run made. What somebody set otherwise is asked about."""

    part: ClassVar[str] = "configuration"
    label: ClassVar[str] = "basic configuration"
    guide: ClassVar[tuple[str, ...]] = ("5.4",)

    def look(self, host: Host) -> Sequence[Difference]:
        """By setting."""
        data = host.server.openemm
        if not data.there():
            return [Difference(f"{PREFIX}url", "the configuration of OpenEMM", None, f"that of {self.plan.answers.url}")]
        found = [
            Difference(
                _key(one), one.name, one.before or None, one.after, by_admin=self.plan.present and not _is_unset(one.before)
            )
            for one in self._changes(data)
        ]
        halves = self._keys(data)
        if len(halves) < len(HALVES):  # one half alone was put there by somebody
            now = f"only {halves[0]}" if halves else None
            found.append(Difference(KEYS, "the key pair of the statistics", now, "one of this host", by_admin=bool(halves)))
        return found

    def files(self, host: Host) -> Sequence[str]:
        """Both halves of the key pair."""
        del host
        return [self._pem(half) for half in HALVES]

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """The key pair's files first; then all rows in one transaction, so that a cut leaves them all or none.

        Raises:
            RefusedError: "configuration-changed", "mailloop-is-server".
        """
        data = host.server.openemm
        rules.require_mailloop(self.plan.answers.mailloop_domain, {self.plan.answers.name, data.hostname()})
        kept = {key for key, verdict in self.plan.answers.differences.items() if verdict is Verdict.KEEP}
        changes = [one for one in self._changes(data) if _key(one) not in kept]
        ctx.remember(rows=[*ctx.intent.get("rows", ()), *(asdict(one) for one in changes)])
        if KEYS in {difference.key for difference in differences}:
            changes += self._make_keys(ctx, host, data)
        data.change(changes)
        if unset := [row.key for row in data.rows() if row.value and MARKER in row.value]:
            ctx.note(
                "settings that nobody can derive from a URL are still to be set: orchestrate config set KEY VALUE", keys=unset
            )

    def take_back(self, ctx: Context, host: Host) -> None:
        """Each value that is still what this run wrote."""
        data = host.server.openemm
        if data.there():
            written = [Change(**row) for row in ctx.intent.get("rows", ())]
            before = ctx.intent.get("keys", {})
            keys = [Change(CONFIG, row.key, before[row.key], row.value or "") for row in data.rows() if row.key in before]
            data.take_back([*written, *keys])

    def evidence(self, host: Host) -> Facts:
        """What is still to be set by hand."""
        data = host.server.openemm
        rows = data.rows() if data.there() else ()
        return {"unset": sorted(row.key for row in rows if row.value and MARKER in row.value)}

    def _changes(self, data: OpenemmData) -> list[Change]:
        answers, host, rows = self.plan.answers, data.hostname(), data.rows()
        url, server = rules.split_url(answers.url)
        wanted = dict(rules.derived(url, server, answers.mailloop_domain, self.plan.http_port))
        if any(row.key == DRILLDOWN and _is_unset(row.value) for row in rows):
            wanted[DRILLDOWN] = f"{url}/birt"
        if self.plan.present:
            wanted = {key: value for key, value in wanted.items() if key not in EMPTIED}
        changes = rules.differences(wanted, rows, data.companies(), host=host, keep=())
        return [*changes, *self._active(rows, host)]

    def _active(self, rows: Sequence[ConfigRow], host: str) -> Iterator[Change]:
        """A row for this host, where the release has such rows and none of them is of a real host."""
        keys = [row.key for row in rows if ACTIVE.fullmatch(row.key)]
        if keys and all(MARKER in key for key in keys):
            yield Change(CONFIG, f"system.{host}.IsActive", None, "1")

    def _keys(self, data: OpenemmData) -> list[str]:
        """Those of the two that are set here."""
        here = data.hostname()
        there = {row.key for row in data.rows() if row.host in {None, here} and not _is_unset(row.value)}
        return sorted({PRIVATE, PUBLIC} & there)

    def _make_keys(self, ctx: Context, host: Host, data: OpenemmData) -> list[Change]:
        """The runtime brings a pair that everybody has; the table holds what is between the lines of the PEM file."""
        pair = self._present_keys(host)
        if pair is None:
            pair = data.make_key_pair()
            owner = f"{self.plan.user}:{self.plan.user}" if self.plan.user else None
            for half, pem in zip(HALVES, pair, strict=True):
                host.files.write(self._pem(half), pem, mode=0o600, owner=owner)
        found = {row.key: row.value for row in data.rows() if row.host is None}
        ctx.remember(keys={key: found.get(key) if _is_unset(found.get(key)) else None for key in (PRIVATE, PUBLIC)})
        texts = ("".join(line for line in pem.splitlines() if not line.startswith("-")) for pem in pair)
        return [Change(CONFIG, key, found.get(key), text) for key, text in zip((PRIVATE, PUBLIC), texts, strict=True)]

    def _present_keys(self, host: Host) -> tuple[str, str] | None:
        """Of an OpenEMM that has been here before this run: its own, when both halves are there."""
        private, public = (host.files.read(self._pem(half)) for half in HALVES)
        return (private, public) if self.plan.present and private and public else None

    def _pem(self, half: str) -> str:
        return f"{self.plan.home}/conf/keys/birt_{half}.pem"


def _key(change: Change) -> str:
    return PREFIX + change.name.replace(" ", "-")


def _is_unset(value: str | None) -> bool:
    return not value or MARKER in value
