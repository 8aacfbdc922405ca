"""Every line about a mail reaches the mail log, and OpenEMM can read it (guide 4.6, 4.7, for SLES 3.3; facts 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.host.files import KeptFile
from workflows.host.system import Family
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.rules.texts import journald, logrotate, rsyslog
from workflows.steps.machine import places
from workflows.steps.setup import SetupStep

JOURNALD = "/etc/systemd/journald.conf.d/90-openemm.conf"
RSYSLOG = "/etc/rsyslog.d/90-openemm.conf"
LOGROTATE = "/etc/logrotate.d/openemm-maillog"
MAILLOG = "/var/log/maillog"
SUSE_MODE = 0o640  # as the distribution delivers it
JOURNALD_UNIT, RSYSLOG_UNIT = "systemd-journald.service", "rsyslog.service"
RATE, RUNS, IMJOURNAL = "logging.journald", "logging.rsyslog", "logging.imjournal"
LINK, RULE, MODE, ROTATION = "logging.maillog-link", "logging.maillog", "logging.maillog-mode", "logging.logrotate"
PER = "messages in"
HANG_UP = ("/usr/bin/systemctl", "kill", "--signal=HUP", RSYSLOG_UNIT)


@dataclass(frozen=True)
class Logging(SetupStep):
    """Rate limits of journald and of rsyslog's imjournal; the mail log, its mode, and the mode it gets when rotated."""

    part: ClassVar[str] = "logging"
    guide: ClassVar[tuple[str, ...]] = ("3.3", "4.6", "4.7")

    def look(self, host: Host) -> Sequence[Difference]:
        """By the files, and by whether the services read them since."""
        return [*_journald(host), *_rsyslog(host), *_maillog(host), *_rotation(host)]

    def files(self, host: Host) -> Sequence[str]:
        """Our own, and those of others that load imjournal or rotate the mail log."""
        others = [path for path, text in _rsyslog_texts(host).items() if rsyslog.imjournal(text) is not None]
        others += [path for path, text in _logrotate_texts(host).items() if _log(host) in text]
        return [JOURNALD, RSYSLOG, LOGROTATE, *sorted(set(others) - {RSYSLOG, LOGROTATE})]

    def seen(self, host: Host) -> Facts:
        """The service, the link, the log."""
        state = host.units.state(RSYSLOG_UNIT)
        return {
            "folders": places.missing(host, [JOURNALD.rpartition("/")[0]]), "enabled": state.enabled, "active": state.active,
            "link": host.files.read_link(MAILLOG), "log": _log(host), "mode": host.files.mode(_log(host)),
        }  # fmt: skip

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """Write, each text shown to its owner before; then the services read it."""
        del ctx
        keys = {difference.key for difference in differences}
        if RATE in keys:
            host.files.write(JOURNALD, journald.drop_in(host.units.version(), f"{places.WRITTEN} (guide 4.6)."), mode=0o644)
            host.units.restart(JOURNALD_UNIT)
        if LINK in keys:
            host.files.write_link(MAILLOG, host.system.distribution().mail_log.rpartition("/")[2])
        log = _log(host)
        if MODE in keys and host.files.mode(log) is None:
            host.files.write(log, "", mode=0o644)
            keys.add(RUNS)  # for it to write there
        elif MODE in keys:
            host.files.set_mode(log, 0o644)
        if ROTATION in keys:
            _write_rotation(host, log)
        _change_rsyslog(host, keys)

    def take_back(self, ctx: Context, host: Host) -> None:
        """The services read what is there now. A mail log that was made goes when it is empty; lines are evidence."""
        was = ctx.intent
        places.remove(host, was["folders"])
        if was["link"] is None and host.files.read_link(MAILLOG):
            host.files.remove_link(MAILLOG)
        if was["mode"] is not None and host.files.mode(was["log"]) is not None:
            host.files.set_mode(was["log"], was["mode"])
        keys = {difference["key"] for difference in was["changed"]}
        if RATE in keys and host.units.available():
            host.units.restart(JOURNALD_UNIT)
        state = host.units.state(RSYSLOG_UNIT)
        if state.enabled and not was["enabled"]:
            host.units.disable(RSYSLOG_UNIT)
        if state.active and not was["active"]:
            host.units.stop(RSYSLOG_UNIT)
        elif state.active and keys - {RATE, ROTATION}:
            host.units.restart(RSYSLOG_UNIT)
        if was["mode"] is None and host.files.read(was["log"]) == "":
            host.register.restore([KeptFile(was["log"], None)])


# --- what differs -----------------------------------------------------------------------------------------------------


def _journald(host: Host) -> list[Difference]:
    if not host.units.available():
        return []
    interval, burst = journald.limit([host.files.read(path) or "" for path in _journald_files(host)])
    what, wanted = "journald's rate limit", f"{journald.BURST} {PER} {journald.INTERVAL_SECONDS}"
    if not journald.lets_through(interval, burst):
        said = interval is not None or burst is not None
        now = f"{burst or 'default'} {PER} {interval or 'default'}" if said else None
        return [Difference(RATE, what, now, wanted, by_admin=said)]
    if host.files.read(JOURNALD) is not None and host.units.stale(JOURNALD_UNIT, [JOURNALD]):
        return [Difference(RATE, what, "not read yet", wanted)]
    return []


