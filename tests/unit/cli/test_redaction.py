"""Secrets are hidden, and no word of an error with them (facts 24 asks for both)."""

from __future__ import annotations

import pytest

from orchestrator import redaction
from orchestrator.errors import as_text
from orchestrator.redaction import hide, hide_in_url, scrub
from workflows.model.errors import WorkflowError

WORDS = [
    "",
    "a",
    "mail",
    "openemm",
    "OpenEMM",
    "localhost",
    "hop1.start",
    "20.10.000.152",
    "Server",
    "***",
    "database-down",
    "the",
]
ERROR = WorkflowError(
    "cannot start 20.10.000.152: the database server at localhost:3306 refuses user openemm: Access denied (using password: YES)",
    key="database-down", command="/home/openemm/bin/emm.sh start   exit 0",
    detail=["Server startup in [1234] milliseconds", "hop1.start: OpenEMM did not answer with a mail",
            "the password: it is too short", "the token is unexpected; password: the file /root/pw has none"],
    unharmed=["the dump of 20.04"], next=["systemctl status mariadb    is it running?", "ps -fp 4711"],
)  # fmt: skip
PLACES = [
    "password={}", 'password: "{}"', "db_password = '{}'", "dbms=mariadb, user=u, password={}, name=n", "MYSQL_PWD={}",
    '{{"password": "{}", "user": "u"}}', "mysql+pymysql://state:{}@db/orchestrate", "the password '{}' is too short",
    "ALTER USER 'u'@'h' IDENTIFIED BY '{}'", "CREATE USER u IDENTIFIED VIA x USING PASSWORD('{}')", "SET PASSWORD FOR u@h = '{}'",
    "mysqldump -u root -p{} openemm", "mysqldump -u root -p'{}' openemm", "api-key:{}",
]  # fmt: skip
STRONG = ["tr0ub4dor", "Kx,Yz=w!9", "qXvTzKpLmR", "s3cr$t", "correct horse battery staple", "aB3_dE-fG7hI9jK1", "Grüße;9"]


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", set())


@pytest.mark.parametrize("secret", WORDS)
def test_a_secret_that_is_a_word_eats_none_of_an_error(secret: str) -> None:
    plain = as_text(ERROR)
    assert "***" not in "\n".join(plain)
    hide(secret)
    assert as_text(ERROR) == plain


@pytest.mark.parametrize("secret", [word for word in WORDS if word.strip("*")] + STRONG)
@pytest.mark.parametrize("place", PLACES)
def test_any_secret_is_hidden_where_secrets_stand(secret: str, place: str) -> None:
    hide(secret)
    shown = scrub(place.format(secret))
    assert "***" in shown
    frame = place.replace("{{", "{").replace("}}", "}")
    assert secret not in shown.replace("***", "", 1) or secret in frame.replace("{}", "")


@pytest.mark.parametrize("secret", STRONG)
def test_what_is_no_word_is_hidden_wherever_it_stands(secret: str) -> None:
    hide(secret)
    for text in ("access denied using {}", "near '{}' at line 1", "{}", "a ({}) b", "x={},y"):
        assert scrub(text.format(secret)) == text.format("***")


def test_no_line_of_a_key_is_shown_and_what_frames_it_is() -> None:
    lines = ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "AQEAu1SU1LfVLPHCozMxH2Mo4lgOEePz")
    key = "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----", ""])
    hide(key)
    assert scrub(f"openssl said: {key}") == "openssl said: ***"
    assert scrub("  AQEAu1SU1LfVLPHCozMxH2Mo4lgOEePz, and more") == "  ***, and more"
    assert scrub("-----BEGIN PRIVATE KEY----- is missing") == "-----BEGIN PRIVATE KEY----- is missing"


def test_of_a_url_only_the_password_is_hidden() -> None:
    hide_in_url("mysql+pymysql://state:Kx%3DYz99@db/orchestrate")
    hide_in_url("sqlite:////var/lib/orchestrate/state.db")
    hide_in_url(None)
    assert scrub("cannot open sqlite:////var/lib/orchestrate/state.db") == "cannot open sqlite:////var/lib/orchestrate/state.db"
    assert scrub("denied: Kx=Yz99, Kx%3DYz99") == "denied: ***, ***"


def test_a_placeholder_is_no_secret() -> None:
    said = "a 0600 file: [client], user=..., password=..."
    assert scrub(said) == said
    assert scrub("PWD=/home/openemm") == "PWD=/home/openemm"


def test_hiding_is_not_slowed_down_by_what_looks_like_many_words() -> None:
    hide("a" * 5000 + "1x" * 500)
    assert scrub("b" * 5000) == "b" * 5000


URLS = {
    "http://u:{}@host/x": "two slashes",
    "http:/u:{}@host/x": "one slash, as a path is made of it",
    "cannot read the package folder /etc/http:/u:{}@host: no such folder": "a folder before it",
    "https:///u:{}@host": "three slashes",
    "https:u:{}@host": "none",
    "//u:{}@host/x": "no scheme",
    "HTTPS://U:{}@HOST": "capitals",
    "http://:{}@host": "no user",
    "'http://u:{}@h', 'http://v:w@h/a@b.tar.gz'": "a second one",
}


@pytest.mark.parametrize("secret", ["pw", "mail", "p@ss", "p/w", "s3cr$t", "80a/x", "p%40w:x"])
@pytest.mark.parametrize("place", URLS)
def test_the_password_of_an_address_is_hidden_however_it_is_written(place: str, secret: str) -> None:
    assert f":{secret}@" not in scrub(place.format(secret))
    assert "***" in scrub(place.format(secret))


@pytest.mark.parametrize(
    "text",
    [
        "http://host:80/dir/openemm-gui-20.10@2.tar.gz",
        "http://host:8080",
        "file:/srv/packages/a:b@c.tar.gz",
        "cannot read the token '/etc/openemm/db.key': no such file",
        "password: /root/first.txt",
        "--password=/root/first.cnf",
        "cannot read /srv/openemm-token: [Errno 2] nothing there",
        "cannot read '/var/lib/secret': Is_a_d1rectory",
        "/etc/openemm/master-password:3: bad",
        "mail to: a:b@c.example",
    ],
)
def test_the_name_of_a_file_is_no_secret(text: str) -> None:
    assert scrub(text) == text


def test_behind_the_password_of_an_address_the_file_is_shown() -> None:
    assert scrub("http://u:p@ss@host/a@b.tar.gz") == "http://u:***@host/a@b.tar.gz"
    assert scrub("http://u:p/w@host/a@b.tar.gz") == "http://u:***@host/a@b.tar.gz"
