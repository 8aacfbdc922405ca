"""Switches and rollbacks as plans: what is found for them on a host, and what their steps are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.plans.switch import newest, same, tomcat_links, trees_for, versions_of
from orchestrator.plans.workflows import WORKFLOWS, plan_from_json, plan_to_json, steps_of
from workflows.host.application import AppState
from workflows.host.home import InstalledTree
from workflows.model.errors import RefusedError, UsageError, WorkflowError
from workflows.model.moves import RestorePoint, RollbackPlan, SwitchPlan
from workflows.model.plans import Component, Hop, LineRules, Link, PackageKind, Release, StagedTree
from workflows.model.version import Version
from workflows.rules.loss import more_rows, of_people, written_since

K = PackageKind
COMPONENTS = {K.RUNTIME: Component.RUNTIME, K.BACKEND: Component.BACKEND, K.MANUAL: Component.MANUAL}
POINT = RestorePoint(datetime(2026, 1, 2, tzinfo=UTC), ("19.10.002",), {"a_tbl": 2}, backup="7K3Q-hop1")


def tree(kind: PackageKind, version: str, folder: str = "") -> StagedTree:
    return StagedTree(COMPONENTS.get(kind, Component.FRONTEND), kind, version, folder or f"release/{kind}/{version}", "")


class FakeHome:
    def __init__(self, trees: Sequence[InstalledTree], tomcats: Mapping[str, str], link: str | None) -> None:
        self.installed = lambda: trees
        self.tomcats = lambda: tomcats
        self.read_links = lambda paths: [Link(path, link) for path in paths]


def host(*trees: StagedTree | InstalledTree, tomcats: Mapping[str, str] | None = None, link: str | None = None) -> Any:
    found = [one if isinstance(one, InstalledTree) else InstalledTree(one) for one in trees]
    machine = SimpleNamespace(facts=dict)
    return SimpleNamespace(home=FakeHome(found, tomcats or {}, link), home_path="/home/openemm", system=machine)


FRONTEND = [tree(kind, "20.10.000.152") for kind in (K.GUI, K.STATISTICS, K.WEBSERVICES)]
HOP = Hop(1, "20.10.000.152", Release("20.04.000.200", ()), LineRules("20.04"), final=True, name="rollback")
ROLLBACK = RollbackPlan(source="20.10.000.152", target="20.04.000.200", hop=HOP, trees=tuple(FRONTEND), point=POINT)
SWITCH = SwitchPlan(
    source="1", target="2", hop=replace(HOP, name="switch"), trees=(tree(K.RUNTIME, "2"),), component=Component.RUNTIME
)


def test_a_frontend_is_gui_statistics_and_webservices_together() -> None:
    assert [one.kind for one in trees_for(host(*FRONTEND), {Component.FRONTEND: "20.10.000.152"})] == [
        one.kind for one in FRONTEND
    ]


def test_a_part_that_this_host_never_had_is_not_asked_for() -> None:
    found = trees_for(host(*FRONTEND[:2]), {Component.FRONTEND: "20.10.000.152"})
    assert [one.kind for one in found] == [K.GUI, K.STATISTICS]


def test_a_part_that_is_there_in_another_version_only_is_missed() -> None:
    with pytest.raises(UsageError, match="no webservices") as caught:
        trees_for(host(*FRONTEND[:2], tree(K.WEBSERVICES, "20.04.000.200")), {Component.FRONTEND: "20.10.000.152"})
    assert caught.value.detail == ("there is webservices 20.04.000.200",)


def test_two_trees_of_one_version_are_not_chosen_from() -> None:
    with pytest.raises(RefusedError) as caught:
        trees_for(host(tree(K.BACKEND, "20.10.1", "a"), tree(K.BACKEND, "20.10.001", "b")), {Component.BACKEND: "20.10.001"})
    assert caught.value.error_key == "version-ambiguous"
    assert caught.value.detail == ("/home/openemm/a", "/home/openemm/b")


def test_a_tree_that_is_not_whole_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(RefusedError, match=r"lacks WEB-INF/web\.xml") as caught:
        trees_for(host(InstalledTree(FRONTEND[0], ("WEB-INF/web.xml",))), {Component.FRONTEND: "20.10.000.152"})
    assert caught.value.error_key == "release-incomplete"


def test_a_line_means_its_newest_version_by_number() -> None:
    there = host(*(tree(K.BACKEND, version) for version in ("20.10.000.97", "20.10.000.152", "20.04.000.200", "unknown")))
    assert newest(there, Component.BACKEND, Version.parse("20.10")) == "20.10.000.152"
    assert versions_of(there, Component.BACKEND)[-1] == "unknown"


@pytest.mark.parametrize(
    ("frontend", "link", "tomcats", "wanted"),
    [
        ("20.10.000.152", None, {}, ()),
        ("20.10.000.152", "apache-tomcat-9.0.43", {"opt/apache-tomcat-9.0.43": "9.0.43"}, ()),
        ("21.04.000.118", "apache-tomcat-9.0.43", {"opt/apache-tomcat-9.0.43": "9.0.43"}, ()),
        ("21.10.000.108", "apache-tomcat-10.1.1", {"opt/apache-tomcat-10.1.1": "10.1.1"}, ()),
        ("25.11.078", "apache-tomcat-11.0.2", {"opt/apache-tomcat-11.0.2": "11.0.2"}, ()),
        ("25.11.078", "/usr/share/tomcat", {}, ()),  # not known: not judged
        ("21.10.000.108", "apache-tomcat-9.0.43", {"opt/apache-tomcat-9.0.43": "9.0.43", "opt/apache-tomcat-10.1.9": "10.1.9",
         "opt/apache-tomcat-10.1.10": "10.1.10"}, (Link("opt/tomcat", "apache-tomcat-10.1.10"),)),
    ],
)  # fmt: skip
def test_tomcat_fits_the_version_or_is_switched_along(
    frontend: str, link: str | None, tomcats: Mapping[str, str], wanted: tuple[Link, ...]
) -> None:
    assert tomcat_links(host(tomcats=tomcats, link=link), frontend) == wanted


def test_without_a_fitting_tomcat_it_is_refused() -> None:
    there = host(tomcats={"opt/apache-tomcat-9.0.43": "9.0.43"}, link="apache-tomcat-9.0.43")
    with pytest.raises(RefusedError, match=r"runs on Tomcat 10 or 11, and opt/tomcat is 9\.0\.43"):
        tomcat_links(there, "21.10.000.001")


def test_the_catalogue_says_which_tomcats_a_line_takes() -> None:
    there = host(tomcats={"opt/apache-tomcat-10.1.1": "10.1.1"}, link="apache-tomcat-10.1.1")
    assert tomcat_links(there, "25.11.078") == ()
    with pytest.raises(RefusedError, match=r"26\.05\.001 runs on Tomcat 11, and opt/tomcat is 10\.1\.1"):
        tomcat_links(there, "26.05.001")


@pytest.mark.parametrize(("one", "other", "are"), [("20.10.1", "20.10.001", True), ("unknown", "20.10", False), ("x", "x", True)])
def test_versions_are_the_same_by_number(one: str, other: str, are: bool) -> None:
    assert same(one, other) is are


def test_the_steps_of_a_rollback_in_their_order() -> None:
    assert [step.name.removeprefix("rollback.") for step in steps_of("rollback", ROLLBACK)] == [
        "wait-for-dispatch", "stop", "restore", "links", "start", "migrate", "verify", "backend", "record",
    ]  # fmt: skip


def test_within_a_line_nothing_is_restored() -> None:
    assert "rollback.restore" not in [step.name for step in steps_of("rollback", replace(ROLLBACK, point=None))]


def test_a_manual_is_switched_without_a_stop() -> None:
    assert [step.name for step in steps_of("switch", replace(SWITCH, component=Component.MANUAL))] == [
        "switch.links",
        "switch.record",
    ]
    assert "switch.stop" in [step.name for step in steps_of("switch", SWITCH)]


@pytest.mark.parametrize(("workflow", "plan"), [("rollback", ROLLBACK), ("restore", ROLLBACK), ("switch", SWITCH)])
def test_a_plan_comes_back_from_json_as_it_was(workflow: str, plan: Any) -> None:
    import json

    again = plan_from_json(workflow, json.loads(json.dumps(plan_to_json(plan))))
    assert again == plan
    assert type(again) is WORKFLOWS[workflow].plan


def test_rows_are_told_by_how_many_more_there_are_now() -> None:
    assert more_rows({"A_tbl": 5, "b_tbl": 5}, {"a_tbl": 7, "b_tbl": 2, "new_tbl": 9}) == {"new_tbl": 9, "a_tbl": 2}


def test_a_plan_of_an_older_tool_learns_which_folders_its_start_deletes() -> None:
    data = plan_to_json(replace(ROLLBACK, hop=replace(HOP, rules=LineRules("20.10"))))
    del data["hop"]["rules"]["deletes"]
    again: Any = plan_from_json("rollback", data)
    assert again.hop.rules.deletes == ("emm-plugins", "birt-plugins")
    assert "deletes" not in data["hop"]["rules"]


def test_what_the_upgrade_left_is_not_what_people_wrote() -> None:
    point = replace(POINT, rows={"customer_1_tbl": 5, "config_tbl": 8, "new_tbl": 0}, left={"config_tbl": 40, "new_tbl": 7})
    now = {"Customer_1_tbl": 6, "config_tbl": 41, "new_tbl": 7, "messages_tbl": 900}
    assert written_since(point, now) == {"Customer_1_tbl": 1, "config_tbl": 1}


def test_where_nobody_counted_what_an_upgrade_left_the_tables_it_fills_do_not_count() -> None:
    point = replace(POINT, rows={"customer_1_tbl": 5})
    now = {"customer_1_tbl": 6, "config_tbl": 40, "layout_tbl": 4, "agn_dbversioninfo_tbl": 234, "plugins_tbl": 2}
    assert written_since(point, now) == {"plugins_tbl": 2, "customer_1_tbl": 1}


def test_tables_of_one_company_and_mailings_are_peoples() -> None:
    tables = ["customer_1_tbl", "customer_12_binding_tbl", "rdirlog_1_tbl", "mailing_tbl", "config_tbl", "mailing_account_tbl"]
    assert of_people(tables) == tables[:4]


class FakeBackups:
    """Says what was asked of it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []

    def restore(self, backup: str, *, keep_as: str, progress: Any) -> None:
        self.calls.append(("restore", backup, keep_as))

    def restore_kept(self, kept: str, *, keep_as: str, progress: Any) -> None:
        self.calls.append(("put back", kept, keep_as))

    def take_back(self, kept: str, *, keep_as: str, progress: Any) -> bool:
        self.calls.append(("take back", kept, keep_as))
        return True


