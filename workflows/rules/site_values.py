"""What of a site's property files is its own, and what of it a line's first start moves into the database. No I/O.

Facts 8.3, 17.3 and 24.2: a first start moves exactly the keys that the catalogue names, and stores whatever the file of the new
release says, once and for good. So the site's own values are carried into that file before; what is no value (a marker, nothing)
is found before anything is stopped; and what moves nowhere is told instead of being waited for.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflows.model.values import PropertyFiles, SiteValues

if TYPE_CHECKING:
    from workflows.host import Host
    from workflows.model.plans import LineRules

MARKER = "[to be defined]"
WSDL, WEBSERVICES_URL = "wsdlLocationUri", "webservices.url"  # of emm-ws.properties -> of config_tbl (facts 17.2)
MAILGUN, MAILADDRESS, MAILOUT = "mailgun.ini.", "mailaddress.", "mailout.ini."
EMM_FILE, DATABASE = "emm.properties", "config_tbl"
_IDENTITY = re.compile(r"Application\w+|build\w+|(live|beta|legacy)\.version")  # of the release, never the site's
_PLACEHOLDER = re.compile(r"@[\w.-]+@|\$\{(?!home\})[^}]*\}")

Rows = Mapping[str, Sequence[tuple[str | None, str | None]]]


@dataclass(frozen=True)
class Unset:
    """A setting that cannot migrate. where: the file or table that has `value` and no real one. host: of a host's own row."""

    key: str
    where: str
    value: str
    host: str | None = None

    @property
    def said(self) -> str:
        """How people are told it."""
        of = f" for host {word(self.host)}" if self.host else ""
        return f"{self.key} is {repr(self.value) if self.value else 'empty'} in {self.where}{of}"


def is_real(value: str) -> bool:
    """Whether a value was set by somebody: not empty, no "[to be defined]", no placeholder of the build but ${home}.

    A mail address holds one @, so a placeholder is a word between two.
    """
    return bool(value.strip()) and MARKER not in value and not _PLACEHOLDER.search(value)


def read_values(host: Host, gui: str, webservices: str | None, rules: LineRules) -> SiteValues:
    """The site's own values in the files of the release in these folders, as a line with these rules takes them over."""
    files = host.home.property_files(gui, webservices)
    return judge(files, host.releases.shipped(files.version), rules)


def judge(files: PropertyFiles, shipped: PropertyFiles | None, rules: LineRules) -> SiteValues:
    """What of these files is the site's own, held against the files as they were shipped.

    rules: of the line that takes them over; one that moves nothing reads such a file itself.
    """
    moves = rules.moves
    fallback = moves.shipped if moves else {}
    known = shipped.emm if shipped else fallback
    own = {key: value for key, value in files.emm.items() if _is_own(key, value, known)}
    known_services = shipped.webservices if shipped else {}
    services = {key: value for key, value in files.webservices.items() if is_real(value) and known_services.get(key) != value}
    if moves is None:
        return SiteValues(emm=own, webservices=services, compared=shipped is not None)
    # a key that changed its name is carried as it is: the new release does not ship its value under the new one
    older = not files.version.startswith(f"{rules.line}.")
    renamed = {new: files.emm[old] for old, new in moves.renamed.items() if older and is_real(files.emm.get(old, ""))}
    emm = renamed | {key: value for key, value in own.items() if key in moves.keys}
    config = {moves.keys[key]: _below_home(files.homes, value) for key, value in emm.items()}
    if WSDL in services:
        config[WEBSERVICES_URL] = services[WSDL]
    moved = {*moves.keys, *moves.renamed}
    gone = [key for key in own if key not in moved and (shipped is not None or key.startswith((MAILADDRESS, MAILGUN)))]
    gone += [key for key in services if key != WSDL and shipped is not None]
    said = {config_key: files.emm.get(key, "") for key, config_key in moves.keys.items() if config_key not in config}
    return SiteValues(
        config=dict(sorted(config.items())),
        emm=dict(sorted(emm.items())),
        webservices=dict(sorted(services.items())),
        lost=tuple(sorted(key if key.isprintable() else ascii(key) for key in gone)),
        as_shipped=tuple(sorted(key for key, value in said.items() if is_real(value))),
        no_value={key: value for key, value in sorted(said.items()) if not is_real(value)},
        compared=shipped is not None,
    )


def moved(values: Mapping[str, str], rules: LineRules) -> Mapping[str, str]:
    """Of these values of config_tbl those that the line's first start stores: a run of version 0.1.0 waited for others, too."""
    if rules.moves is None:
        return values
    stored = {*rules.moves.keys.values(), WEBSERVICES_URL}
    return {key: value for key, value in values.items() if key in stored}


