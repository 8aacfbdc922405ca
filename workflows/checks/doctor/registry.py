"""All checks of the doctor, what is likely to be the root of the others first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from workflows.checks.doctor import (
    backend_services,
    blocks_waiting,
    clock,
    cron_enabled,
    database,
    database_errors,
    disk_space,
    dkim,
    job_queue,
    mail_addresses,
    mail_log,
    mail_log_errors,
    mailings_stalled,
    milter_socket,
    mta_active,
    mta_installed,
    mta_running,
    mta_started,
    port_25,
    queue_age,
    queue_folders,
    reverse_dns,
    selinux_off,
)
from workflows.checks.doctor.subject import Subject
from workflows.checks.doctor.visit import Visit
from workflows.host import Host
from workflows.host.network import Names
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding

Check = Callable[[Visit], Iterable[Finding]]
CHECKS: tuple[tuple[Subject, Check], ...] = tuple(
    (module.SUBJECT, module.check)
    for module in (
        disk_space,
        mta_installed,
        mta_active,
        mta_started,
        mta_running,
        queue_folders,
        selinux_off,
        database,
        backend_services,
        cron_enabled,
        port_25,
        milter_socket,
        reverse_dns,
        mail_log_errors,
        blocks_waiting,
        mailings_stalled,
        queue_age,
        mail_log,
        dkim,
        clock,
        mail_addresses,
        job_queue,
        database_errors,
    )
)


def examine(host: Host, names: Names) -> list[Finding]:
    """Run every check; one that cannot look says so, and hides none of the others."""
    visit = Visit(host, names)
    findings: list[Finding] = []
    for subject, check in CHECKS:
        try:
            findings += check(visit)
        except WorkflowError as error:
            findings.append(subject.unknown(f"cannot look: {error.message}", error.next[0] if error.next else ""))
        except OSError as error:
            findings.append(subject.unknown(f"cannot look: {error.strerror or error}: {error.filename or 'unknown'}"))
    return findings