def a_context(backups: FakeBackups) -> Any:
    def fail() -> Mapping[str, int]:
        raise WorkflowError("the database does not answer")

    machine = SimpleNamespace(now=lambda: datetime(2026, 11, 22, tzinfo=UTC))
    return SimpleNamespace(
        host=SimpleNamespace(
            backups=backups, system=machine, database=SimpleNamespace(row_counts=fail),
            application=SimpleNamespace(state=lambda: AppState(frontend=False, backend=False)),
        ),
        run="7K3Q", intent={},
    )  # fmt: skip


def test_the_replaced_database_is_kept_under_a_name_with_run_and_date_and_undo_swaps_it_back() -> None:
    backups = FakeBackups()
    ctx = a_context(backups)
    step = steps_of("rollback", ROLLBACK)[2]
    ctx.intent = step.prepare(ctx)
    assert ctx.intent == {"keep_as": "openemm_kept_7k3q_20261122", "left_behind": {"unknown": "the database does not answer"}}
    step.do(ctx)
    step.undo(ctx)
    kept = "openemm_kept_7k3q_20261122"
    assert backups.calls == [("restore", "7K3Q-hop1", kept), ("take back", kept, f"{kept}_back")]


def test_a_roll_forward_needs_no_dump() -> None:
    backups = FakeBackups()
    ctx = a_context(backups)
    point = replace(POINT, backup=None, kept="openemm_kept_aaaa_20261101")
    step = steps_of("rollback", replace(ROLLBACK, point=point))[2]
    ctx.intent = step.prepare(ctx)
    step.do(ctx)
    assert backups.calls == [("put back", "openemm_kept_aaaa_20261101", "openemm_kept_7k3q_20261122")]


def test_a_restore_that_never_began_takes_nothing_back() -> None:
    backups = FakeBackups()
    assert steps_of("rollback", ROLLBACK)[2].undo(a_context(backups)) == ()
    assert not backups.calls
