"""The packages' SQL on a real server, run as the vendor does: it must fail and pass where the real files do (facts 13)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pymysql
import pytest

from orchestrator.command import run
from orchestrator.sandbox.database import create_schema, update_versions
from orchestrator.sandbox.database.bundles import update_text

if TYPE_CHECKING:
    from conftest import Columns, MakeVendor, Vendor

pytestmark = pytest.mark.integration

ADDED_BY_20_04 = """
    birtreport_recipient_tbl{birtreport_id,email}
    birtreport_tbl{intervalpattern,lasthostname,lastresult,laststart,nextstart,running}
    cust1_ban_tbl{reason} dyn_target_tbl{complexity} landingpage_tbl{http_code} layout_tbl{company_id,item_name,data}
    license_tbl{change_date} mailing_tbl{locking_admin_id,locking_expire_timestamp}
    startup_job_tbl{id,classname,version,company_id,enabled,state,creation_date,change_date,description}
    ws_login_track_tbl{login_track_id,ip_address,creation_date,login_status,username}"""
REMOVED_BY_20_04 = """
    customer_1_tbl{facebook_status,foursquare_status,google_status,twitter_status,xing_status} rdir_action_tbl{action_sql}"""
ADDED_BY_20_10 = """
    admin_permission_tbl{permission_name} admin_group_permission_tbl{permission_name}
    company_permission_tbl{permission_name,creation_date,description} config_tbl{description,creation_date,change_date}
    auto_export_tbl{considerlastrun,maximum_retries,retrycount} auto_import_tbl{alwaysreport}
    bounce_translate_tbl{rule_id,active,shortname,description,creation_date,change_date}
    csv_imexport_description_tbl{creation_date_field,datatype,pre_import_action} emm_layout_base_tbl{theme_type}
    import_profile_tbl{datatype,mediatype} mailing_account_tbl{chunks,skip} prevent_table_drop{email_ban}"""
REMOVED_BY_20_10 = """
    birtreport_tbl{send_days,email,send_time,send_date,delivery_date} mailloop_tbl{ar_html,ar_sender,ar_subject,ar_text}
    company_tbl{maxadminmails,max_fields,expire_cookie,expire_stat,expire_bounce,expire_onepixel,expire_recipient}
    company_tbl{expire_success,expire_upload,max_login_fails,login_block_time}
    csv_imexport_description_tbl{change_date_from,change_date_till}"""
CONFIGURATION_BEFORE_THE_FIRST_START = {
    "system.licence", "system.support_emergency_url", "system.RdirLandingpage", "system.<hostname>[to be defined].IsActive",
    "mailloop.actionbased_autoresponder_ui", "system.defaultRdirDomain", "system.defaultMailloopDomain",
    "clean.mastercompany", "birt.privatekey", "birt.publickey",
}  # fmt: skip
NEW_TABLES_OF_20_10 = {
    "admin_to_group_tbl", "group_to_group_tbl", "release_log_tbl", "serverprio_tbl", "triggerdlg_fields_tbl",
    "ref_import_action_tbl",
}  # fmt: skip
MISSING_WHEN_SKIPPED = """
    19.07.{410,420,478,501,506,559} 19.10.{087,088,105,121,181,196,205,236,270,275,295,319,355,422,448,467}
    20.01.{008,018,023,062,225,257,300,315,460,504}"""

FAIL_TWICE = {
    1060: """19.07.{410,506,559} 19.10.{105,205,355,448} 20.01.618 20.04.{011,071,177,205,300,360,419} 20.07.{016,053,110,119}""",
    1062: """19.07.478 19.10.{087,196,275,467} 20.01.{225,315,504,368} 20.04.{178,272,295} 20.07.{058,229} 20.10.006""",
    1050: "19.10.{121,422} 20.01.{008,018,596} 20.04.250 20.07.{064,104}",
    1091: "19.10.{270,319} 20.04.331 20.07.{132,133}",
    1061: "19.07.420 20.01.{257,407}",
    1051: "20.07.283",
}
DOUBLED = {"19.10.404": "company_info_tbl", "20.01.023": "startup_job_tbl", "20.07.383": "config_tbl"}


def expanded(text: str, separator: str = "") -> set[str]:
    """`a{b,c}` -> ab, ac."""
    words = [word.partition("{") for word in text.split()]
    return {f"{head}{separator}{tail}" for head, _, tails in words for tail in tails.rstrip("}").split(",")}


def columns(text: str) -> set[tuple[str, ...]]:
    return {tuple(name.split(" ")) for name in expanded(text, " ")}


def change(before: Columns, after: Columns) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    return set(after) - set(before), set(before) - set(after)


def tables(of: Columns) -> set[str]:
    return {table for table, _ in of}


def dumped(vendor: Vendor) -> str:
    return run(
        ["mariadb-dump", "--no-defaults", f"--socket={vendor.server.socket}", "--single-transaction", "--hex-blob", "--routines",
         "--triggers", vendor.name], timeout=60,
    ).stdout  # fmt: skip


def test_the_documented_chain_fails_only_where_the_real_one_does(make_vendor: MakeVendor) -> None:
    vendor = make_vendor("chain", recipients=20)
    at_19_10, installed = vendor.columns(), vendor.versions()
    assert len(installed) == 142
    assert len(tables(at_19_10)) > 60
    assert len(vendor.pending("20.04")) == 35

    assert vendor.upgrade("20.04") == {"19.07.420": 1061}
    at_20_04 = vendor.columns()
    assert vendor.versions() == installed | set(update_versions("20.04")) - {"19.07.420"}
    assert len(vendor.versions()) == 176
    assert max(vendor.versions()) == "20.07.492"
    added, removed = change(at_19_10, at_20_04)
    assert added == columns(ADDED_BY_20_04)
    assert {name for name in removed if name[0] != "import_log_tbl"} == columns(REMOVED_BY_20_04)
    assert tables(at_19_10) - tables(at_20_04) == {"import_log_tbl"}
    assert vendor.pending("20.04") == ["19.07.420"]
    keys = {f"{group}.{name}" for group, name in vendor.query("SELECT class, name FROM config_tbl WHERE hostname IS NULL")}
    assert keys == CONFIGURATION_BEFORE_THE_FIRST_START
    dump = dumped(vendor)

    vendor.query("INSERT INTO company_info_tbl (company_id, cname, cvalue) VALUES (1, 'CompanyValuesMigrated', 'true')")
    assert len(vendor.pending("20.10")) == 57
    assert vendor.upgrade("20.10") == {}
    at_20_10 = vendor.columns()
    assert len(vendor.versions()) == 233
    assert vendor.pending("20.10") == []
    added, removed = change(at_20_04, at_20_10)
    assert {name for name in added if name[0] not in NEW_TABLES_OF_20_10} == columns(ADDED_BY_20_10)
    assert {name for name in removed if name[0] != "plugins_tbl"} == columns(REMOVED_BY_20_10)
    assert tables(at_20_10) - tables(at_20_04) == NEW_TABLES_OF_20_10
    assert tables(at_20_04) - tables(at_20_10) == {"plugins_tbl"}
    assert at_20_10["cust1_ban_tbl", "email"] == "varchar(150)"
    assert at_20_10["export_predef_tbl", "columns"] == "longtext"
    assert vendor.query("SELECT cname, cvalue FROM company_info_tbl WHERE cname LIKE 'Comp%' OR cname LIKE '%rebuild%'") == [
        ("recipient.binding_history.rebuild_trigger_on_startup", "true")
    ]
    assert vendor.query("SELECT COUNT(*) FROM customer_1_binding_tbl") == [(20,)]
    assert vendor.query("SELECT COUNT(*) FROM admin_group_permission_tbl WHERE admin_group_id = 1") == [(102,)]
    collations = (
        "SELECT DISTINCT table_collation FROM information_schema.tables WHERE table_schema = DATABASE() AND engine IS NOT NULL"
    )
    assert vendor.query(collations) == [("utf8mb4_unicode_ci",)]
    assert vendor.query("SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()") == [
        ("mail_domain",)
    ]
    assert vendor.query("SELECT value_de FROM messages_tbl WHERE message_key = 'error.delimiter'") == [
        ("Verboten:\nDELIMITER $$\nquit\n",)
    ]

    # the vendor's way back, over what is there: the next upgrade stops at a table that was left (facts 5.6)
    assert vendor.execute(dump) == 0
    assert tables(vendor.columns()) >= NEW_TABLES_OF_20_10
    failed = next((version, error) for version in vendor.pending("20.10") if (error := vendor.execute(update_text(version))))
    assert failed == ("20.01.596", 1050)


def test_skipping_20_04_is_seen_only_by_the_rights_and_by_the_set_of_versions(make_vendor: MakeVendor) -> None:
    vendor = make_vendor("skip")
    assert len(vendor.pending("20.10")) == 60
    assert vendor.upgrade("20.10") == {"userrights": 1452}
    assert vendor.query("SELECT COUNT(*) FROM admin_group_permission_tbl WHERE admin_group_id = 1") == [(12,)]
    assert set(update_versions("20.04")) - vendor.versions() == expanded(MISSING_WHEN_SKIPPED)
    assert {("import_log_tbl", "log_id"), ("rdir_action_tbl", "action_sql")} <= set(vendor.columns())
    assert not {"layout_tbl", "startup_job_tbl"} & tables(vendor.columns())


def test_updates_that_run_twice_fail_or_double_rows_as_the_real_ones_do(make_vendor: MakeVendor) -> None:
    """A crash leaves a file without its version row, so that the vendor's tool runs the whole file again (facts 5.4)."""
    vendor = make_vendor("twice", companies=3)
    errors: dict[str, int] = {}
    doubled: dict[str, set[str]] = {}
    for line in ("20.04", "20.10"):
        for version in vendor.pending(line):
            text = update_text(version)
            first = vendor.execute(text)
            assert first == (1061 if version == "19.07.420" else 0)
            vendor.query(f"DELETE FROM agn_dbversioninfo_tbl WHERE version_number = '{version}'")
            before = vendor.counts()
            if second := vendor.execute(text):
                errors[version] = second
                if version != "19.07.420":
                    vendor.query(f"INSERT INTO agn_dbversioninfo_tbl VALUES ('{version}', CURRENT_USER, CURRENT_DATE)")
            elif more := {table for table, count in vendor.counts().items() if count > before[table]} - {"agn_dbversioninfo_tbl"}:
                doubled[version] = more
    assert Counter(errors.values()) == {1060: 19, 1062: 15, 1050: 8, 1091: 5, 1061: 3, 1051: 1}
    assert errors == {version: error for error, text in FAIL_TWICE.items() for version in expanded(text)}
    assert doubled == {version: {table} for version, table in DOUBLED.items()}
    assert len(vendor.versions()) == 233


