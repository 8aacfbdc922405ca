"""The SQL files of a package, run one after the other through the journal, and what is proven behind them (facts 5.3, 5.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from workflows.host.home import SqlFile, SqlKind
from workflows.model.errors import WorkflowError
from workflows.model.plans import Hop, LineRules
from workflows.model.step import Context, Facts
from workflows.rules.sql.repair import mend
from workflows.rules.sql.run import AS_A_WHOLE, FileResult, Told, file_changed, run_script
from workflows.rules.sql.script import Script, read_script


def to_json(files: Sequence[SqlFile]) -> list[dict[str, Any]]:
    """As they are kept in an intent."""
    return [asdict(file) for file in files]


def read_scripts(ctx: Context, frontend: str, files: Sequence[Mapping[str, str]]) -> list[Script]:
    """All files read and understood before the first is run.

    Args:
        ctx: of the step.
        frontend: the tree that they are of.
        files: as `to_json` gave them.

    Raises:
        WorkflowError: "sql-file-changed", "sql-file-unreadable" or "sql-not-supported".
    """
    there = {file.path: file.sha256 for file in ctx.host.home.sql_files(frontend)}
    scripts = []
    for data in files:
        file = SqlFile(data["name"], SqlKind(data["kind"]), data["version"], data["path"], data["sha256"])
        if there.get(file.path) != file.sha256:
            raise file_changed(file)
        scripts.append(read_script(file, ctx.host.home.read_text(file.path), whole=file.kind in AS_A_WHOLE))
    return scripts


def run_scripts(ctx: Context, scripts: Sequence[Script], rules: LineRules) -> list[FileResult]:
    """Run all files to their ends, from where an earlier attempt left them, each behind the repairs that it needs.

    Raises:
        WorkflowError: those of `run_script`.
        UnsettledError: a statement in doubt cannot be settled.
    """
    total = sum(len(script.statements) for script in scripts)
    before = 0
    results = []
    for script in scripts:
        told = _told(ctx, script, before, total)
        for repair in rules.repairs:
            if repair.version == script.file.version:
                mend(ctx, repair, told)
        results.append(run_script(ctx, script, rules.benign, told))
        before += len(script.statements)
    ctx.report("all files are done", total, total)
    return results


def missing_versions(ctx: Context, frontend: str, exceptions: Collection[str]) -> frozenset[str]:
    """The versions that the package says it needs and the database has not (facts 5.4, 13.1)."""
    return ctx.host.home.mandatory_versions(frontend) - ctx.host.database.versions() - set(exceptions)


def require_versions(ctx: Context, frontend: str, hop: Hop, results: Sequence[FileResult], abort: str) -> frozenset[str]:
    """The versions the database has, when none is missing but those that are known or were found harmless.

    abort: what `orchestrate abort` does here.

    Raises:
        WorkflowError: "sql-versions-missing".
    """
    benign = {result.file.version for result in results if result.benign}
    if missing := missing_versions(ctx, frontend, hop.rules.exceptions) - benign:
        raise WorkflowError(
            f"{len(missing)} database versions that {hop.target.version} needs are missing after its SQL",
            key="sql-versions-missing",
            detail=sorted(missing)[:25],
            next=["orchestrate packages verify    is the package complete?", f"orchestrate abort              {abort}"],
        )
    return ctx.host.database.versions()


def facts_of(results: Sequence[FileResult], before: int, after: int) -> Facts:
    """What later steps shall know of it. before, after: how many versions the database had and has."""
    return {
        "files": [result.file.name for result in results],
        "statements": sum(result.statements for result in results),
        "benign": [{"file": result.file.name, "error": error} for result in results for error in result.benign],
        "versions_before": before,
        "versions_after": after,
    }


def evidence_of(results: Sequence[FileResult], facts: Facts) -> Facts:
    """The same for the ledger, with digest and duration of each file."""
    files = [{"name": r.file.name, "sha256": r.file.sha256, "statements": r.statements, "seconds": r.seconds} for r in results]
    return {**facts, "files": files}


def _told(ctx: Context, script: Script, before: int, total: int) -> Told:
    count = len(script.statements)
    return lambda at: ctx.report(f"{script.label}, statement {at + 1} of {count}", before + at, total)
