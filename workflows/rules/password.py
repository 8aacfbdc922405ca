"""The password of emm-master as OpenEMM keeps it (facts 9), computed without Java and without any command line. No I/O."""

from __future__ import annotations

import hashlib
import secrets
import string

from workflows.model.errors import UsageError, WorkflowError

ADMIN = 1  # emm-master's admin_id
LONGEST_SALT = 32  # characters (guide 9.8)
SHORTEST, LENGTH = 8, 16
_UNMISTAKABLE = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "!$%&=?+-")
_CLASSES = (string.ascii_uppercase, string.ascii_lowercase, string.digits)


class SaltError(WorkflowError):
    """The salt file cannot be used: no password that OpenEMM would accept can be computed. Nothing was changed."""

    key = "salt-unusable"
    exit_code = 3


def salt_of(content: bytes, path: str) -> str:
    """The salt in the content of a salt file: its first line, ISO-8859-1.

    Raises:
        SaltError: "salt-empty", "salt-too-long".
    """
    salt = content.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n").split("\n", 1)[0]
    if not salt:
        raise SaltError(
            f"the salt file {path} has an empty first line", key="salt-empty", unharmed=["nothing was changed"],
            next=["a salt changed by mistake must come back from a backup: no password works without it (guide 9.8)"],
        )  # fmt: skip
    if len(salt) > LONGEST_SALT:
        raise SaltError(
            f"the salt in {path} has {len(salt)} characters; OpenEMM takes {LONGEST_SALT} at the most (guide 9.8)",
            key="salt-too-long", unharmed=["nothing was changed"],
        )  # fmt: skip
    return salt


def hashed(password: str, salt: str, admin: int = ADMIN) -> str:
    """What secure_password_hash holds of a password: 128 digits, as the vendor's tool writes them, in upper case."""
    seasoning = hashlib.sha1(f"{_hex(salt.encode())}{admin:x}".encode("ascii")).digest()  # noqa: S324 - the vendor's format
    return _hex(hashlib.sha512(password.encode() + seasoning).digest()).upper()


def generated() -> str:
    """A password of 16 characters of all four kinds, none of which is mistaken for another."""
    everything = "".join(_UNMISTAKABLE)
    picked = [secrets.choice(kind) for kind in _UNMISTAKABLE]
    picked += [secrets.choice(everything) for _ in range(LENGTH - len(picked))]
    secrets.SystemRandom().shuffle(picked)
    return "".join(picked)


def require_good(password: str) -> None:
    """See that a password somebody made up will do until it is changed at the first login.

    Raises:
        UsageError: "password-weak", which never quotes it.
    """
    kinds = sum(any(c in kind for c in password) for kind in _CLASSES) + any(not c.isalnum() for c in password)
    if len(password) < SHORTEST or kinds < len(_CLASSES) or not password.isprintable():
        raise UsageError(
            f"the password must have {SHORTEST} characters at the least, of three kinds: upper case, lower case, digits, others",
            key="password-weak", unharmed=["the password is as it was"], next=["orchestrate admin-password --generate"],
        )  # fmt: skip


def _hex(data: bytes) -> str:
    """Two digits a byte, of a byte from 0x80 on without its highest bit: not the usual notation, but the vendor's."""
    return "".join(f"{byte & 0x7F:02x}" for byte in data)
