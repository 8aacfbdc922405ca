"""What the application does to its database when it starts, by version, as real starts were seen to do it (facts 17.1 to 17.4).

Every statement is committed by itself, so that a SIGKILL leaves behind what it left on real hosts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import pymysql

from orchestrator.sandbox.installation import Connection, Installation, StartupFailure

MARKER = "[to be defined]"

MAIL_ADDRESSES = tuple(
    f"mailaddress.{name}"
    for name in ("sender", "replyto", "bounce", "frontend", "support", "error", "upload.database", "upload.support",
                 "report_archive")
)  # fmt: skip
CONFIG_VALUES: Mapping[str, str | None] = {  # key -> built-in default; facts 17.2, 17.3
    "system.url": None,
    "birt.url": None,
    "birt.url.intern": None,
    "birt.drilldownurl": None,
    "hostauthentication.cookies.https.only": "false",
    "system.mail.host": "localhost",
    **dict.fromkeys(MAIL_ADDRESSES),
}
WKHTML: Mapping[str, str | None] = {
    "system.wkhtmltopdf": "/usr/bin/wkhtmltopdf",
    "system.wkhtmltoimage": "/usr/bin/wkhtmltoimage",
}
MAILOUT: Mapping[str, str | None] = {
    "loglevel": "INFO",
    "maildir": None,
    "default_encoding": "quoted-printable",
    "default_charset": "UTF-8",
    "blocksize": "1000",
    "metadir": "${home}/var/spool/META",
    "xmlback": "${home}/bin/xmlback",
    "account_logfile": "${home}/var/spool/log/account.log",
    "xmlvalidate": "False",
    "domain": "openemm.invalid",
    "boundary": "OPENEMM",
    "mail_log_number": "400",
    "eol": "LF",
    "mailer": "OpenEMM",
    "directdir": "${home}/var/spool/DIRECT",
}
COMPANY_VALUES: Mapping[str, tuple[str, str]] = {  # column of company_tbl -> name in company_info_tbl, built-in default
    "maxadminmails": ("maxadminmails", "100"),
    "expire_cookie": ("expire.cookie", "0"),
    "expire_stat": ("expire.statistics", "1100"),
    "expire_bounce": ("expire.bounce", "90"),
    "expire_onepixel": ("expire.onepixel", "1100"),
    "expire_recipient": ("expire.recipient", "30"),
    "expire_upload": ("expire.upload", "14"),
    "expire_success": ("expire.success", "180"),
    "max_fields": ("maxfields", "60"),
}
LOGIN_VALUES: Mapping[str, tuple[str, str]] = {
    "max_login_fails": ("loginTracking.webui.maxFails", "10"),
    "login_block_time": ("loginTracking.webui.ipBlockTimeSeconds", "60"),
}
LAYOUT_ITEMS = ("favicon.ico", "logo.svg", "logo.png", "edition_logo.png")
REBUILD_MARKER = "recipient.binding_history.rebuild_trigger_on_startup"
TARGET_MARKER = "targetgroups.migrateOnStartup"
RELEASE_LOG_WEBAPPS = {"EMM": "emm", "STATISTICS": "statistics", "WS": "webservices"}

Row = tuple[Any, ...]


class StartUp:
    """One start of the application on its database. `error` writes an ERROR line into the log."""

    def __init__(self, installation: Installation, connection: Connection, error: Callable[[str], None]) -> None:
        """Keep what the start works with; nothing is done yet."""
        self._host = installation
        self._connection = connection
        self._error = error
        self._line = installation.version().line

    def run(self) -> None:
        """Do what this version does at its start; a failure of the migration is only logged (facts 8.3)."""
        if self._line == "20.10":
            self._log_release()
            for folder in (self._host.home / "emm-plugins", self._host.home / "birt-plugins"):
                if folder.is_dir():
                    shutil.rmtree(folder)
        self._host.point("before-migration")
        self._lock_companies()
        try:
            self._check_validity()
        except (pymysql.Error, StartupFailure) as error:
            self._error(f"Cannot check installation validity: {error}")
        self._reset_markers()
        self._touch_messages()
        if self._line != "19.10":
            self._startup_jobs()

    def _check_validity(self) -> None:
        if self._line == "19.10":
            self._birt_keys()
            return
        self._host.step("config-values")
        everything = self._line == "20.04"
        self._config_values({**CONFIG_VALUES, **WKHTML} if everything else CONFIG_VALUES)
        self._birt_keys()
        if everything:
            self._host.step("webservices")
            self._compared("webservices.url", self._host.properties("emm", "emm-ws.properties").get("wsdlLocationUri"))
            self._host.step("mailout")
            settings = self._host.properties("emm")
            for name, default in MAILOUT.items():
                self._compared(f"mailout.ini.{name}", settings.get(f"mailgun.ini.{name}") or default)
            self._host.step("reports")
            self._reports()
            self._host.step("company-values")
            self._company_values()
        self._host.step("layout")
        self._layout()

    def _config_values(self, defaults: Mapping[str, str | None]) -> None:
        """Values of emm.properties; any row for all hosts blocks them, an empty one and one with the marker too (17.3)."""
        own = self._host.properties("emm")
        for key, default in defaults.items():
            value = own.get(key) or default
            if value and self._rows(key).get(None) is None and not self._loses(key):
                self._insert(key, self._portable(value))
                if key in MAIL_ADDRESSES:
                    self._host.point("mailaddress-insert")

    def _birt_keys(self) -> None:
        for half in ("private", "public"):
            self._compared(f"birt.{half}key", self._host.birt_key(half))

    def _compared(self, key: str, value: str | None) -> None:
        """Store a value that is compared at every start (17.3).

        An empty row, or one with the marker, is overwritten; beside a row with another value comes one for this host.
        """
        if not value or self._loses(key):
            return
        value = self._portable(value)
        rows = self._rows(key)
        here = self._host.hostname()
        general = rows.get(None)
        if general is None:
            self._insert(key, value)
        elif general in {"", MARKER}:
            self._update(key, value, None)
        elif rows.get(here, general) == value:
            return
        elif here in rows:
            self._update(key, value, here)
        else:
            self._insert(key, value, here)

    def _loses(self, key: str) -> bool:
        return key in (self._host.hook("value-lost") or "").split()

    def _portable(self, value: str) -> str:
        """Paths below the home are stored as ${home} (facts 8.3)."""
        return value.replace(f"{self._host.home}/", "${home}/")

    def _rows(self, key: str) -> dict[str | None, str]:
        """The values of a key by host; None for all hosts."""
        group, _, name = key.partition(".")
        rows = self._query("SELECT hostname, value FROM config_tbl WHERE class = %s AND name = %s", (group, name))
        return {(host or None): value or "" for host, value in rows}

    def _insert(self, key: str, value: str, host: str | None = None) -> None:
        group, _, name = key.partition(".")
        columns, places = "class, name, hostname, value", "%s, %s, %s, %s"
        if self._line == "20.10":
            columns, places = f"{columns}, creation_date, change_date", f"{places}, NOW(), NOW()"
        self._execute(f"INSERT INTO config_tbl ({columns}) VALUES ({places})", (group, name, host, value))  # noqa: S608

    def _update(self, key: str, value: str, host: str | None) -> None:
        group, _, name = key.partition(".")
        self._execute(
            "UPDATE config_tbl SET value = %s WHERE class = %s AND name = %s AND COALESCE(hostname, '') = %s",
            (value, group, name, host or ""),
        )

    def _reports(self) -> None:
        """Reports without any date are taken for unmigrated, at every start (17.6.8)."""
        reports = self._query(
            "SELECT report_id, email, send_days, send_time, send_date, delivery_date FROM birtreport_tbl"
            " WHERE laststart IS NULL AND nextstart IS NULL ORDER BY report_id"
        )
        for report, email, days, time, send, delivered in reports:
            self._execute("DELETE FROM birtreport_recipient_tbl WHERE birtreport_id = %s", (report,))
            for address in (
                () if self._host.hook("report-lost") is not None else (email or "").replace(";", ",").replace(",", " ").split()
            ):
                self._execute("INSERT INTO birtreport_recipient_tbl (birtreport_id, email) VALUES (%s, %s)", (report, address))
                self._host.point("birt-recipient")
            self._execute(
                "UPDATE birtreport_tbl SET intervalpattern = %s, laststart = %s, nextstart = %s WHERE report_id = %s",
                (_interval(days, time), delivered, send, report),
            )

    def _company_values(self) -> None:
        """Values other than the built-in default, and a mark, for each company (17.2)."""
        columns = ", ".join(COMPANY_VALUES)
        query = f"SELECT company_id, {columns} FROM company_tbl ORDER BY company_id"  # noqa: S608
        migrated = {
            row[0] for row in self._query("SELECT company_id FROM company_info_tbl WHERE cname = 'CompanyValuesMigrated'")
        }
        for number, (company, *values) in enumerate(self._query(query), start=1):
            if company in migrated:
                continue
            self._company_info(company, COMPANY_VALUES.values(), values)
            self._host.point(f"company-{number}")
            self._set_company_info(company, "CompanyValuesMigrated", "true")

    def _company_info(self, company: int, names: Iterable[tuple[str, str]], values: Iterable[Any]) -> None:
        for (name, default), value in zip(names, values, strict=True):
            if value is not None and str(value) != default:
                self._set_company_info(company, name, str(value))

    def _set_company_info(self, company: int, name: str, value: str) -> None:
        changed = self._execute(
            "UPDATE company_info_tbl SET cvalue = %s WHERE company_id = %s AND cname = %s", (value, company, name)
        )
        if not changed and not self._query(
            "SELECT 1 FROM company_info_tbl WHERE company_id = %s AND cname = %s", (company, name)
        ):
            self._execute("INSERT INTO company_info_tbl (company_id, cname, cvalue) VALUES (%s, %s, %s)", (company, name, value))

    def _layout(self) -> None:
        """Only when there is no row at all: a start that was cut off here is never made good (17.4)."""
        if self._query("SELECT 1 FROM layout_tbl LIMIT 1"):
            return
        for item in LAYOUT_ITEMS:
            self._execute("INSERT INTO layout_tbl (company_id, item_name, data) VALUES (0, %s, NULL)", (item,))
            if item == "logo.png":
                self._host.point("logo-insert")
            self._execute("UPDATE layout_tbl SET data = %s WHERE company_id = 0 AND item_name = %s", (item.encode(), item))

    def _startup_jobs(self) -> None:
        """Pending jobs, each marked as begun and as done; one that was begun is never looked at again (17.4)."""
        jobs = self._query("SELECT id, classname, company_id FROM startup_job_tbl WHERE enabled = 1 AND state = 0 ORDER BY id")
        for job, classname, company in jobs:
            self._execute("UPDATE startup_job_tbl SET state = 1, change_date = NOW() WHERE id = %s", (job,))
            self._host.point("job-state")
            if self._host.hook("job-fails") is not None:
                self._execute("UPDATE startup_job_tbl SET state = 3, change_date = NOW() WHERE id = %s", (job,))
                continue
            if classname.endswith("LoginTrackSettingsMigrationStartupJob"):
                self._login_values(company)
            self._execute("UPDATE startup_job_tbl SET state = 2, change_date = NOW() WHERE id = %s", (job,))

    def _login_values(self, company: int) -> None:
        """On a schema without the old columns there is nothing to move, and that is called done (facts 8.4)."""
        if not self.has("company_tbl", *LOGIN_VALUES):
            return
        columns = ", ".join(LOGIN_VALUES)
        for row in self._query(f"SELECT {columns} FROM company_tbl WHERE company_id = %s", (company,)):  # noqa: S608
            self._company_info(company, LOGIN_VALUES.values(), row)

    def _reset_markers(self) -> None:
        markers = [TARGET_MARKER] if self._line == "19.10" else [TARGET_MARKER, REBUILD_MARKER]
        for marker in markers:
            self._execute("UPDATE company_info_tbl SET cvalue = 'false' WHERE cname = %s AND cvalue = 'true'", (marker,))

    def _touch_messages(self) -> None:
        """The texts that this start has looked at are told apart by their time, at every start (facts 24.3)."""
        if self.has("messages_tbl", "change_date"):
            self._execute("UPDATE messages_tbl SET change_date = CURRENT_TIMESTAMP ORDER BY message_key LIMIT 5")

    def _lock_companies(self) -> None:
        """An OpenEMM without a licence serves company 1 only (17.1)."""
        self._execute("UPDATE company_tbl SET status = 'locked' WHERE company_id > 1 AND status <> 'locked'")

    def _log_release(self) -> None:
        """A row for each application whose version changed (facts 6)."""
        try:
            for application, webapp in RELEASE_LOG_WEBAPPS.items():
                properties = self._host.properties(webapp)
                new = properties and log_release(self._connection, self._host.hostname(), application, properties)
                if new and application == "EMM":
                    self._error("Unknown permission to be removed: premium.report")
                    self._error("Cannot remove premium permission: premium.report")
            runtime = self._host.home / "tomcat" / "conf" / "version.txt"
            if runtime.is_file():
                properties = {"ApplicationVersion": runtime.read_text(encoding="utf-8").strip()}
                log_release(self._connection, self._host.hostname(), "RUNTIME", properties)
        except pymysql.Error as error:
            self._error(f"Cannot refresh config data: {error}")

    def has(self, table: str, *columns: str) -> bool:
        """Whether the schema has that table with all of these columns."""
        found = self._query(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = %s", (table,)
        )
        return bool(found) and set(columns) <= {row[0] for row in found}

    def _query(self, sql: str, values: tuple[Any, ...] = ()) -> tuple[Row, ...]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()

    def _execute(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        with self._connection.cursor() as cursor:
            return cursor.execute(sql, values)


def log_release(connection: Connection, host: str, application: str, properties: Mapping[str, str]) -> bool:
    """Add a row to release_log_tbl when the version differs from the last one of this host and application (facts 6).

    Raises:
        pymysql.Error: among others, that there is no such table.
    """
    version = properties["ApplicationVersion"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version_number FROM release_log_tbl WHERE host_name = %s AND application_name = %s"
            " ORDER BY startup_timestamp DESC LIMIT 1",
            (host, application),
        )
        last = cursor.fetchone()
        if last and last[0] == version:
            return False
        cursor.execute(
            "INSERT INTO release_log_tbl (host_name, application_name, version_number, startup_timestamp, build_time, build_host,"
            " build_user) VALUES (%s, %s, %s, NOW(), %s, %s, %s)",
            (host, application, version, *(properties.get(f"build{what}") for what in ("time", "host", "user"))),
        )
    return True


def _interval(days: object, time: object) -> str | None:
    """A report's interval out of its old columns; None when it had none."""
    if days in {None, ""}:
        return None
    clock = f"{time:%H%M}" if isinstance(time, datetime) else str(time or "").replace(":", "")[:4]
    return f"{days}:{clock}"
