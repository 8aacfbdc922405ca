"""A site is its home: what it is filed under does not change with the name of its host, and no home has two."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orchestrator.identity import FILE, claim, is_known, key_of
from orchestrator.settings import Settings


def settings(folder: Path, home: str = "home", **more: Any) -> Settings:
    return Settings(home=folder / home, state=folder / "state", packages="none", **more)


def filed(folder: Path, *sites: str) -> None:
    """A store of version 0.1.0, as far as it matters here."""
    (folder / "state").mkdir()
    with closing(sqlite3.connect(folder / "state/state.db")) as store:
        store.execute("CREATE TABLE runs (site TEXT)")
        store.execute("CREATE TABLE sites (site TEXT)")
        store.executemany("INSERT INTO runs VALUES (?)", [(site,) for site in sites])
        store.commit()


def test_a_new_site_is_filed_under_its_name_of_that_day_for_good(tmp_path: Path) -> None:
    assert key_of(settings(tmp_path, name="mail1")) == "mail1"
    assert not is_known(settings(tmp_path, name="mail1"))
    assert claim(settings(tmp_path, name="mail1"), []) is None
    for name in ("mail1", "renamed", "renamed-again"):
        assert is_known(settings(tmp_path, name=name))
        assert key_of(settings(tmp_path, name=name)) == "mail1"
        assert claim(settings(tmp_path, name=name), ["mail1", name]) is None
    assert key_of(settings(tmp_path)) == "mail1", "without a name it has the host's"


def test_a_home_is_the_same_by_whatever_way_it_is_reached(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "way").symlink_to("home")
    claim(settings(tmp_path, name="mail1"), [])
    assert key_of(settings(tmp_path, "way", name="other")) == "mail1"


def test_two_homes_never_share_a_key(tmp_path: Path) -> None:
    claim(settings(tmp_path, "one", name="mail"), [])
    claim(settings(tmp_path, "two", name="mail"), ["mail"])
    keys = [key_of(settings(tmp_path, home, name="mail")) for home in ("one", "two")]
    assert keys[0] == "mail"
    assert keys[1].startswith("mail-")
    assert keys[1] != keys[0]


def test_what_an_older_version_filed_under_the_same_name_is_this_sites(tmp_path: Path) -> None:
    filed(tmp_path, "mail1", "other")
    assert key_of(settings(tmp_path, name="mail1")) == "mail1"
    assert claim(settings(tmp_path, name="mail1"), ["mail1", "other"]) is None


def test_what_an_older_version_filed_under_the_hosts_former_name_is_adopted_and_said(tmp_path: Path) -> None:
    filed(tmp_path, "former")
    assert key_of(settings(tmp_path)) == "former"
    assert claim(settings(tmp_path), ["former"]) == "former"
    assert key_of(settings(tmp_path)) == "former"


@pytest.mark.parametrize("sites", [["one", "two"], []])
def test_what_may_be_another_sites_is_not_adopted(tmp_path: Path, sites: list[str]) -> None:
    filed(tmp_path, *sites)
    assert claim(settings(tmp_path), sites) is None
    assert key_of(settings(tmp_path)) not in sites


def test_a_site_that_says_its_name_adopts_no_other(tmp_path: Path) -> None:
    filed(tmp_path, "former")
    assert claim(settings(tmp_path, name="mine"), ["former"]) is None
    assert key_of(settings(tmp_path, name="mine")) == "mine"


def test_a_name_that_another_machine_has_in_a_shared_store_is_not_taken(tmp_path: Path) -> None:
    assert claim(settings(tmp_path, name="mail"), ["mail"], foreign=["mail"]) is None
    assert key_of(settings(tmp_path, name="mail")).startswith("mail-")


def test_the_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    claim(settings(tmp_path, name="mail1"), [])
    assert (tmp_path / "state" / FILE).stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "state" / FILE).read_text()) == {str(tmp_path / "home"): "mail1"}
