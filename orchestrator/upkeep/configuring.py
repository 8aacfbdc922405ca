"""Look at OpenEMM's configuration, change it, and set emm-master's password: checked, in one transaction, in the ledger."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pymysql

from orchestrator.errors import hide, scrub
from orchestrator.hosts.database import admin_password
from orchestrator.hosts.database.configuration import Configuration
from orchestrator.hosts.database.faults import LOST, errno_of
from orchestrator.runs.start import refuse_open_run
from state.ledger import EntryDraft
from workflows.model.errors import UsageError
from workflows.model.machine import ENDED, RunState
from workflows.model.parts import MIGRATE, VERIFY, part_of
from workflows.model.plans import Component
from workflows.model.values import Change, ConfigRow, is_secret
from workflows.model.version import Version
from workflows.rules import configuration as rules
from workflows.rules.configuration import Setting
from workflows.rules.password import ADMIN

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from orchestrator.settings import Settings
    from state.journal import RunRecord

HTTP_PORT = 80


@dataclass(frozen=True)
class Proposal:
    """What would be changed. restart: it takes effect only with a restart. notes: what to know of it."""

    changes: tuple[Change, ...]
    restart: bool = False
    notes: tuple[str, ...] = ()


def settings_seen(settings: Settings, pattern: str | None) -> tuple[str, list[Setting]]:
    """This host's name, and the settings its application sees whose key fits: a part of it, or with * and ? all of it."""
    configuration = Configuration(settings)
    host = configuration.hostname()
    seen = rules.effective(configuration.rows(), host)
    if not pattern:
        return host, seen
    wanted = pattern.lower() if set(pattern) & set("*?[") else f"*{pattern.lower()}*"
    return host, [one for one in seen if fnmatch.fnmatchcase(one.row.key.lower(), wanted)]


def propose_value(site: Site, key: str, value: str, *, host: str | None, force_key: bool) -> Proposal:
    """The change of one setting, for all hosts or for one.

    Raises:
        UsageError: "config-key-unknown", "config-value-placeholder", "config-value-malformed", "config-too-long".
        RefusedError: "mailloop-is-server".
    """
    configuration = Configuration(site.settings)
    rows = configuration.rows()
    if not force_key or any(row.key.lower() == key.lower() and row.key != key for row in rows):
        rules.require_known(key, rows)
    if is_secret(key, value):
        hide(value)
    table = rules.table_for(key, rows)
    rules.require_usable(key, value, table, host, _servers(configuration, rows))
    there = [row for row in rows if (row.key, row.table, row.host) == (key, table, host)]
    if there and all(row.value == value for row in there):
        return Proposal(())
    change = Change(table, key, there[0].value if there else None, value, host)
    notes = rules.caveats([key], _line(site))
    here = configuration.hostname()
    if host is None:
        notes += [
            f"{key}: host {row.host} has a value of its own, which wins there"
            for row in rows
            if row.key == key and row.table == table and row.host
        ]
    elif host != here:
        notes.append(f"{key}: this host is {here}; {host} is another")
    return Proposal((change,), rules.needs_restart(key), tuple(notes))


def propose_url(site: Site, url: str, *, mailloop: str | None, keep: Sequence[str]) -> Proposal:
    """The changes that make a URL the server's: the settings derived from it, and the domains of all companies (facts 8.2).

    Args:
        site: the site.
        url: protocol and host, perhaps a port.
        mailloop: the mailloop domain; None: the one that is set.
        keep: settings, and columns of company_tbl, that stay.

    Raises:
        UsageError: "config-value-malformed", "mailloop-missing", "config-key-unknown" for something else to keep.
        RefusedError: "mailloop-is-server".
    """
    configuration = Configuration(site.settings)
    rows, companies = configuration.rows(), configuration.companies()
    plain, server = rules.split_url(url)
    domain = mailloop or _mailloop_now(rows)
    if domain is None:
        raise UsageError(
            "no mailloop domain is set, and none can be derived: it must differ from the server's name (guide 5.4)",
            key="mailloop-missing", unharmed=["nothing was changed"],
            next=[f"orchestrate config url {url} --mailloop mailing.example.com    its MX record must point to this server"],
        )  # fmt: skip
    here = configuration.hostname()
    rules.require_mailloop(domain, {server, here})
    port = urlsplit(site.settings.http).port or HTTP_PORT
    wanted = rules.derived(plain, server, domain, port)
    if unknown := sorted(set(keep) - {*wanted, rules.RDIR, rules.MAILLOOP}):
        raise UsageError(
            f"{unknown[0]} does not follow from the URL, so it stays anyway",
            key="config-key-unknown", detail=sorted({*wanted, rules.RDIR, rules.MAILLOOP}),
        )  # fmt: skip
    changes = rules.differences(wanted, rows, companies, host=here, keep=keep)
    keys = {change.key for change in changes}
    notes = rules.caveats(keys, _line(site))
    notes += [
        f"{row.key}: host {row.host} has a value of its own, which wins there"
        for row in rows
        if row.key in wanted and row.host not in {None, here}
    ]
    return Proposal(tuple(changes), any(map(rules.needs_restart, keys)), tuple(notes))


