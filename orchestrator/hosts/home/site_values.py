"""The property files of a web application: read, and given the site's values (facts 1.4, 8.3, 17.3).

The 20.04 start moves these values into the database once, from the NEW folder's files, and its shipped defaults would be
stored for good: so they are carried before that start. Later applications read the database only. What of them is the site's
is judged in workflows/rules/site_values.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from orchestrator import properties
from orchestrator.files import Owner, read_small, write_atomic
from workflows.model.values import PropertyFiles
from workflows.model.version import Version
from workflows.rules.site_values import WSDL, is_real

EMM = "WEB-INF/classes/emm.properties"
WEBSERVICES = "WEB-INF/classes/emm-ws.properties"
WEB_XML = "WEB-INF/web.xml"
LAST_WITH_VALUES = "20.04"
_END = b"</web-app>"
_TIMEOUT = re.compile(rb"<!--.*?-->|(<session-timeout>\s*)(-?\d+)(\s*</session-timeout>)", re.DOTALL)


def read(path: Path) -> dict[str, str]:
    """A property file; empty where there is none."""
    return properties.parse(read_small(path)) if path.is_file() else {}


def application_version(folder: Path) -> str | None:
    """ApplicationVersion of a web application folder (facts 1.2); None when its file or the key is missing."""
    return read(folder / EMM).get("ApplicationVersion")


def property_files(home: Path, gui: Path, webservices: Path | None) -> PropertyFiles:
    """What the files of a release say. The address in the GUI's own emm-ws.properties counts where the web services have none."""
    services, inner = read(webservices / WEBSERVICES) if webservices else {}, read(gui / WEBSERVICES)
    if not is_real(services.get(WSDL, "")) and is_real(inner.get(WSDL, "")):
        services = {**services, WSDL: inner[WSDL]}
    emm = read(gui / EMM)
    return PropertyFiles(emm.get("ApplicationVersion", ""), emm, services, tuple({str(home): 0, str(home.resolve()): 0}))


def carry_emm(values: Mapping[str, str], target: Path) -> Path | None:
    """Merge values into the new emm.properties; the file, or None when it takes none.

    From 20.10 on it holds only version, type and build lines, and the database has the values (facts 17.3).
    """
    file = target / EMM
    if not file.is_file() or not _is_old(target):
        return None
    _merge(file, values)
    return file


def carry_webservices(values: Mapping[str, str], target: Path, owner: Owner | None) -> Path | None:
    """Merge values into the target's emm-ws.properties, made when it is missing; None when there is nothing to set.

    The migration stores webservices.url only when the file lies in the GUI's own folder (facts 17.2).
    """
    file = target / WEBSERVICES
    if not values or not _is_old(target):
        return None
    if file.is_file():
        _merge(file, values)
    else:
        write_atomic(file, properties.merge(b"", values), owner=owner)
    return file


def carry_timeout(source: Path, target: Path) -> Path | None:
    """Bring the number of <session-timeout> into the new web.xml; None when the old one has none (facts 1.4).

    The vendor's has none (facts 24.2): then the whole element comes in, before the end.
    """
    old, new = source / WEB_XML, target / WEB_XML
    if not old.is_file() or not new.is_file():
        return None
    content = read_small(new)
    site, shipped = _timeout(read_small(old)), _timeout(content)
    end = content.rfind(_END)
    if site is None or (shipped is None and end < 0):
        return None
    if shipped is None:
        merged = content[:end] + b"  <session-config>" + site[0] + b"</session-config>\n" + content[end:]
    else:
        merged = content[: shipped.start(2)] + site[2] + content[shipped.end(2) :]
    if merged != content:
        write_atomic(new, merged)
    return new


def _timeout(content: bytes) -> re.Match[bytes] | None:
    """The first session-timeout outside a comment."""
    return next((match for match in _TIMEOUT.finditer(content) if match[2] is not None), None)


def _is_old(folder: Path) -> bool:
    version = application_version(folder)
    return version is not None and Version.parse(version).line <= LAST_WITH_VALUES


def _merge(file: Path, values: Mapping[str, str]) -> None:
    content = read_small(file)
    merged = properties.merge(content, values)
    if merged != content:
        write_atomic(file, merged)
