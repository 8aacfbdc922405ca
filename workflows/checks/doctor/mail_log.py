"""OpenEMM reads the mail log: it must be where it looks, and readable (guide 4.2, 4.7)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.host.remedies import MakeLink, SetMode
from workflows.model.finding import Finding

READABLE = 0o644
OTHERS_READ = 0o004
SUBJECT = Subject(
    "mail-log", "the mail log can be read by OpenEMM",
    "OpenEMM learns from it what became of its mails, and finds no bounce without it", "guide 4.7", order=180,
)  # fmt: skip


def check(visit: Visit) -> Iterator[Finding]:
    """At /var/log/maillog, with mode 0644."""
    log = visit.host.mail.log()
    if not log.exists and log.other:
        link = MakeLink(log.path, log.other)
        yield SUBJECT.warns(f"there is no {log.path}; the log is {log.other}", link.command, link)
    elif not log.exists:
        yield SUBJECT.warns(
            f"there is no {log.path}", f"echo 'mail.* -{log.path}' > /etc/rsyslog.d/maillog.conf && systemctl restart rsyslog"
        )
    elif not log.mode & OTHERS_READ:
        mode = SetMode(log.path, READABLE)
        yield SUBJECT.warns(f"{log.path} has the mode {log.mode:04o}", f"{mode.command}    and create 0644 in logrotate's", mode)
    else:
        yield SUBJECT.fine(f"{log.path}, mode {log.mode:04o}")
