"""What a site has set: in its property files, and in OpenEMM's configuration (facts 8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_SECRET_KEY = re.compile(r"private_?key|passw|secret|token|credential|api_?key", re.IGNORECASE)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@dataclass(frozen=True)
class PropertyFiles:
    """The property files of one release, key -> value as Java reads them.

    version: of that release. emm: emm.properties of the GUI. webservices: emm-ws.properties of the web services. homes: how a
    path below the home may begin in them.
    """

    version: str
    emm: Mapping[str, str]
    webservices: Mapping[str, str] = field(default_factory=dict)
    homes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SiteValues:
    """What is the site's own.

    config: as config_tbl will hold it ("class.name"; paths below the home as ${home}/...). emm, webservices: as the files of
    the new release are to hold it. lost: keys that the line does not move. as_shipped: those of config_tbl that the site left
    as the release brought them. no_value: the same, with what stands there instead of a value. compared: with the file as it
    was shipped, else with what is known to be shipped.
    """

    config: Mapping[str, str] = field(default_factory=dict)
    emm: Mapping[str, str] = field(default_factory=dict)
    webservices: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    as_shipped: tuple[str, ...] = ()
    no_value: Mapping[str, str] = field(default_factory=dict)
    compared: bool = True


@dataclass(frozen=True)
class ConfigRow:
    """A row. key: "class.name", or a cname of company 0. host: None for all hosts."""

    table: str
    key: str
    value: str | None
    host: str | None = None


@dataclass(frozen=True)
class CompanyDomains:
    """A company's two domains."""

    company: int
    rdir: str | None
    mailloop: str | None


@dataclass(frozen=True)
class Change:
    """A value to be changed. before: None when there is no row, or NULL. company: only of company_tbl, whose column `key` is."""

    table: str
    key: str
    before: str | None
    after: str
    host: str | None = None
    company: int | None = None

    @property
    def name(self) -> str:
        """How people are told it."""
        of = f" of company {self.company}" if self.company is not None else ""
        return f"{self.key}{of}{f' on {self.host}' if self.host else ''}"

    @property
    def secret(self) -> bool:
        """Whether its values are never shown."""
        return is_secret(self.key, self.before) or is_secret(self.key, self.after)


def is_secret(key: str, value: str | None) -> bool:
    """Whether a value must not be shown: told by its name, or by itself."""
    return bool(_SECRET_KEY.search(key)) or bool(value and _PRIVATE_KEY.search(value))
