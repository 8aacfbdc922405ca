"""The row of emm-master and the salt of its password (facts 9)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from orchestrator.acting import below
from orchestrator.files import read_small
from orchestrator.hosts.database.configuration import Configuration
from orchestrator.hosts.database.connect import connect
from orchestrator.hosts.database.faults import told
from orchestrator.hosts.home import site_values
from orchestrator.settings import Settings
from workflows.model.errors import RefusedError
from workflows.rules.configuration import MARKER, effective
from workflows.rules.password import ADMIN, SaltError, hashed, salt_of

SALT_KEY = "system.salt.file"
AGED_DAYS = 91  # so old a password must be changed at the next login


def salt_file(settings: Settings) -> Path:
    """Where the salt is: what the database says, else emm.properties of the active frontend, else conf/keys/emm.salt."""
    configuration = Configuration(settings)
    found = {s.row.key: s.row.value for s in effective(configuration.rows(), configuration.hostname())}
    named = found.get(SALT_KEY) or site_values.read(settings.home / "webapps/emm" / site_values.EMM).get(SALT_KEY) or ""
    if not named or MARKER in named:
        return settings.home / "conf/keys/emm.salt"
    for home in ("${HOME}", "${home}", "$HOME"):
        named = named.replace(home, str(settings.home))
    return Path(os.path.normpath(settings.home / named))


def read_salt(path: Path) -> str:
    """The salt.

    Raises:
        SaltError: "salt-missing", "salt-unreadable", "salt-empty", "salt-too-long".
    """
    try:
        with below(path):
            content = read_small(path)
    except FileNotFoundError:
        raise SaltError(
            f"there is no salt file {path}", key="salt-missing", unharmed=["nothing was changed"],
            next=["orchestrate config show system.salt.file    is another one named there?",
                  f"ls -l {path.parent}    it must come back from a backup: no password works without it"],
        ) from None  # fmt: skip
    except OSError as error:
        raise SaltError(
            f"cannot read the salt file {path}: {error.strerror}", key="salt-unreadable", unharmed=["nothing was changed"]
        ) from None
    return salt_of(content, str(path))


def username(settings: Settings) -> str:
    """The login of admin 1.

    Raises:
        RefusedError: "admin-missing".
    """
    with told("read admin_tbl"), connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT username FROM admin_tbl WHERE admin_id = %s", (ADMIN,))
        row = cursor.fetchone()
    if row is None:
        raise RefusedError(
            f"there is no admin {ADMIN} in admin_tbl", key="admin-missing", unharmed=["nothing was changed"],
            next=["orchestrate status    is this a database of OpenEMM, and a complete one?"],
        )  # fmt: skip
    return str(row[0])


def set_password(settings: Settings, password: str, *, before_commit: Callable[[], None]) -> None:
    """Give admin 1 a password that must be changed at the next login. The server is sent the hash only.

    Args:
        settings: of the site.
        password: what it is to be.
        before_commit: called before the change is committed; what it raises undoes it.

    Raises:
        SaltError: see `read_salt`.
        RefusedError: "admin-missing".
    """
    secret = hashed(password, read_salt(salt_file(settings)))
    username(settings)
    sql = (
        "UPDATE admin_tbl SET secure_password_hash = %s, is_one_time_pass = 1, "
        "pwdchange_date = CURRENT_TIMESTAMP - INTERVAL %s DAY WHERE admin_id = %s"
    )
    with told("set the password"), connect(settings) as connection, connection.cursor() as cursor:
        connection.begin()
        cursor.execute(sql, (secret, AGED_DAYS, ADMIN))
        before_commit()
        connection.commit()