def apply(site: Site, proposal: Proposal, *, reason: str | None) -> str | None:
    """Make the changes in one transaction. The ledger's entries are written just before its commit.

    So no change is ever without an entry; should the commit itself fail, an entry of its own says that, or that it is in doubt.
    A run that failed at the proof of a start may be waiting for just this change; any other open run forbids it.

    Returns:
        the id of such a run.

    Raises:
        RefusedError: "run-open", "configuration-changed"; nothing was changed.
        StateError: "run-in-progress".
    """
    with site.lease.acquire(None, "config"):
        refuse_open_run(site, unless=_failed_at_its_proof)
        recorded = Recorded(
            site, [EntryDraft("configuration-changed", "configuration", evidence=_told(c)) for c in proposal.changes], reason
        )
        with recorded:
            Configuration(site.settings).change(proposal.changes, before_commit=recorded.write)
        waiting = site.store.journal.open_run(site.key, {state.value for state in ENDED})
        return waiting.id if waiting else None


def set_password(site: Site, password: str, *, generated: bool, reason: str | None) -> None:
    """Give emm-master a password that must be changed at the next login; neither it nor its hash is kept anywhere of ours.

    Raises:
        RefusedError: "run-open", "admin-missing"; nothing was changed.
        SaltError: the salt cannot be used.
        StateError: "run-in-progress".
    """
    hide(password)
    with site.lease.acquire(None, "admin-password"):
        refuse_open_run(site)
        evidence = {"admin": ADMIN, "username": admin_password.username(site.settings), "generated": generated}
        recorded = Recorded(site, [EntryDraft("admin-password-set", "configuration", evidence=evidence)], reason)
        with recorded:
            admin_password.set_password(site.settings, password, before_commit=recorded.write)


class Recorded:
    """Entries written before a commit; when that fails nevertheless, one more says that nothing came of them, or may have."""

    def __init__(self, site: Site, drafts: Sequence[EntryDraft], reason: str | None) -> None:
        self._site = site
        self._drafts = drafts
        self._actor = {**site.actor, "reason": reason}
        self._seqs: list[int] = []

    def write(self) -> None:
        """Write them."""
        self._seqs = [entry.seq for entry in self._site.ledger.append(self._drafts, actor=self._actor)]

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is not None and self._seqs:
            what = "not-committed" if _refused(error) else "commit-in-doubt"
            draft = EntryDraft(what, "configuration", evidence={"entries": self._seqs})
            self._site.ledger.append([draft], actor=self._actor)


def _failed_at_its_proof(run: RunRecord) -> bool:
    """Its resume looks at the database anew, and what an abort puts back is a dump from before the start."""
    return run.state == RunState.FAILED and part_of(run.position or "") in (MIGRATE, VERIFY)


def _refused(error: BaseException) -> bool:
    """Whether the server said no; when the connection broke, or we were stopped, the commit may have taken effect."""
    cause = error.__cause__ or error
    return isinstance(cause, pymysql.err.MySQLError) and errno_of(cause) not in LOST


def _told(change: Change) -> Mapping[str, Any]:
    """What the ledger keeps of a change; of a secret no value."""
    place = {"table": change.table, "key": change.key, "host": change.host, "company": change.company}
    known = {name: value for name, value in place.items() if value is not None}
    if change.secret:
        return {**known, "secret": True}
    return {**known, "from": None if change.before is None else scrub(change.before), "to": scrub(change.after)}


def _servers(configuration: Configuration, rows: Sequence[ConfigRow]) -> set[str]:
    """The names of this server: of its host, and of its URL."""
    urls = [row.value for row in rows if row.key == "system.url" and row.value and rules.MARKER not in row.value]
    hosts = [urlsplit(url).hostname for url in urls]
    return {configuration.hostname(), os.uname().nodename, *(host for host in hosts if host)}


def _mailloop_now(rows: Sequence[ConfigRow]) -> str | None:
    values = [row.value for row in rows if row.key == rules.DEFAULT_MAILLOOP and row.host is None]
    return next((value for value in values if value and rules.MARKER not in value), None)


def _line(site: Site) -> str:
    """The release line of the active frontend; empty when it cannot be told."""
    version = site.host.home.active().get(Component.FRONTEND)
    return Version.parse(version).line if version else ""
