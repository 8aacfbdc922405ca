"""The settings of a real database server: looked at, written, restarted, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from database_kit import GIB, Kit, OwnServer

from orchestrator.hosts.server import option_files
from tests.remedies.follow import seen
from workflows.model.answers import Verdict
from workflows.model.errors import RefusedError, WorkflowError
from workflows.steps.database.configuration import DatabaseConfiguration

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def own(open_folder: Path) -> Iterator[OwnServer]:
    server = OwnServer(open_folder / "own")
    server.create()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def kit(own: OwnServer, tmp_path: Path) -> Iterator[Kit]:
    kit = Kit(tmp_path, own=own, memory=GIB // 2, admin_socket=own.socket)
    yield kit
    if list(own.conf.iterdir()):
        for file in own.conf.iterdir():
            file.unlink()
        own.stop()
        own.start()


def said(own: OwnServer) -> str:
    return (own.conf / "zz-openemm.cnf").read_text()


def test_a_server_as_it_was_installed_gets_the_settings_of_the_guide_and_loses_them_when_undone(kit: Kit, own: OwnServer) -> None:
    variables = "SELECT @@sql_mode, @@lower_case_table_names, @@innodb_buffer_pool_size, @@wait_timeout, @@collation_server"
    before = own.ask(variables)
    step = DatabaseConfiguration(kit.plan())
    assert {"database.sql_mode", "database.lower_case_table_names", "database.wait_timeout"} <= set(kit.keys(step))
    assert not any(difference.by_admin for difference in step.look(kit.parts))
    done = kit.attempt(step)
    modes = "STRICT_ALL_TABLES,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION"
    assert own.ask(variables) == [(modes, 1, GIB // 4, 604800, "utf8mb4_unicode_ci")]
    assert done.facts["variables"]["sql_mode"] == modes

    # a second look finds nothing, and a second run restarts nothing; a file that is gone is missed before the next start
    assert kit.keys(step) == []
    kit.attempt(DatabaseConfiguration(kit.plan()))
    assert kit.units.restarts == 1
    text = said(own)
    (own.conf / "zz-openemm.cnf").unlink()
    assert "database.sql_mode" in kit.keys(step)
    (own.conf / "zz-openemm.cnf").write_text(text)

    for _ in range(2):
        kit.undo(step)
        assert list(own.conf.iterdir()) == []
        assert own.ask(variables) == before


def test_a_file_written_before_a_cut_but_not_yet_read_is_still_a_difference(kit: Kit, own: OwnServer) -> None:
    step = DatabaseConfiguration(kit.plan())
    own.conf.joinpath("zz-openemm.cnf").write_text("[mysqld]\nwait_timeout = 604800\n")
    assert "database.wait_timeout" in kit.keys(step)
    kit.attempt(step)
    assert said(own).count("wait_timeout") == 1
    assert kit.keys(step) == []


def test_what_somebody_configured_worse_is_asked_about_and_replaced_only_when_told_so(kit: Kit, own: OwnServer) -> None:
    theirs = own.conf / "50-admin.cnf"
    theirs.write_text("[mariadb]\nmax-allowed-packet = 2M   # enough for us\n[client]\nsql_mode = nothing\n")
    own.stop()
    own.start()
    step = DatabaseConfiguration(kit.plan())
    (found,) = [difference for difference in step.look(kit.parts) if difference.by_admin]
    assert (found.key, found.now) == ("database.max_allowed_packet", f"2M in {theirs}")
    with pytest.raises(WorkflowError) as refused:
        kit.attempt(step)
    assert refused.value.error_key == "difference-unanswered"
    assert not (own.conf / "zz-openemm.cnf").exists()

    kept = DatabaseConfiguration(kit.plan(differences={found.key: Verdict.KEEP}))
    kit.attempt(kept)
    assert "max_allowed_packet" not in said(own)
    assert own.ask("SELECT @@max_allowed_packet") == [(2 << 20,)]

    replaced = DatabaseConfiguration(kit.plan(differences={found.key: Verdict.REPLACE}))
    kit.attempt(replaced)
    assert own.ask("SELECT @@max_allowed_packet") == [(10 << 20,)]
    assert theirs.read_text().startswith("[mariadb]\nmax-allowed-packet = 2M")


def test_a_file_that_is_read_after_ours_is_named(kit: Kit, own: OwnServer) -> None:
    (own.conf / "zzz-last.cnf").write_text("[mysqld]\nwait_timeout=60\n")
    step = DatabaseConfiguration(kit.plan(differences={"database.wait_timeout": Verdict.REPLACE}))
    with pytest.raises(WorkflowError) as refused:
        kit.attempt(step)
    assert refused.value.error_key == "database-option-overruled"
    assert "zzz-last.cnf" in refused.value.message
    assert kit.units.restarts == 0
    mends, _ = refused.value.next
    seen(mends)
    file, _, takes = mends.partition("    take ")
    lines = Path(file).read_text().splitlines(keepends=True)
    Path(file).write_text("".join(line for line in lines if not line.startswith(takes.partition(" ")[0])))
    kit.attempt(step)
    assert own.ask("SELECT @@wait_timeout") == [(604800,)]


def test_names_in_upper_case_are_never_hidden(kit: Kit, own: OwnServer) -> None:
    own.ask("CREATE DATABASE Shop")
    own.ask("CREATE TABLE Shop.Orders (id INT)")
    try:
        step = DatabaseConfiguration(kit.plan())
        (found,) = [one for one in step.look(kit.parts) if one.key == "database.lower_case_table_names"]
        assert found.by_admin
        assert "Shop" in found.what
        step = DatabaseConfiguration(kit.plan(differences={found.key: Verdict.REPLACE}))
        with pytest.raises(RefusedError) as refused:
            kit.attempt(step)
        assert refused.value.error_key == "database-names-upper-case"
        assert kit.units.restarts == 0
        kit.attempt(DatabaseConfiguration(kit.plan(differences={found.key: Verdict.KEEP})))
        assert own.ask("SELECT @@lower_case_table_names") == [(0,)]
    finally:
        own.ask("DROP DATABASE Shop")


def test_what_a_distribution_ships_is_nobodys_configuration(kit: Kit, own: OwnServer, monkeypatch: pytest.MonkeyPatch) -> None:
    (own.conf / "50-server.cnf").write_text(
        "[mysqld]\ncharacter-set-server  = utf8mb4\ncollation-server      = utf8mb4_general_ci\nlog_bin\nserver_id=1\n"
    )
    own.stop()
    own.start()
    step = DatabaseConfiguration(kit.plan())
    assert [one.key for one in step.look(kit.parts) if one.by_admin] == ["database.collation_server"]
    monkeypatch.setattr(option_files, "shipped", lambda file: file.name == "50-server.cnf")
    kit.attempt(step)
    trusted = "SELECT @@collation_server, @@log_bin_trust_function_creators"  # with a binary log, or triggers would need SUPER
    assert own.ask(trusted) == [("utf8mb4_unicode_ci", 1)]


def test_options_the_server_does_not_know_are_found_before_anything_is_written(kit: Kit, own: OwnServer) -> None:
    server = kit.server
    assert server.accepts("[mysqld]\nwait_timeout = 604800\n") == []
    assert any("wait_timout" in line for line in server.accepts("[mysqld]\nwait_timout = 604800\n"))
    assert any("STRICT_NONE" in line for line in server.accepts("[mysqld]\nsql-mode = STRICT_NONE\n"))
    assert any("adjusted" in line for line in server.accepts("[mysqld]\nmax_allowed_packet = 20\n"))


def test_a_host_without_a_server_is_a_difference_and_no_error(tmp_path: Path) -> None:
    kit = Kit(tmp_path, admin_socket=tmp_path / "nobody.sock")
    assert kit.keys(DatabaseConfiguration(kit.plan())) == ["database.settings"]
