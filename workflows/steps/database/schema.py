"""OpenEMM's schema in the empty database: the package's full schema file, messages, updates and user rights (guide 5.3, facts 5).

Statement by statement and journaled, as in an upgrade. There is no dump to go back to, and none is needed: until this step is
done, dropping the database loses nothing that somebody made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.host.server import DatabaseServer
from workflows.model.errors import RefusedError, UnsettledError, WorkflowError
from workflows.model.installation import Difference
from workflows.model.plans import PackageKind
from workflows.model.step import Context, Done, Facts, LedgerNote, Probe
from workflows.rules.sql import files as sql
from workflows.rules.sql.run import FileResult, full_schema, in_order
from workflows.rules.trees import tree_of
from workflows.steps.database.user import not_empty
from workflows.steps.setup import SetupStep

KEY = "database.schema"


@dataclass(frozen=True)
class CreateSchema(SetupStep):
    """Begun only in a database without tables; what is there otherwise must be a whole schema, and is left alone."""

    part: ClassVar[str] = "schema"
    label: ClassVar[str] = "database schema"
    guide: ClassVar[tuple[str, ...]] = ("5.3",)

    def look(self, host: Host) -> Sequence[Difference]:
        """Whether there are tables; whether they are all of the release's is told by `do`, which knows the package."""
        server = self._server(host)
        if self._tables(server):
            return []
        return [Difference(KEY, "the tables of OpenEMM", None, f"those of {self.plan.target}")]

    def seen(self, host: Host) -> Facts:
        """How many tables there were: none is what allows this step to drop the database again."""
        server = self._server(host)
        return {"tables": self._tables(server), "database": self._database(server)}

    def probe(self, ctx: Context) -> Probe:
        """Never complete by looks: no version row tells of messages and user rights. `do` passes over what is done."""
        return Probe.PARTIAL if ctx.statements.records() or ctx.intent.get("anew") else Probe.NOT_STARTED

    def do(self, ctx: Context) -> Done:
        """Run the files that are not done, and see that no mandatory version is missing.

        Raises:
            RefusedError: "database-not-empty", tables that this run did not make are no whole schema.
            WorkflowError: "sql-failed", "sql-versions-missing", "full-schema-missing".
        """
        if ctx.intent["tables"]:
            return self._found(ctx)
        if not ctx.intent.get("changed"):
            ctx.remember(changed=[asdict(difference) for difference in self.look(ctx.host)])
        if ctx.intent.get("anew") or any(record.error for record in ctx.statements.records()):
            self._begin_anew(ctx, "an attempt before this one failed")
        try:
            results = self._run(ctx)
        except UnsettledError as error:
            self._begin_anew(ctx, error.message)
            results = self._run(ctx)
        frontend = self._frontend(ctx)
        after = sql.require_versions(ctx, frontend, self.plan.hop, results, "drops the tables that this run made")
        ctx.host.database.drop_marks()
        facts = {"changed": True, **sql.facts_of(results, 0, len(after))}
        note = LedgerNote("database-created", "database", None, self.plan.target, sql.evidence_of(results, facts))
        return Done(f"{len(results)} files, {facts['statements']} statements, {len(after)} versions", facts, [note])

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """An empty database again; nothing where this run made no table."""
        if not ctx.intent.get("changed") or ctx.intent["tables"]:
            return ()
        self._empty(ctx)
        return [LedgerNote("setup-undone", self.part, evidence={"changed": ctx.intent["changed"]})]

    def unharmed(self, ctx: Context) -> Sequence[str]:
        """There was nothing in it."""
        return () if ctx.intent.get("tables") else ["no data: the database was empty when this run began with it"]

    def _found(self, ctx: Context) -> Done:
        frontend = self._frontend(ctx)
        missing = sql.missing_versions(ctx, frontend, self.plan.hop.rules.exceptions)
        if not missing:
            return Done("was right", {"changed": False})
        if not ctx.host.database.versions():
            raise not_empty(ctx.intent["database"], ctx.intent["tables"])
        raise RefusedError(
            f"database {ctx.intent['database']} lacks {len(missing)} versions of {self.plan.target}: it is of another release",
            key="database-not-empty", detail=sorted(missing)[:25],
            unharmed=[f"database {ctx.intent['database']}: no table of it was touched"],
            next=[f"orchestrate upgrade --to {self.plan.target}    when it is the one of an OpenEMM on this host"],
        )  # fmt: skip

    def _run(self, ctx: Context) -> list[FileResult]:
        """The full schema first: only then is it known which updates are missing. The list is kept, because it shrinks."""
        frontend = self._frontend(ctx)
        files = ctx.host.home.sql_files(frontend)
        full = full_schema(files)
        if not full:
            raise WorkflowError(
                f"the package of {self.plan.target} holds no full schema file", key="full-schema-missing",
                next=["orchestrate packages verify    is the package complete?"],
            )  # fmt: skip
        rules = self.plan.hop.rules
        done = sql.run_scripts(ctx, sql.read_scripts(ctx, frontend, sql.to_json(full)), rules)
        if "sql" not in ctx.intent:
            ctx.remember(sql=sql.to_json(in_order(files, ctx.host.database.versions())))
        return [*done, *sql.run_scripts(ctx, sql.read_scripts(ctx, frontend, ctx.intent["sql"]), rules)]

    def _begin_anew(self, ctx: Context, why: str) -> None:
        """May be cut off anywhere: it is begun again as long as it is remembered."""
        ctx.note("the empty database is made again, and its SQL begins anew", why=why)
        ctx.remember(anew=True)
        self._empty(ctx)
        ctx.statements.forget()
        ctx.remember(anew=False)

    def _empty(self, ctx: Context) -> None:
        server = self._server(ctx.host)
        server.drop(ctx.intent["database"])
        server.create(ctx.intent["database"])

    def _frontend(self, ctx: Context) -> str:
        """Where the release is active already, nothing was staged."""
        active = ctx.host.home.active_folder(PackageKind.GUI) if self.plan.present else None
        return active or tree_of(ctx, self.plan.hop, PackageKind.GUI).folder

    def _tables(self, server: DatabaseServer) -> int:
        return server.tables(self._database(server)) if server.version() is not None and server.running() else 0

    def _database(self, server: DatabaseServer) -> str:
        access = server.access()
        return access.database if access else self.plan.answers.database_name

    def _server(self, host: Host) -> DatabaseServer:
        return host.server.reached_by(self.plan.answers.database_admin_file)
