"""OpenEMM's configuration in its database: which value wins, what may be set, and what follows from the server's URL. No I/O.

Facts 8.1, 8.2 and 17.3; guide 5.4, 8.2 and 9.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workflows.model.errors import RefusedError, UsageError
from workflows.model.values import Change, CompanyDomains, ConfigRow, is_secret

CONFIG, COMPANY_INFO, COMPANY = "config_tbl", "company_info_tbl", "company_tbl"
MARKER = "[to be defined]"
RDIR, MAILLOOP = "rdir_domain", "mailloop_domain"  # columns of company_tbl
DEFAULT_RDIR, DEFAULT_MAILLOOP = "system.defaultRdirDomain", "system.defaultMailloopDomain"

_COMPARES = "20.04"  # the line whose starts compare files and database (facts 17.3)
_CLASS, _NAME, _COMPANY_NAME, _HOST = 32, 64, 64, 100  # characters (facts 8.1)
_VALUE, _COMPANY_VALUE = 65535, 4000  # bytes of a TEXT, characters of a VARCHAR
_DOMAIN_LENGTH = {RDIR: 100, MAILLOOP: 200}

_URLS = ("system.url", "birt.url", "birt.url.intern", "birt.drilldownurl", "webservices.url", DEFAULT_RDIR)
_KNOWN = frozenset(
    {
        *_URLS, DEFAULT_MAILLOOP, "system.RdirLandingpage", "system.support_emergency_url", "system.licence", "system.mail.host",
        "system.salt.file", "system.wkhtmltopdf", "system.wkhtmltoimage", "hostauthentication.cookies.https.only",
        "birt.privatekey", "birt.publickey", "mailloop.actionbased_autoresponder_ui", "clean.mastercompany", "jobqueue.execute",
        "loginTracking.webui.maxFails", "loginTracking.webui.ipBlockTimeSeconds", "attachment.maxSize",
        *(f"mailaddress.{name}" for name in (
            "bounce", "error", "feature_support", "frontend", "replyto", "replyto.name", "report_archive", "sender",
            "sender.name", "support", "upload.database", "upload.support", "info.cleaner")),
        *(f"mailout.ini.{name}" for name in (
            "loglevel", "maildir", "default_encoding", "default_charset", "blocksize", "metadir", "xmlback", "account_logfile",
            "xmlvalidate", "domain", "boundary", "mail_log_number", "eol", "mailer", "directdir")),
    }
)  # fmt: skip
_KNOWN_OF_COMPANY = frozenset(
    {
        "maxadminmails", "maxfields", "expire.cookie", "expire.statistics", "expire.bounce", "expire.onepixel",
        "expire.recipient", "expire.upload", "expire.success", "targetgroups.migrateOnStartup",
        "recipient.binding_history.rebuild_trigger_on_startup",
    }
)  # fmt: skip
_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(?P<port>\d{1,5}))?")
_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?:\.(?!-)[A-Za-z0-9-]{1,63})+")


@dataclass(frozen=True)
class Setting:
    """What the application on one host sees of a key. row: the one that counts; others: further rows, of any host."""

    row: ConfigRow
    others: tuple[ConfigRow, ...] = ()

    @property
    def secret(self) -> bool:
        """Whether its value is never shown."""
        return is_secret(self.row.key, self.row.value) or any(is_secret(row.key, row.value) for row in self.others)


def effective(rows: Iterable[ConfigRow], host: str) -> list[Setting]:
    """By key, what the application on that host sees (facts 8.1, 8.2).

    A row of the host wins over one for all hosts, and company_info_tbl over config_tbl. A key with rows for other hosts only
    is there with the first of these.
    """
    by_key: dict[str, list[ConfigRow]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)

    def rank(row: ConfigRow) -> tuple[bool, bool, bool]:
        return (row.host not in {None, host}, row.table != COMPANY_INFO, row.host != host)

    ordered = {key: sorted(found, key=rank) for key, found in sorted(by_key.items())}
    return [Setting(found[0], tuple(found[1:])) for found in ordered.values()]


def table_for(key: str, rows: Sequence[ConfigRow]) -> str:
    """The table whose row counts: where the key is, else where it belongs."""
    if any(row.key == key and row.table == COMPANY_INFO for row in rows):
        return COMPANY_INFO
    if any(row.key == key for row in rows):
        return CONFIG
    return COMPANY_INFO if key in _KNOWN_OF_COMPANY or "." not in key else CONFIG


def require_known(key: str, rows: Sequence[ConfigRow]) -> None:
    """See that OpenEMM knows the key: it has a row, or facts and guide name it.

    Raises:
        UsageError: "config-key-unknown", with keys that look alike.
    """
    known = {row.key for row in rows} | _KNOWN | _KNOWN_OF_COMPANY
    if key in known:
        return
    last = key.rpartition(".")[2].lower()
    alike = sorted(one for one in known if one.lower() == key.lower() or last in one.lower())[:10]
    raise UsageError(
        f"no setting {key} is known",
        key="config-key-unknown", detail=[f"there is {one}" for one in alike], unharmed=["nothing was changed"],
        next=["orchestrate config show                  those that are set", "the same command with --force-key    sets it"],
    )  # fmt: skip


def require_usable(key: str, value: str, table: str, host: str | None, servers: Iterable[str]) -> None:
    """See that a value may be set.

    Args:
        key: the setting.
        value: what it is to be.
        table: the one that it is written to.
        host: the one that it is for; None for all.
        servers: names of this server, from which the mailloop domain must differ.

    Raises:
        UsageError: "config-value-placeholder", "config-value-malformed", "config-too-long".
    """
    if MARKER in value:
        raise UsageError(
            f"{key} cannot hold {MARKER!r}: OpenEMM marks with it what nobody has set, and its start-up then stores no value",
            key="config-value-placeholder", unharmed=["nothing was changed"],
        )  # fmt: skip
    if key == DEFAULT_MAILLOOP:
        require_mailloop(value, servers)
    elif key in _URLS and not value.lower().startswith(("http://", "https://")):
        raise malformed(f"{key} must begin with http:// or https://", f"https://{value.lstrip('/')}")
    elif key.startswith("mailaddress.") and not key.endswith(".name") and "@" not in value:
        raise malformed(f"{key} must be a mail address", "name@example.com")
    class_, _, name = key.partition(".")
    limits = [(host or "", _HOST, "the host name")]
    if table == CONFIG:
        limits += [(class_, _CLASS, f"the class {class_}"), (name, _NAME, f"the name {name}")]
    else:
        limits += [(key, _COMPANY_NAME, f"the name {key}"), (value, _COMPANY_VALUE, "the value")]
    too_long = [(what, limit) for text, limit, what in limits if len(text) > limit]
    if len(value.encode()) > _VALUE:
        too_long.append(("the value", _VALUE))
    if too_long:
        what, limit = too_long[0]
        raise UsageError(f"{what} is longer than the {limit} that {table} holds", key="config-too-long")
    if table == CONFIG and not (class_ and name):
        raise malformed(f"a setting of {CONFIG} is called class.name, and {key} is not", "system.url")


def split_url(url: str) -> tuple[str, str]:
    """The server's URL without a slash at its end, and its host part.

    Raises:
        UsageError: "config-value-malformed": no protocol, or more than protocol, host and port.
    """
    plain = url.strip().rstrip("/")
    match = _URL.fullmatch(plain)
    if match is None:
        example = plain if "://" in plain else f"https://{plain}"
        fit = _URL.match(example)
        raise malformed(
            f"{url!r} is not the URL of a server: a protocol, a host, and perhaps a port, nothing else",
            fit[0] if fit else "https://openemm.example.com",
        )
    if len(plain) > _DOMAIN_LENGTH[RDIR]:
        raise UsageError(f"{url!r} is longer than the {_DOMAIN_LENGTH[RDIR]} that {RDIR} holds", key="config-too-long")
    return plain, match["host"].lower()


def require_mailloop(domain: str, servers: Iterable[str]) -> None:
    """See that a domain may be the mailloop domain: no protocol, and not the name of the server (facts 8.1, guide 5.4).

    Raises:
        UsageError: "config-value-malformed".
        RefusedError: "mailloop-is-server".
    """
    if not _DOMAIN.fullmatch(domain) or len(domain) > _DOMAIN_LENGTH[MAILLOOP]:
        bare = re.sub(r"^\w+://", "", domain).split("/")[0]
        raise malformed(
            f"{domain!r} is not a mailloop domain: a domain without protocol, port and path",
            bare if _DOMAIN.fullmatch(bare) else "mailing.example.com",
        )
    if domain.lower() in {server.lower() for server in servers}:
        raise RefusedError(
            f"the mailloop domain cannot be {domain}, the name of the server: bounces would not be caught (guide 5.4)",
            key="mailloop-is-server", unharmed=["nothing was changed"],
            next=["the same command with another domain, one whose MX record points to this server"],
        )  # fmt: skip


def malformed(message: str, example: str) -> UsageError:
    """The error of a value that cannot be meant."""
    return UsageError(f"{message}; one looks like {example}", key="config-value-malformed", unharmed=["nothing was changed"])


def derived(url: str, host: str, mailloop: str, port: int) -> Mapping[str, str]:
    """The settings that follow from the server's URL (facts 8.2). port: of the application on this host."""
    return {
        "system.url": url,
        "birt.url": f"{url}/birt",
        "birt.url.intern": f"http://localhost:{port}/birt",
        DEFAULT_RDIR: url,
        "system.RdirLandingpage": "",
        "system.support_emergency_url": "",
        "webservices.url": f"{url}/2.0/",
        DEFAULT_MAILLOOP: mailloop,
        "mailout.ini.domain": host,
    }