def _rsyslog(host: Host) -> list[Difference]:
    texts = _rsyslog_texts(host)
    found = []
    limits = [(path, limit) for path, text in texts.items() if (limit := rsyslog.imjournal(text)) is not None]
    for path, limit in limits:
        if not limit.enough:
            now = f"{limit.burst or 'default'} {PER} {limit.interval or 'default'} s ({path})" if limit.said else None
            wanted = f"{rsyslog.BURST} {PER} {rsyslog.INTERVAL} s"
            found.append(Difference(IMJOURNAL, "rsyslog's rate limit", now, wanted, by_admin=limit.said))
    state = host.units.state(RSYSLOG_UNIT)
    ours = [path for path in (*(path for path, _ in limits), RSYSLOG) if path in texts]
    if host.units.available() and not (state.enabled and state.active):
        found.append(Difference(RUNS, "rsyslog", "stopped" if state.exists else None, "runs, and at boot"))
    elif host.units.stale(RSYSLOG_UNIT, ours):
        found.append(Difference(RUNS, "rsyslog", "runs with older settings", "runs"))
    return found


def _maillog(host: Host) -> list[Difference]:
    found = []
    written = any(rsyslog.logs_to(text, MAILLOG) for text in _rsyslog_texts(host).values())
    link = host.files.read_link(MAILLOG)
    if _is_suse(host) and not written:
        if link is None and host.files.mode(MAILLOG) is None:
            found.append(Difference(LINK, MAILLOG, None, f"leads to {host.system.distribution().mail_log}"))
    elif not written and link is None:
        found.append(Difference(RULE, "mail log", None, f"written to {MAILLOG}"))
    mode = host.files.mode(_log(host))
    if mode is None or mode & logrotate.READABLE != logrotate.READABLE:
        found.append(Difference(MODE, f"mode of {_log(host)}", None if mode is None else f"{mode:04o}", "0644"))
    return found


def _rotation(host: Host) -> list[Difference]:
    log = _log(host)
    what = f"rotation of {log}"
    for path, text in _logrotate_texts(host).items():
        block = logrotate.rotating(text, log)
        if block and block.readable:
            return []
        if block:
            delivered = _is_suse(host) and block.create == SUSE_MODE
            now = None if block.create is None else f"create {block.create:04o} ({path})"
            return [Difference(ROTATION, what, now, logrotate.CREATE, by_admin=block.create is not None and not delivered)]
    return [Difference(ROTATION, what, None, logrotate.CREATE)]


# --- changing it ------------------------------------------------------------------------------------------------------


def _write_rotation(host: Host, log: str) -> None:
    """In the block that rotates the log, in one of its own where that rotates others too, or where there is none."""
    made: Mapping[str, str] = {LOGROTATE: logrotate.own(log, HANG_UP)}
    for path, text in _logrotate_texts(host).items():
        if block := logrotate.rotating(text, log):
            if len(block.paths) == 1 or log not in block.paths:
                made = {path: logrotate.with_readable(text, block)}
            else:
                left, own = logrotate.moved(text, block, log, LOGROTATE)
                made = {path: left, LOGROTATE: f"{places.WRITTEN} (guide 4.7).\n{own}"}
            break
    for path, text in made.items():
        places.require_accepted(path, host.system.verify_logrotate(text))
    for path, text in made.items():
        host.files.write(path, text)


def _change_rsyslog(host: Host, keys: set[str]) -> None:
    made = {}
    if IMJOURNAL in keys:
        made = {path: rsyslog.with_imjournal(text) for path, text in _rsyslog_texts(host).items() if _too_little(text)}
    if RULE in keys:
        rule = f'mail.* action(type="omfile" file="{MAILLOG}" fileCreateMode="0644")'
        made[RSYSLOG] = f"{places.WRITTEN} (guide 4.7).\n{rule}\n"
    if made:
        places.require_accepted(", ".join(made), host.system.verify_rsyslog(made))
    for path, text in made.items():
        host.files.write(path, text)
    if RUNS in keys and not host.units.state(RSYSLOG_UNIT).enabled:
        host.units.enable(RSYSLOG_UNIT)
    if keys & {RUNS, IMJOURNAL, RULE, LINK} and host.units.available():
        host.units.restart(RSYSLOG_UNIT)


def _too_little(text: str) -> bool:
    limit = rsyslog.imjournal(text)
    return limit is not None and not limit.enough


# --- where it stands --------------------------------------------------------------------------------------------------


def _journald_files(host: Host) -> list[str]:
    folder = JOURNALD.rpartition("/")[0]
    return ["/etc/systemd/journald.conf", *_in(host, folder)]


def _rsyslog_texts(host: Host) -> dict[str, str]:
    paths = ["/etc/rsyslog.conf", *_in(host, RSYSLOG.rpartition("/")[0])]
    return {path: text for path in paths if (text := host.files.read(path)) is not None}


def _logrotate_texts(host: Host) -> dict[str, str]:
    folder = LOGROTATE.rpartition("/")[0]
    paths = ["/etc/logrotate.conf", *(f"{folder}/{name}" for name in host.files.listing(folder))]
    return {path: text for path in paths if (text := host.files.read(path)) is not None}


def _in(host: Host, folder: str) -> list[str]:
    return [f"{folder}/{name}" for name in host.files.listing(folder) if name.endswith(".conf")]


def _is_suse(host: Host) -> bool:
    return host.system.distribution().family is Family.SUSE


def _log(host: Host) -> str:
    """The file that mail is really logged to."""
    link = host.files.read_link(MAILLOG)
    if link:
        return link if link.startswith("/") else f"{MAILLOG.rpartition('/')[0]}/{link}"
    written = any(rsyslog.logs_to(text, MAILLOG) for text in _rsyslog_texts(host).values())
    return host.system.distribution().mail_log if _is_suse(host) and not written else MAILLOG
