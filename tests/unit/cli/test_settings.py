from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator import settings
from orchestrator.settings import SettingsError, load
from workflows.model.errors import UsageError

SECRET = "mysql+pymysql://state:s3cret@db/orchestrate"


def site(folder: Path, text: str) -> str:
    (folder / "site.toml").write_text(text)
    return str(folder)


def test_a_folder_names_the_site_file_in_it_and_a_file_itself(tmp_path: Path) -> None:
    site(tmp_path, 'name = "mail1"')
    assert load(str(tmp_path), {}).name == "mail1"
    assert load(str(tmp_path / "site.toml"), {}).name == "mail1"
    assert load(None, {"ORCHESTRATE_SITE": str(tmp_path)}).name == "mail1"


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    named = site(tmp_path, 'stop_timeout = 7\nhttp = "http://127.0.0.1:1"\n[database]\nsocket = "/a"\nadmin_user = "adm"')
    found = load(named, {"ORCHESTRATE_STOP_TIMEOUT": "9.5", "ORCHESTRATE_DATABASE_SOCKET": "/b", "ORCHESTRATE_FAULT": "commit:1"})
    assert (found.stop_timeout, found.http, found.start_timeout) == (9.5, "http://127.0.0.1:1", 120.0)
    assert (found.database.socket, found.database.admin_user) == (Path("/b"), "adm")


def test_the_flag_wins_over_the_environment(tmp_path: Path) -> None:
    named = site(tmp_path, 'name = "flag"')
    assert load(named, {"ORCHESTRATE_SITE": "/nowhere"}).name == "flag"


def test_relative_paths_of_a_site_file_are_relative_to_it(tmp_path: Path) -> None:
    found = load(site(tmp_path, 'home = "home"\nstate = "state"\npackages = "packages"\n[database]\nsocket = "db.sock"'), {})
    assert found.home == tmp_path / "home"
    assert found.packages == str(tmp_path / "packages")
    assert found.database.socket == tmp_path / "db.sock"


def test_packages_and_backups_lie_with_the_state_unless_told_otherwise(tmp_path: Path) -> None:
    found = load(site(tmp_path, 'state = "state"'), {})
    assert (found.packages, found.backups) == (str(tmp_path / "state/packages"), tmp_path / "state/backups")
    assert load(site(tmp_path, 'packages = "https://example.org/p/"'), {}).packages == "https://example.org/p/"


def test_a_site_without_a_name_has_that_of_its_host(tmp_path: Path) -> None:
    assert load(site(tmp_path, ""), {}).name == os.uname().nodename


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('hom = "/x"', "hom: is no setting"),
        ('[database]\nsockt = "/x"', "database.sockt: is no setting"),
        ('start_timeout = "5"', "start_timeout: input should be a valid number"),
        ("stop_timeout = 0", "stop_timeout: input should be greater than 0"),
        ("name = 5", "name: input should be a valid string"),
        ("database = 5", "database: input should be a valid dictionary"),
        ('http = "ftp://x"', "http: string should match pattern"),
        ("name = ", "Invalid value (at end of document)"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(site(tmp_path, text), {})
    assert raised.value.error_key == "settings-invalid"
    assert raised.value.exit_code == 2
    assert str(tmp_path / "site.toml") in raised.value.message
    assert told in raised.value.message


def test_what_is_wrong_in_the_environment_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ORCHESTRATE_STOP_TIMEOUT: input should be a valid number"):
        load(site(tmp_path, ""), {"ORCHESTRATE_STOP_TIMEOUT": "soon"})


def test_a_secret_is_never_echoed(tmp_path: Path) -> None:
    named = site(tmp_path, f'state_url = ["{SECRET}"]')
    with pytest.raises(SettingsError) as raised:
        load(named, {})
    assert "s3cret" not in str(raised.value.as_dict())
    assert "s3cret" not in repr(load(site(tmp_path, f'state_url = "{SECRET}"'), {}))


def test_a_site_that_is_not_there_is_a_usage_error_with_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        load(str(tmp_path / "nowhere"), {})
    assert raised.value.error_key == "site-not-found"
    assert raised.value.next


def test_without_a_site_the_installed_home_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SITE_FILE", tmp_path / "site.toml")
    with pytest.raises(UsageError, match="neither"):
        load(None, {"ORCHESTRATE_HOME": str(tmp_path)})
    (tmp_path / "webapps").mkdir()
    assert load(None, {"ORCHESTRATE_HOME": str(tmp_path)}).home == tmp_path
    (tmp_path / "site.toml").write_text('name = "installed"')
    assert load(None, {}).name == "installed"