def differences(
    wanted: Mapping[str, str], rows: Sequence[ConfigRow], companies: Iterable[CompanyDomains], *, host: str, keep: Iterable[str]
) -> list[Change]:
    """What must change so that these settings hold for all hosts, and that all companies have the two default domains.

    host: this one; where it has a value of its own, that is changed too, because it wins (facts 17.3 tells where such rows
    come from). keep: settings, and columns of company_tbl, that stay as they are.
    """
    kept = set(keep)
    changes = []
    for key, after in wanted.items():
        table = table_for(key, rows)
        for of in (None, host):
            there = [row for row in rows if (row.key, row.table, row.host) == (key, table, of)]
            missing = of is None and not there
            if key not in kept and (missing or any(row.value != after for row in there)):
                changes.append(Change(table, key, there[0].value if there else None, after, of))
    for company in companies:
        for column, before, after in (
            (RDIR, company.rdir, wanted[DEFAULT_RDIR]), (MAILLOOP, company.mailloop, wanted[DEFAULT_MAILLOOP]),
        ):  # fmt: skip
            if column not in kept and before != after:
                changes.append(Change(COMPANY, column, before, after, company=company.company))
    return changes


def is_known(key: str) -> bool:
    """Whether OpenEMM reads that setting from its database."""
    return key in _KNOWN or key in _KNOWN_OF_COMPANY


def needs_restart(key: str) -> bool:
    """Whether the application must be restarted; else it reads the value within five minutes (guide 8.2, 9.8)."""
    return key in {"birt.privatekey", "birt.publickey", "system.salt.file"}


def caveats(keys: Iterable[str], line: str) -> list[str]:
    """What to know of these keys on a release line ("20.04"); empty: the line is not known."""
    if not line or line > _COMPARES:
        return []
    compared, from_files = [], []
    for key in sorted(keys):
        if key.startswith("mailout.ini.") or key in {"birt.privatekey", "birt.publickey", "webservices.url"}:
            compared.append(key)
        elif line < _COMPARES and (key in _URLS or key.startswith(("mailaddress.", "system.wkhtml"))):
            from_files.append(key)
    notes = []
    if from_files:
        files = f"before {_COMPARES} the property files count, and its first start takes these values instead of theirs"
        notes.append(f"{files}: {', '.join(from_files)}")
    if compared:
        again = f"{_COMPARES} compares these with its files at every start, and a file that says otherwise wins on its host"
        notes.append(f"{again}: {', '.join(compared)}")
    return notes
