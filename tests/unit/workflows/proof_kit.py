"""A host in memory that runs a proven 20.04, one run on it, and a list of what was done to it in its order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from workflows.host.application import AppState, HttpAnswer, LogMark
from workflows.host.database import Report, StartupJob
from workflows.model.plans import Component, Hop, LineRules, PackageKind, Release, StagedTree
from workflows.rules.proof import LAYOUT_ITEMS
from workflows.rules.trees import to_json

OLD, NEW = "19.10.000.170", "20.04.000.200"
STARTED = "INFO Server startup in 11234 ms\n"
MIGRATES = ("config-values", "company-values", "layout", "reports", "startup-jobs")
RULES = LineRules("20.04", migrates=MIGRATES, config_keys=("birt.privatekey",), has_release_log=True, deletes=("emm-plugins",))
HOP = Hop(1, OLD, Release(NEW, ()), RULES, final=True)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TREES = tuple(
    StagedTree(component, kind, version, f"release/{kind}", "00")
    for component, kind, version in (
        (Component.FRONTEND, PackageKind.GUI, NEW),
        (Component.BACKEND, PackageKind.BACKEND, "20.04.000.126"),
    )
)


class Site:
    """Context and host in one. What the application or the database is told to do stands in `did`."""

    run, attempt = "7K3Q", 1

    def __init__(self) -> None:
        self.did: list[str] = []
        self.frontend = self.backend = True
        self.asked = 0
        self.log, self.answer, self.page = STARTED, HttpAnswer(200, NEW), HttpAnswer(200, "")
        self.versions = {"19.10.002", "20.01.368", "20.04.394"}
        self.mandatory = {"20.01.368", "20.04.394"}
        self.jobs = [StartupJob(1, "Job", 1, enabled=True, state=2)]
        self.companies: list[int] = []
        self.layout = dict.fromkeys(LAYOUT_ITEMS, True)
        self.config = {"system.url": [(None, "https://mail.example.com")], "birt.privatekey": [(None, "key")]}
        self.reports = [Report(1, ("a@example.com",), "x", "y", None, "a@example.com", due=True)]
        self.other: Any = None
        self.rows = [(NEW, NOON)]
        self.active = {tree.component: tree.version for tree in TREES}
        self.folders: Sequence[str] = ()
        before = {"clock": NOON.timestamp() + 60, "release": [NEW, NOON.timestamp()], "open": False}  # not its first start
        self.intents: dict[str, dict[str, Any]] = {
            "hop1.stop": {"frontend": True, "backend": True},
            "hop1.database": {"versions": ["19.10.002"], "files": [{"version": "20.01.368"}, {"version": None}]},
            "hop1.carry": {"values": {"system.url": "https://mail.example.com"}},
            "hop1.start": {"mark": [1, 1], "before": before},
            "hop1.record": {"before": {"frontend": OLD}},
        }
        self.step = "hop1.start"
        self.facts = {"stage": {"hop1": [to_json(tree) for tree in TREES]}}
        self.host = SimpleNamespace(
            home_path="/home/openemm", application=self._application(), database=self._database(), home=self._home()
        )

    # --- the host -----------------------------------------------------------------------------------------------------

    def _does(self, what: str, **becomes: Any) -> Callable[..., None]:
        def act(*_: object) -> None:
            self.did.append(what)
            vars(self).update(becomes)

        return act

    def _application(self) -> SimpleNamespace:
        return SimpleNamespace(
            state=lambda: AppState(frontend=self.frontend, backend=self.backend),
            start_frontend=self._does("start frontend", frontend=True),
            stop_frontend=self._does("stop frontend", frontend=False),
            start_backend=self._does("start backend", backend=True), stop_backend=self._does("stop backend", backend=False),
            hold=self._does("hold"), release=self._does("release"), services_down=dict,
            log_mark=lambda: LogMark(1, 2), log_since=lambda mark: self.log, version=lambda: self.answer,
            database_round_trip=self._page, wait=lambda seconds: None,
        )  # fmt: skip

    def _page(self, limit: float) -> HttpAnswer:
        self.asked += 1
        return self.page

    def _database(self) -> SimpleNamespace:
        def empty_layout() -> None:
            self.did.append("empty layout")
            self.layout = dict.fromkeys(LAYOUT_ITEMS, True)  # as the next start fills it

        def reset(job: int) -> None:
            self.did.append(f"reset job {job}")
            self.jobs = [StartupJob(job, "Job", 1, enabled=True, state=2)]

        return SimpleNamespace(
            versions=lambda: frozenset(self.versions), startup_jobs=lambda: self.jobs,
            companies_not_migrated=lambda: self.companies, layout_items=lambda: self.layout, config=lambda: self.config,
            reports=lambda: self.reports, other_database=lambda: self.other, release_log=lambda application: self.rows,
            clock=lambda: NOON, empty_layout=empty_layout, reset_startup_job=reset, schema=lambda: {"a_tbl": ["id"]},
        )  # fmt: skip

    def _home(self) -> SimpleNamespace:
        def put_back(names: Sequence[str]) -> Sequence[str]:
            self.did.append(f"put back {', '.join(names)}")
            return self.folders

        def keep(folders: Collection[str], name: str) -> None:
            self.did.append(f"keep {', '.join(folders)} as {name}")

        return SimpleNamespace(
            mandatory_versions=lambda folder: frozenset(self.mandatory), active=lambda: self.active,
            put_back_folders=put_back, keep_folders=keep,
        )  # fmt: skip

    # --- the run ------------------------------------------------------------------------------------------------------

    @property
    def intent(self) -> Mapping[str, Any]:
        return self.intent_of(self.step)

    def intent_of(self, step: str) -> Mapping[str, Any]:
        return self.intents.get(step, {})

    def facts_of(self, step: str) -> Mapping[str, Any]:
        return self.facts.get(step, {})

    def remember(self, **facts: Any) -> None:
        self.intents.setdefault(self.step, {}).update(facts)

    def report(self, *what: object) -> None:
        """Nobody looks."""

    def note(self, message: str, **facts: Any) -> None:
        """Nobody reads it."""

    def pause_point(self) -> None:
        """Nobody asks."""
