"""All checks, in the order in which they are shown."""

from __future__ import annotations

from workflows.checks.upgrade import (
    administrator_group,
    application_answers,
    backend_python,
    database_answers,
    database_complete,
    database_rights,
    dbcfg_differs,
    disk_room,
    dispatch_idle,
    duplicate_config_keys,
    long_table_names,
    mta_supported,
    open_files,
    requirements,
    restore_possible,
    site_values,
    source_migrated,
    sql_mode,
    tomcat_ajp_connector,
)
from workflows.host import Host
from workflows.model.errors import WorkflowError
from workflows.model.finding import Check, Finding, Severity
from workflows.model.plans import UpgradePlan

CHECKS: dict[str, tuple[str, Check]] = {
    module.KEY: (module.TITLE, module.check)
    for module in (
        application_answers,
        database_answers,
        dbcfg_differs,
        database_complete,
        database_rights,
        source_migrated,
        requirements,
        backend_python,
        sql_mode,
        duplicate_config_keys,
        long_table_names,
        administrator_group,
        site_values,
        restore_possible,
        disk_room,
        open_files,
        dispatch_idle,
        mta_supported,
        tomcat_ajp_connector,
    )
}


def run_checks(host: Host, plan: UpgradePlan | None) -> list[Finding]:
    """Run every check; a check that cannot look is an inhibitor with the key of what kept it from looking."""
    findings: list[Finding] = []
    seen: set[str] = set()
    for title, check in CHECKS.values():
        try:
            findings += check(host, plan)
        except WorkflowError as error:
            if error.error_key not in seen:  # what keeps one check from looking keeps others, too
                seen.add(error.error_key)
                fix = error.next[0] if error.next else ""
                findings.append(Finding(error.error_key, Severity.INHIBITOR, title, error.message, fix=fix))
    return findings