def test_a_crash_in_the_middle_of_20_07_283_can_never_be_rerun(make_vendor: MakeVendor) -> None:
    vendor = make_vendor("crash")
    text = update_text("20.07.283")
    assert vendor.execute(text[: text.index("ALTER TABLE company_tbl DROP COLUMN expire_stat")]) == 0
    assert vendor.execute(text) == 1051
    assert vendor.execute(text) == 1051


def test_what_a_loop_over_companies_did_before_a_crash_is_done_for_some_of_them(make_vendor: MakeVendor) -> None:
    vendor = make_vendor("loop", companies=4)
    vendor.query("ALTER TABLE cust3_ban_tbl ADD reason VARCHAR(500) NULL")
    assert vendor.execute(update_text("19.10.205")) == 1060
    having = {table for table, column in vendor.columns() if column == "reason" and table.startswith("cust")}
    assert having == {"cust1_ban_tbl", "cust2_ban_tbl", "cust3_ban_tbl"}


def test_data_can_make_an_update_fail(make_vendor: MakeVendor) -> None:
    vendor = make_vendor("data")
    vendor.query("INSERT INTO config_tbl (class, name, value, hostname) VALUES ('a', 'b', '1', 'h'), ('a', 'b', '2', 'h')")
    assert vendor.execute(update_text("20.01.407")) == 1062
    vendor.query("CREATE TABLE a_table_with_a_name_of_33_letters (t TEXT) CHARACTER SET latin1")
    assert vendor.execute(update_text("20.04.394")) == 1406


