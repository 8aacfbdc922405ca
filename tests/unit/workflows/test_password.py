from __future__ import annotations

import pytest

from workflows.model.errors import UsageError
from workflows.rules.password import SaltError, generated, hashed, require_good, salt_of

SALT = "aB3dEf%7HiJkLmNoPqRsTuVwXyZ01234"
VECTOR = (
    "167d3854404f4b3e2d7a5d353d5f0d313a5e692e7124281f5609740920314c1a"
    "391e4d416e0742401a45113b5f3c101743235d0f3c34054d0a0c690f497d5361"
)


def test_the_hash_is_that_of_the_vendors_own_class() -> None:
    assert hashed("Abc$1xYz", SALT) == VECTOR.upper()


def test_the_hash_is_another_for_another_admin_salt_and_password() -> None:
    assert (
        len({hashed("Abc$1xYz", SALT), hashed("Abc$1xYz", SALT, 2), hashed("Abc$1xYz", SALT[1:]), hashed("Abc$1xYZ", SALT)}) == 4
    )
    assert len(hashed("Überlang€1", "äöü")) == 128


@pytest.mark.parametrize("content", [SALT.encode(), SALT.encode() + b"\n", SALT.encode() + b"\r\nsecond line\n"])
def test_the_salt_is_the_first_line(content: bytes) -> None:
    assert salt_of(content, "x") == SALT


def test_a_salt_is_read_as_the_application_reads_it() -> None:
    assert salt_of(b"\xe4\xf6\n", "x") == "äö"


@pytest.mark.parametrize(("content", "key"), [(b"", "salt-empty"), (b"\nrest", "salt-empty"), (b"x" * 33, "salt-too-long")])
def test_a_salt_that_openemm_would_not_take_is_refused(content: bytes, key: str) -> None:
    with pytest.raises(SaltError) as error:
        salt_of(content, "emm.salt")
    assert error.value.error_key == key
    assert "xxx" not in error.value.message


def test_a_generated_password_has_all_kinds_of_characters_and_is_never_the_same() -> None:
    made = {generated() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        require_good(password)
        assert len(password) == 16
        assert any(c.isupper() for c in password)
        assert any(c.islower() for c in password)
        assert any(c.isdigit() for c in password)
        assert not all(c.isalnum() for c in password)
        assert not set(password) & set("0OIl1'\"\\`")


@pytest.mark.parametrize("password", ["", "Abc$1xY", "abcdefgh", "abcdefg1", "Abcdefg1\n"])
def test_a_weak_password_is_refused_and_not_quoted(password: str) -> None:
    with pytest.raises(UsageError) as error:
        require_good(password)
    assert not password or password not in error.value.message
