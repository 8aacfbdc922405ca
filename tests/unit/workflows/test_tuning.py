from __future__ import annotations

from workflows.rules.tuning import GIB, INDEXES, MIB, judge, missing_indexes

GOOD = {
    "innodb_buffer_pool_size": str(8 * GIB), "innodb_log_file_size": str(256 * MIB), "innodb_file_per_table": "ON",
    "max_allowed_packet": str(16 * MIB), "wait_timeout": "604800", "character_set_server": "utf8mb4",
    "collation_server": "utf8mb4_unicode_ci", "lower_case_table_names": "1",
    "sql_mode": "NO_ENGINE_SUBSTITUTION,STRICT_ALL_TABLES,NO_AUTO_CREATE_USER",
}  # fmt: skip


def lines(memory: int | None = 16 * GIB, attachment: int | None = None, **changed: str) -> list[str]:
    return [one.line for one in judge({**GOOD, **changed}, memory, attachment) if one.line]


def test_a_server_as_the_guide_wants_it_needs_no_line() -> None:
    assert lines() == []
    assert {one.suggested for one in judge(GOOD, 16 * GIB)} == {None}
    assert all(one.source.startswith("guide ") for one in judge(GOOD, 16 * GIB))


def test_the_pool_is_half_of_the_memory_and_the_log_a_quarter_of_it_up_to_256_mib() -> None:
    small = {"innodb_buffer_pool_size": str(128 * MIB), "innodb_log_file_size": str(5 * MIB)}
    assert lines(16 * GIB, **small) == ["innodb_buffer_pool_size = 8G", "innodb_log_file_size = 256M"]
    assert lines(1 * GIB, **small) == ["innodb_buffer_pool_size = 512M", "innodb_log_file_size = 128M"]
    assert lines(int(23.5 * GIB), **small)[0] == "innodb_buffer_pool_size = 11G"


def test_a_pool_near_what_is_suggested_is_good_and_one_beyond_half_is_not() -> None:
    assert lines(innodb_buffer_pool_size=str(7 * GIB)) == []
    assert lines(innodb_buffer_pool_size=str(12 * GIB)) == ["innodb_buffer_pool_size = 8G"]
    assert lines(innodb_log_file_size=str(512 * MIB)) == ["innodb_log_file_size = 256M"]


def test_nothing_is_said_of_the_memory_of_another_host() -> None:
    assert lines(None, innodb_buffer_pool_size=str(128 * MIB), innodb_log_file_size=str(32 * MIB)) == []


def test_a_packet_holds_the_largest_attachment() -> None:
    assert lines(max_allowed_packet=str(1 * MIB)) == ["max_allowed_packet = 10M"]
    assert lines(attachment=20 * MIB) == ["max_allowed_packet = 24M"]


def test_exactly_three_modes_are_good() -> None:
    wanted = ['sql-mode = "STRICT_ALL_TABLES,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION"']
    assert lines(sql_mode="STRICT_ALL_TABLES") == wanted
    assert lines(sql_mode=GOOD["sql_mode"] + ",ANSI") == wanted
    assert lines(sql_mode="") == wanted


def test_the_other_settings_of_the_guide() -> None:
    assert lines(wait_timeout="28800") == ["wait_timeout = 604800"]
    assert lines(character_set_server="latin1", collation_server="latin1_swedish_ci") == [
        "character_set_server = utf8mb4", "collation_server = utf8mb4_unicode_ci",
    ]  # fmt: skip
    assert lines(innodb_file_per_table="OFF") == ["innodb_file_per_table = 1"]


def test_the_case_of_names_is_never_a_line_to_copy() -> None:
    found = next(one for one in judge({**GOOD, "lower_case_table_names": "0"}, None) if one.name == "lower_case_table_names")
    assert (found.suggested, found.line) == ("1", None)


def test_what_a_server_does_not_have_is_left_out() -> None:
    assert judge({}, 16 * GIB) == []


def test_indexes_that_are_missing_are_told_in_the_order_of_the_companies() -> None:
    first, second = INDEXES.values()
    tables = {
        "customer_10_binding_tbl": [["customer_id"], list(first)],
        "customer_2_binding_tbl": [[*first, "more"], list(second)],
        "customer_1_binding_tbl": [list(reversed(first)), list(second)],
    }
    assert missing_indexes(tables) == [
        "CREATE INDEX `custbind1$mldid_user_cuid$idx` ON `customer_1_binding_tbl` (mailinglist_id, user_status, customer_id);",
        f"CREATE INDEX `custbind10$user_mldid_cuid$idx` ON `customer_10_binding_tbl` ({', '.join(second)});",
    ]