def test_companies_and_recipients_are_as_many_as_asked_for(make_vendor: MakeVendor) -> None:
    vendor = make_vendor("many", companies=4, recipients=70_000)
    assert vendor.query("SELECT status FROM company_tbl ORDER BY company_id") == [
        (s,) for s in ("active", "active", "inactive", "locked")
    ]
    assert vendor.query("SELECT COUNT(*), MAX(customer_id) FROM customer_1_tbl") == [(70_000, 70_000)]
    assert vendor.query("SELECT COUNT(*) FROM customer_1_binding_tbl") == [(70_000,)]
    assert {"customer_4_tbl", "cust4_ban_tbl", "hst_customer_4_tbl", "rdirlog_4_tbl"} <= tables(vendor.columns())
    assert [vendor.execute(update_text(version)) for version in ("20.01.018", "20.01.023")] == [0, 0]
    assert vendor.query("SELECT company_id, state FROM startup_job_tbl ORDER BY company_id") == [(1, 0), (2, 0), (3, 0)]


def test_the_data_is_of_every_kind_that_a_dump_must_carry(make_vendor: MakeVendor) -> None:
    vendor = make_vendor("kinds", recipients=3)
    assert vendor.query("SELECT binblock FROM component_tbl WHERE binblock IS NOT NULL")[0][0].startswith(b"\x89PNG\r\n")
    assert "😀" in vendor.query("SELECT emmblock FROM component_tbl WHERE emmblock IS NOT NULL")[0][0]
    assert vendor.query("SELECT mail_domain(email) FROM customer_1_tbl WHERE customer_id = 1") == [("domain1.test",)]
    assert vendor.query("SELECT mails FROM mailing_progress_view WHERE mailing_id = 1") == [(1501,)]
    assert vendor.query("SELECT no_of_mailings FROM mailing_account_sum_tbl WHERE mailing_id = 1") == [(1501,)]
    assert len(vendor.query("SELECT DISTINCT table_collation FROM information_schema.tables WHERE table_schema = DATABASE()")) > 3


def test_a_database_that_is_not_empty_is_refused(make_vendor: MakeVendor) -> None:
    vendor = make_vendor("full")
    with pytest.raises(pymysql.err.OperationalError, match="already exists"):
        create_schema(vendor.connection)