def together(started: SiteValues, older: SiteValues) -> SiteValues:
    """The site's values in the files that are started, and of an older release what these do not have.

    Where the former could not be held against the files as shipped, what looks like the site's may be the release's: then the
    latter win.
    """
    one, other = (older, started) if started.compared else (started, older)  # the second wins
    config = {**one.config, **other.config}
    return SiteValues(
        config=dict(sorted(config.items())),
        emm={**one.emm, **other.emm},
        webservices={**one.webservices, **other.webservices},
        lost=tuple(sorted({*started.lost, *older.lost})),
        as_shipped=tuple(key for key in started.as_shipped if key not in config),
        no_value={key: value for key, value in started.no_value.items() if key not in config},
        compared=started.compared and older.compared,
    )


def unset(values: SiteValues, rows: Rows, rules: LineRules) -> list[Unset]:
    """What would keep the gate behind the first start shut for good: settings without a value anywhere (facts 17.3, 24.2).

    A real value in the database counts, whatever the file says. A row that is no value is mended with the site's own where
    there is one (`CarryValues`).
    """
    moves = rules.moves
    if moves is None:
        return []
    found = []
    for key in sorted({*moves.keys.values(), WEBSERVICES_URL}):
        judged = key in rules.config_keys
        there = [(host, value or "") for host, value in rows.get(key, ())]
        bad = [(host or None, value) for host, value in there if MARKER in value or (judged and not value)]
        found += [Unset(key, DATABASE, value, host) for host, value in bad if host]
        if key in values.config or any(value and MARKER not in value for host, value in there if not host):
            continue
        general = [value for host, value in bad if not host]
        if key.startswith(MAILOUT):
            general = [value for value in general if value not in {"", MARKER}]  # such a row is overwritten by the start
        if general:
            found.append(Unset(key, DATABASE, general[0]))
        elif key in moves.needed and key in values.no_value:
            found.append(Unset(key, EMM_FILE, values.no_value[key]))
    return found


def kept_by(lost: Collection[str], rows: Rows) -> list[str]:
    """Those of these keys that the database holds, too: what stands there stays."""
    return [key for key in lost if any(is_real(value or "") for _, value in rows.get(key, ()))]


def command(found: Unset, values: SiteValues, rows: Rows) -> str:
    """The command that gives it a value: in the database, which wins over every file (facts 17.3)."""
    known = {**real_rows(rows), **values.config}
    value = suggestion(found.key, known)
    return set_command(found.key, value, "what it really is" if value is None else "or what it really is", found.host)


def set_command(key: str, value: str | None, remark: str, host: str | None = None) -> str:
    """The command that sets it in the database, for all hosts or for one."""
    of = f" --host {shlex.quote(host)}" if host else ""
    return f"orchestrate config set {key} {word(value)}{of}    {remark}"


def word(value: str | None) -> str:
    """A value as a word of a command; VALUE where there is none that can be shown: a file may hold what moves a terminal."""
    return shlex.quote(value) if value and value.isprintable() else "VALUE"


def suggestion(key: str, known: Mapping[str, str]) -> str | None:
    """What the other settings say that it should be (facts 8.2); None when they say nothing."""
    url = known.get("system.url", "").rstrip("/")
    derived = {"birt.url": f"{url}/birt", "birt.drilldownurl": url, WEBSERVICES_URL: f"{url}/2.0/"}
    if key in derived and url:
        return derived[key]
    if key.startswith(MAILADDRESS):
        addresses = [one for one in known if one.startswith(MAILADDRESS) and "@" in known[one]]
        return known[min(addresses, key=_sender_first)] if addresses else None
    return None


def real_rows(rows: Rows) -> dict[str, str]:
    """By key, the real value that the database holds for all hosts."""
    return {key: value for key, found in rows.items() for host, value in found if value and is_real(value) and not host}


def _is_own(key: str, value: str, known: Mapping[str, str]) -> bool:
    return is_real(value) and known.get(key) != value and not _IDENTITY.fullmatch(key)


def _below_home(homes: Sequence[str], value: str) -> str:
    """Paths below the home as the application stores them (facts 8.2)."""
    for root in homes:
        if value == root or value.startswith(root + "/"):
            return "${home}" + value[len(root) :]
    return value


def _sender_first(key: str) -> tuple[bool, str]:
    return (key != "mailaddress.sender", key)
