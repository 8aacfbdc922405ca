"""The files of the packages as text: what facts 5.3, 5.5 and 13.1 say of them."""

from __future__ import annotations

import pytest

from orchestrator.sandbox.database import LINES, bundle, update_versions
from orchestrator.sandbox.database.bundles import OPENEMM_ONLY, UPDATES, file_name
from orchestrator.sandbox.database.schema import history

SIZES = {"19.10": 29, "20.04": 41, "20.10": 62}
WITHOUT_FINAL_NEWLINE = {"19.10": 2, "20.04": 4, "20.10": 6}


def updates(line: str) -> dict[str, str]:
    return {version: bundle(line)[f"sql/mysql/{file_name(version)}"] for version in update_versions(line)}


@pytest.mark.parametrize("line", LINES)
def test_the_mandatory_list_names_exactly_the_updates_of_its_package(line: str) -> None:
    files = bundle(line)
    versions = files["classes/mandatoryDbChanges_mysql.csv"].split()
    names = [name for name in files if "-update-" in name]
    assert names == sorted(names)
    assert len(versions) == SIZES[line]
    assert [f"sql/mysql/{file_name(version)}" for version in versions] == names


@pytest.mark.parametrize("line", LINES)
def test_every_update_ends_by_recording_itself_and_nothing_else(line: str) -> None:
    for version, text in updates(line).items():
        assert text.count("INSERT INTO agn_dbversioninfo_tbl") == 1
        assert text.rstrip().splitlines()[-1].strip().lower() == f"values ('{version}', current_user, current_timestamp);"


def test_only_the_updates_of_openemm_lack_the_word_basic() -> None:
    named = {version for line in LINES for version in update_versions(line) if not file_name(version).endswith("-basic.sql")}
    assert named == OPENEMM_ONLY


@pytest.mark.parametrize("line", LINES)
def test_some_updates_have_no_final_newline(line: str) -> None:
    assert sum(not text.endswith("\n") for text in updates(line).values()) == WITHOUT_FINAL_NEWLINE[line]


def test_a_version_has_the_same_text_in_every_package_that_ships_it() -> None:
    shared = set(updates("20.04")) & set(updates("20.10"))
    assert shared == {"18.10.490", "19.10.000", "19.10.404", "20.07.383", "20.07.492"}
    assert all(updates("20.04")[version] == updates("20.10")[version] for version in shared)


def test_the_quirks_that_a_splitter_must_bear_are_there() -> None:
    everything = "\n".join(text for line in UPDATES for text in updates(line).values())
    for quirk in (
        "DELIMITER ;;", "DELIMITER $$", "END $$", "TEMP_PROCEDURE", "tmp_emm6955_proc", "tmp_emm7366_proc", "createIndices",
        "PREPARE stmt FROM @ddl; EXECUTE stmt; DEALLOCATE PREPARE stmt;", "-- SET DEFINE OFF;", "\ndelimiter VARCHAR",
        "\nsource VARCHAR", "current_user", "LAST_INSERT_ID()", "SET @place := (SELECT", "INTO @found",
        "HANDLER FOR SQLEXCEPTION", "\n-- and this is no comment;",
    ):  # fmt: skip
        assert quirk in everything, quirk
    for never in ("\r", "\ufeff", "/*!", "\nUSE ", "\n#"):
        assert never not in everything


def test_messages_hold_semicolons_quotes_umlauts_and_newlines() -> None:
    text = bundle("20.04")["sql/mysql/emm-mysql-messages.sql"]
    assert text.index("TRUNCATE messages_tbl;") < text.index("INSERT")
    assert text.count("INSERT INTO messages_tbl") > 190
    for quirk in ("\nDELIMITER $$\n", "\nsource datei.sql\n", "\\'", "''", "ä", "ß", "\n/* auch nicht", ";\n\nvierte"):
        assert quirk in text, quirk


def test_19_10_has_a_history_of_113_versions_none_of_which_an_update_brings() -> None:
    assert len(history()) == len(set(history())) == 113
    assert history() == sorted(history())
    assert not set(history()) & set(update_versions("19.10"))
