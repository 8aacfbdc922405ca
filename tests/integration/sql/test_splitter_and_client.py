"""What the splitter says of a script, beside what the real client sent of it to a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sql_nasty import FILES

from orchestrator.command import run
from orchestrator.hosts.scratch.private_server import PrivateServer, find_program
from orchestrator.sandbox.database import LINES, bundle
from workflows.rules.sql.splitter import SplitError, split

pytestmark = pytest.mark.integration

Client = Callable[[str], list[str]]

FRAGMENTS = (
    *"abcd \t\n;\"'`\\#-/*!$@",
    *(" ", "\n", ";", "\n", ";\n", ";;\n", "$$\n", "$$", "\r\n"),
    *(
        "-- a comment; with 'one\n",
        "--x\n",
        "--\n",
        "# it's; a comment\n",
        "/* a ; ' comment */",
        "/*!50001 select 1 */",
        "/*M! x */",
    ),
    *(
        "'a;b'",
        "'it''s'",
        "'\\''",
        '"x;""y\\""',
        "`a;``b`",
        "'\n\n;'",
        "'line\nDELIMITER ;;\nline'",
        "'\\\n'",
        "\\N",
        "/*/",
        "*/",
        "/*",
    ),
    *("\nDELIMITER ;;\n", "\ndelimiter $$\n", "\n  Delimiter ;\n", "\nDELIMITER ;\n", "\nDELIMITER // x\n"),
    *(
        "\ndelimiter int,",
        "\nsource int\n",
        "\nuse int",
        "delimiter ",
        "\ndelimiterx y",
        "select 1",
        "create table t (",
        "grün",
        "漢",
        "ß;",
    ),
)


@pytest.fixture(scope="module")
def sent(mariadb: PrivateServer) -> Iterator[Client]:
    """Feeds a script to the real client; gives the statements that the server got."""
    connection = mariadb.connect()
    cursor = connection.cursor()
    cursor.execute("SET GLOBAL log_output = 'TABLE'")
    cursor.execute("SET GLOBAL general_log = 1")
    program = find_program(("mariadb", "mysql"))
    arguments = [program, "--no-defaults", f"--socket={mariadb.socket}", "--force", "--default-character-set=utf8mb4"]

    def feed(script: str) -> list[str]:
        cursor.execute("TRUNCATE mysql.general_log")
        run(arguments, timeout=30, input=script, expect=None)
        cursor.execute("SELECT argument FROM mysql.general_log WHERE command_type = 'Query' AND thread_id <> CONNECTION_ID()")
        return [row[0] for row in cursor.fetchall()]

    yield feed
    cursor.execute("SET GLOBAL general_log = 0")
    connection.close()


def as_logged(text: str) -> str:
    """The server drops blanks around and semicolons behind a statement before it logs it."""
    return text.strip(" \t\n\v\f\r").rstrip("; \t\n\v\f\r")


def same(sent: Client, script: str) -> None:
    found = sent(script)
    assert [as_logged(statement.text) for statement in split(script)] == found


def test_any_script_is_split_as_the_client_does(sent: Client) -> None:
    compared: list[int] = []

    @settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(script=st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join))
    def split_and_send(script: str) -> None:
        try:
            statements = split(script)
        except SplitError:
            return
        if not any(statement.text.lower().startswith("use") for statement in statements):  # the client makes it another call
            assert [as_logged(statement.text) for statement in statements] == sent(script)
            compared.append(len(statements))

    split_and_send()
    assert len(compared) >= 75, "too few scripts were accepted for the comparison to say anything"
    assert sum(count > 1 for count in compared) >= 15, "too few scripts had anything to split"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("DELIMITER ;;\nCREATE PROCEDURE x() BEGIN SELECT 1; END;;\nDELIMITER ;\nSELECT 2", id="a-procedure"),
        pytest.param("CREATE TABLE t (\ndelimiter INT,\nsource INT,\n  delimiter2 INT);\nSELECT 1;", id="columns-like-commands"),
        pytest.param("-- SET DEFINE OFF;\nSELECT ';', \"a\\\";b\", `;` -- ;\n, 'it''s;';", id="semicolons-everywhere"),
        pytest.param("SELECT 1 /* one; */ /*!50001 , 2; */; # three;\nSELECT 4", id="comments-of-all-kinds"),
        pytest.param("\ufeffSELECT 'a\r\nb'\r\n;\r\nSELECT 'ü\\\\';;\n;", id="byte-order-mark-and-other-line-ends"),
        pytest.param("DELIMITER $$\nSELECT 1$$SELECT 2 $$\ndelimiter ;\nSELECT '\nDELIMITER $$\n';SELECT 3;", id="dollars"),
    ],
)
def test_the_quirks_of_real_files_are_split_as_the_client_does(sent: Client, script: str) -> None:
    same(sent, script)


def test_the_nasty_files_are_split_as_the_client_does(sent: Client) -> None:
    for script in FILES.values():
        same(sent, script)


@pytest.mark.parametrize("line", LINES)
def test_every_sql_file_of_the_packages_is_split_as_the_client_does(sent: Client, line: str) -> None:
    for name, text in bundle(line).items():
        if name.endswith(".sql"):
            same(sent, text)
