"""What an admin set in the property files of a web application, and how it comes into the next one (facts 1.4, 8.3, 17.3).

The 20.04 start moves these values into the database once, from the NEW folder's files, and its shipped defaults would be
stored for good: so they are carried before that start. Later applications read the database only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from orchestrator.files import Owner, write_atomic
from orchestrator.hosts import properties
from workflows.version import Version

EMM = "WEB-INF/classes/emm.properties"
WEBSERVICES = "WEB-INF/classes/emm-ws.properties"
WEB_XML = "WEB-INF/web.xml"
WSDL = "wsdlLocationUri"
MARKER = "[to be defined]"
LAST_WITH_VALUES = "20.04"
MAILGUN, MAILOUT = "mailgun.ini.", "mailout.ini."
KEYS = (
    "system.url", "birt.url", "birt.url.intern", "birt.drilldownurl", "system.wkhtmltoimage", "system.wkhtmltopdf",
    "hostauthentication.cookies.https.only", "system.mail.host",
)  # fmt: skip
PREFIXES = ("mailaddress.", MAILGUN)
RENAMED = {"wkhtmltopdf": "system.wkhtmltopdf", "wkhtmltoimage": "system.wkhtmltoimage"}  # 19.10 -> 20.04 (17.3)
_PLACEHOLDER = re.compile(r"@[\w.-]+@|\$\{(?!home\})[^}]*\}")
_TIMEOUT = re.compile(rb"<!--.*?-->|(<session-timeout>\s*)(-?\d+)(\s*</session-timeout>)", re.DOTALL)


def is_real(value: str) -> bool:
    """Whether a value was set by somebody: not empty, no "[to be defined]", no placeholder of the build but ${home}.

    A mail address holds one @, so a placeholder is a word between two.
    """
    return bool(value.strip()) and MARKER not in value and not _PLACEHOLDER.search(value)


def read(path: Path) -> dict[str, str]:
    """A property file; empty where there is none."""
    return properties.parse(path.read_bytes()) if path.is_file() else {}


def application_version(folder: Path) -> str | None:
    """ApplicationVersion of a web application folder (facts 1.2); None when its file or the key is missing."""
    return read(folder / EMM).get("ApplicationVersion")


def emm_values(folder: Path) -> dict[str, str]:
    """The real values of emm.properties that the start-up migration reads, under the names 20.04 gives them there."""
    found = {key: value for key, value in read(folder / EMM).items() if is_real(value)}
    values = {new: found[old] for old, new in RENAMED.items() if old in found}
    values.update((key, value) for key, value in found.items() if key in KEYS or key.startswith(PREFIXES))
    return values


def wsdl_value(*folders: Path | None) -> str | None:
    """The real wsdlLocationUri of the first of these folders that has one."""
    for folder in folders:
        value = read(folder / WEBSERVICES).get(WSDL, "") if folder else ""
        if is_real(value):
            return value
    return None


def as_config(home: Path, frontend: Path, webservices: Path | None) -> dict[str, str]:
    """What config_tbl will hold of the site's values after the 20.04 start: "class.name" -> value.

    Settings of the mail generator stand in emm.properties or in the home's etc/mailgun.ini; the former win. Paths below the
    home are told as ${home}/..., as the application stores them (facts 8.2).
    """
    mailgun = {key: value for key, value in read(home / "etc/mailgun.ini").items() if key.startswith(MAILGUN) and is_real(value)}
    values = {**mailgun, **emm_values(frontend)}
    wsdl = wsdl_value(webservices, frontend)
    if wsdl is not None:
        values["webservices.url"] = wsdl
    named = {MAILOUT + key.removeprefix(MAILGUN) if key.startswith(MAILGUN) else key: value for key, value in values.items()}
    return {key: _below_home(home, value) for key, value in sorted(named.items())}


def _below_home(home: Path, value: str) -> str:
    for root in (str(home), str(home.resolve())):
        if value == root or value.startswith(root + "/"):
            return "${home}" + value[len(root) :]
    return value


def carry_emm(source: Path, target: Path) -> Path | None:
    """Merge the site's values into the new emm.properties; the file, or None when it takes none.

    It takes values when it knows such keys already, or its version is of 20.04 or an older line: from 20.10 on it holds only
    version, type and build lines, and the database has the values (facts 17.3).
    """
    file = target / EMM
    if not file.is_file() or not _takes_values(target):
        return None
    _merge(file, emm_values(source))
    return file


def carry_webservices(value: str | None, target: Path, owner: Owner | None) -> Path | None:
    """Set wsdlLocationUri in the target's emm-ws.properties, made when it is missing; None when there is nothing to set.

    The migration stores webservices.url only when the file lies in the GUI's own folder (facts 17.2).
    """
    file = target / WEBSERVICES
    if value is None or not (WSDL in read(file) or _is_old(target)):
        return None
    if file.is_file():
        _merge(file, {WSDL: value})
    else:
        write_atomic(file, properties.merge(b"", {WSDL: value}), owner=owner)
    return file


def carry_timeout(source: Path, target: Path) -> Path | None:
    """Bring the number of <session-timeout> into the new web.xml; None when one of them has none (facts 1.4)."""
    old, new = source / WEB_XML, target / WEB_XML
    if not old.is_file() or not new.is_file():
        return None
    site, shipped = _timeout(old.read_bytes()), _timeout(new.read_bytes())
    if site is None or shipped is None:
        return None
    content = new.read_bytes()
    merged = content[: shipped.start(2)] + site[2] + content[shipped.end(2) :]
    if merged != content:
        write_atomic(new, merged)
    return new


def _timeout(content: bytes) -> re.Match[bytes] | None:
    """The first session-timeout outside a comment."""
    return next((match for match in _TIMEOUT.finditer(content) if match[2] is not None), None)


def _takes_values(folder: Path) -> bool:
    present = read(folder / EMM)
    knows = any(key in KEYS or key in RENAMED or key.startswith(PREFIXES) for key in present)
    return knows or _is_old(folder)


def _is_old(folder: Path) -> bool:
    version = application_version(folder)
    return version is not None and Version.parse(version).line <= LAST_WITH_VALUES


def _merge(file: Path, values: Mapping[str, str]) -> None:
    content = file.read_bytes()
    merged = properties.merge(content, values)
    if merged != content:
        write_atomic(file, merged)
