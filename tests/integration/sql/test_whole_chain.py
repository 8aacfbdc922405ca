"""The SQL of two whole packages, by the step and by the real client."""

from __future__ import annotations

from pathlib import Path

import pytest
from sql_kit import Context, content, drive, make, step

from orchestrator.command import run
from orchestrator.hosts.scratch.private_server import PrivateServer, find_program
from orchestrator.sandbox.database import bundle, create_schema
from workflows.model.plans import BenignError, LineRules

pytestmark = pytest.mark.integration

RULES = LineRules("20.04", benign=(BenignError("19.07.420", 1061, "wfrot$datecustrea$idx", None, "facts 13.2"),))


def test_19_10_becomes_20_10_as_the_real_client_makes_it(server: PrivateServer, tmp_path: Path) -> None:
    folders = {}
    for database in ("chain_ours", "chain_theirs"):
        folders[database] = tmp_path / database
        make(folders[database], server.socket, database, "", {})
        with server.connect(database) as connection:
            create_schema(connection, companies=3, recipients=20)
    for line in ("20.04", "20.10"):
        by_step(folders["chain_ours"], line)
        by_client(server, "chain_theirs", line, folders["chain_theirs"])
        ours, theirs = (content(server.socket, database, ()) for database in folders)
        assert ours.keys() == theirs.keys()
        for name in ours:
            if name != "agn_dbversioninfo_tbl":  # a benign error ends the client's file before its version row
                assert ours[name] == theirs[name], f"{line}: {name}"


def by_step(folder: Path, line: str) -> None:
    for path in [*folder.glob("*.sql"), folder / "journal", folder / "intent"]:
        path.unlink(missing_ok=True)
    for name, text in bundle(line).items():
        if name.endswith(".sql"):
            (folder / Path(name).name).write_text(text)
    drive(folder, rules=RULES)


def by_client(server: PrivateServer, database: str, line: str, folder: Path) -> None:
    context = Context(folder)
    files = {Path(name).name: text for name, text in bundle(line).items() if name.endswith(".sql")}
    for name, text in files.items():
        (folder / name).write_text(text)
    pending = step().prepare(context)["files"]
    context.host.database.close()
    for file in pending:
        arguments = [find_program(("mariadb",)), "--no-defaults", f"--socket={server.socket}", database]
        expected = (1,) if file["version"] == "19.07.420" else (0,)
        run([*arguments, "--default-character-set=utf8"], timeout=60, input=files[file["name"]], expect=expected)
    for name in files:
        (folder / name).unlink()
