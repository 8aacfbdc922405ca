"""Back to an older release and forward again on a real host: links, files and database together."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.crash.bench import Picture
from tests.integration.upgrade.upgrade_kit import MIDDLE, NEW, OF_20_10, OLD, Stages, same
from tests.remedies.follow import follow

pytestmark = pytest.mark.integration
KEPT = "SHOW DATABASES LIKE 'openemm\\_%'"


def runs_there(host: Stages, version: str) -> dict[str, Any]:
    """See by the status that a release answers, on a database that is complete; the status."""
    status = host.say("status").last
    assert (status["answers"], status["components"]["frontend"], status["database"]["missing"]) == (version, version, [])
    assert status["backend_runs"]
    assert not status["drift"]
    return status


def plugins(host: Stages) -> list[str]:
    """What there is of the folders that a start of 20.10 deletes (facts 17.1)."""
    return [name for name in ("birt-plugins", "emm-plugins") if (host.home / name / "sandbox.properties").is_file()]


def kept(host: Stages) -> list[str]:
    return [row[0] for row in host.query(KEPT)]


def test_back_to_20_04_up_again_and_back_to_19_10(upgraded: Stages) -> None:
    host = upgraded
    dumped = host.backup("hop2")
    assert not plugins(host)
    host.say("rollback", "--to", "20.04", "--yes").completed()
    assert plugins(host) == ["birt-plugins", "emm-plugins"]
    versions = runs_there(host, MIDDLE)["components"]
    assert {version[:5] for version in versions.values()} == {"20.04"}
    assert OF_20_10 not in host.versions()
    assert b"release_log_tbl" not in dumped
    assert not host.query("SHOW TABLES LIKE 'release_log_tbl'")  # facts 5.6: nothing of the newer release is left
    host.say("upgrade", "--to", "20.10", "--yes").completed()
    runs_there(host, NEW)
    assert not plugins(host)
    host.say("rollback", "--to", "19.10", "--yes").completed()
    runs_there(host, OLD)
    assert plugins(host) == ["birt-plugins", "emm-plugins"]
    kinds = [kind for kind, _ in host.ledger()]
    assert kinds.count("backup-restored") == 2
    assert host.say("audit", "verify").code == 0


def test_a_rollback_is_rolled_back_without_a_package_or_a_dump(upgraded: Stages, before: Picture) -> None:
    host = upgraded
    answer = host.say("rollback", "--yes")
    answer.completed()
    run = answer.last["run"]["id"]
    runs_there(host, OLD)
    assert plugins(host)
    shutil.rmtree(host.host / "packages")
    for dump in (host.host / "backups").glob("*/dump.sql.zst"):
        dump.unlink()
    host.say("rollback", "--run", run, "--yes").completed()
    runs_there(host, NEW)
    now = host.picture()
    previous = "release/backend/previous"  # of the vendor's menu: what ran before, whichever it was
    assert {**now.links, previous: ""} == {**before.links, previous: ""}
    assert (now.database, OF_20_10 in host.versions()) == (before.database, True)
    assert len(kept(host)) == 1  # that of 19.10; the other is in place


def test_a_rollback_that_fails_and_is_taken_back_leaves_the_host_as_it_was(
    upgraded: Stages, before: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = upgraded
    monkeypatch.setenv("ORCHESTRATE_MIGRATE_TIMEOUT", "3")
    host.hook("no-listen")
    answer = host.say("rollback", "--to", "20.04", "--yes")
    assert (answer.code, answer.state) == (1, "failed")
    host.mend("no-listen")
    assert plugins(host)
    abort = host.say("abort", "--yes")
    assert abort.state == "undone", abort.all[-3000:]
    same(host.picture(), before)
    runs_there(host, NEW)
    assert [name[-5:] for name in kept(host)] == ["_back"]  # what had been put in place is not thrown away


def test_an_upgrade_that_fails_and_undoes_itself_leaves_the_host_as_it_was(upgraded: Stages) -> None:
    host = upgraded
    host.say("rollback", "--to", "20.04", "--yes").completed()
    before = host.picture()
    host.hook("backend-fail")
    answer = host.say("upgrade", "--to", "20.10", "--yes", "--on-failure", "undo")
    host.mend("backend-fail")
    if answer.state == "undo-failed":  # the undo starts the backend, which the hook forbids: it is resumed
        answer = host.say("resume")
    assert answer.state == "undone", answer.all[-3000:]
    same(host.picture(), before)


def test_the_plan_names_what_would_be_lost_and_changes_nothing(upgraded: Stages, before: Picture) -> None:
    host = upgraded
    host.query("INSERT INTO customer_1_tbl (customer_id, email, gender, mailtype) VALUES (900001, 'n@x.test', 2, 1)")
    host.query("INSERT INTO mailing_tbl (mailing_id, company_id, shortname) VALUES (900001, 1, 'x')")
    plan = host.say("rollback", "--to", "20.04", "--plan")
    assert plan.code == 0
    found = plan.last
    assert found["loss"]["named"] == {"recipients": 1, "mailings": 1}
    assert found["loss"]["tables"] == {"customer_1_tbl": 1, "mailing_tbl": 1}  # nothing of what the upgrade wrote itself
    assert found["restore"]["verified"]
    assert found["restore"]["backup"].endswith("-hop2")
    assert found["restore_seconds"] > 0
    assert found["components"]["frontend"] == MIDDLE
    assert host.picture().links == before.links
    assert len(host.say("runs").last["runs"]) == 1


def test_without_the_database_the_gap_in_the_schema_is_named_first(upgraded: Stages) -> None:
    found = upgraded.say("rollback", "--to", "20.04", "--without-database", "--plan").last
    assert found["restore"] is None
    assert {"plugins_tbl", "company_tbl.expire_cookie"} <= set(found["misses"])  # facts 13.3
    assert {"admin_to_group_tbl", "config_tbl.description"} <= set(found["unknown"])
    assert upgraded.say("rollback", "--to", "19.10", "--without-database", "--plan").code == 0  # its schema is known, too


def test_a_dump_of_the_active_release_is_restored_and_what_it_replaces_is_kept_until_forgotten(upgraded: Stages) -> None:
    host = upgraded
    backup = host.say("backup", "create").last["backup"]["id"]
    host.query("INSERT INTO customer_1_tbl (customer_id, email, gender, mailtype) VALUES (900001, 'n@x.test', 2, 1)")
    answer = host.say("backup", "restore", backup, "--yes")
    answer.completed()
    count = "SELECT COUNT(*) FROM customer_1_tbl WHERE customer_id = 900001"
    [name] = kept(host)
    assert (host.query(count), host.query(count, database=name)) == (((0,),), ((1,),))
    runs_there(host, NEW)
    needed = host.say("backup", "prune").last
    assert not needed["changed"]
    host.say("runs", "forget", answer.last["run"]["id"], "--yes")
    assert not kept(host)


def test_prune_leaves_what_a_rollback_needs_and_says_so(upgraded: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    host = upgraded
    for name in ("KEEP", "DAYS"):
        monkeypatch.setenv(f"ORCHESTRATE_BACKUPS_{name}", "0")
    older = host.say("backup", "create").last["backup"]["id"]
    newer = host.say("backup", "create").last["backup"]["id"]
    host.say("backup", "create", "--no-verify")
    pruned = host.say("backup", "prune", "--yes").last
    gone = {fate["name"] for fate in pruned["fates"] if fate["remove"]}
    left = {backup["id"] for backup in host.say("backup", "list").last["backups"]}
    assert older in gone
    assert len(gone) == 2  # and the one that was never proven
    assert left == {fate["name"] for fate in pruned["fates"] if not fate["remove"]}
    assert newer in left
    assert {name.rpartition("-")[2] for name in left} >= {"hop1", "hop2"}
    assert host.say("rollback", "--plan").code == 0
    folders = [(fate["name"][-5:], fate["remove"]) for fate in pruned["fates"] if fate["kind"] == "kept folders"]
    assert folders == [("-hop2", False)]
    host.say("rollback", "--yes").completed()
    assert plugins(host)
    for backup in (host.host / "backups").iterdir():
        shutil.rmtree(backup)  # nothing is left to roll back to: what was kept for that may go
    pruned = host.say("backup", "prune", "--yes").last
    assert [fate["remove"] for fate in pruned["fates"] if fate["kind"] == "kept folders"] == [True]
    assert not list((host.host / "state/kept-files").glob("*-hop2"))


def test_the_database_of_another_application_is_not_replaced(upgraded: Stages) -> None:
    """OpenEMM's user may write dbcfg, and root's account could do all with whatever it names."""
    host, file = upgraded, upgraded.home / "etc/dbcfg"
    host.query("CREATE DATABASE payroll", database=None)
    host.query("CREATE TABLE salary AS SELECT seq FROM seq_1_to_2", database="payroll")
    theirs = file.read_text().replace("name=openemm", "name=payroll").replace("/openemm?", "/payroll?")
    host.until("rollback.stop", "rollback", "--to", "19.10", "--yes")
    file.write_text(theirs)
    error = host.say("resume").failed("rollback.restore", "database-changed")
    assert host.query("SELECT COUNT(*) FROM salary", database="payroll") == ((2,),)
    follow(error["next"][0], site=host.host)
    file.write_text(file.read_text().replace("/payroll?", "/openemm?"))
    host.say("resume").completed()
    runs_there(host, OLD)
    assert host.query("SELECT COUNT(*) FROM salary", database="payroll") == ((2,),)
