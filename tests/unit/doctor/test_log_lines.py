"""What a line of a mail log tells, in the words of both servers and the times of both syslogs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from workflows.checks.doctor.log_lines import Kind, read

ZONE = timezone(timedelta(hours=1))
NOW = datetime(2026, 1, 2, 9, 0, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("postfix/smtp[7]: 4X: to=<a@b.test>, relay=mx.b.test[9.9.9.9]:25, delay=1, status=sent (250 ok)", Kind.SENT),
        ("postfix/local[7]: 4X: to=<root@m>, relay=local, delay=1, status=sent (delivered to mailbox)", Kind.OTHER),
        ("postfix/pipe[7]: 4X: to=<x@m>, relay=mailloop, status=sent (delivered via mailloop service)", Kind.OTHER),
        ("sendmail[9]: 5A: to=<a@b.test>, mailer=esmtp, relay=mx.b.test. [9.9.9.9], dsn=2.0.0, stat=Sent (ok)", Kind.SENT),
        ("sendmail[9]: 5A: to=<a@b.test>, mailer=relay, relay=[127.0.0.1], dsn=2.0.0, stat=Sent (accepted)", Kind.OTHER),
        ("postfix/smtp[7]: 4X: to=<a@b.test>, relay=none, status=deferred (connect to x: Connection refused)", Kind.OTHER),
        ("postfix/master[1]: fatal: open lock file pid/master.pid: unable to set exclusive lock", Kind.ERROR),
        ("postfix/smtpd[3]: panic: vstring_extend: length overflow", Kind.ERROR),
        ("postfix/trivial-rewrite[3]: error: open database /x.db: No such file or directory", Kind.ERROR),
        ("postfix/cleanup[3]: 4X: error: queue file write", Kind.ERROR),
        ("postfix/smtpd[3]: warning: connect to Milter service unix:/h/bav.sock: Connection refused", Kind.ERROR),
        ("postfix/smtpd[3]: warning: hostname x.test does not resolve to address 9.9.9.9", Kind.OTHER),
        ("sendmail[9]: 5A: SYSERR(root): queueup: cannot create queue file ./qf5A: Permission denied", Kind.ERROR),
        ("sm-mta[9]: 5A: Milter (bav): error connecting to filter: No such file or directory", Kind.ERROR),
        ("postfix/smtp[7]: 4X: to=<fatal@b.test>, orig_to=<error: x@b.test>, relay=mx[9.9.9.9]:25, status=sent (250)", Kind.SENT),
        ("postfix/master[527]: daemon started -- version 3.7.11, configuration /etc/postfix", Kind.STARTED),
        ("sendmail[325]: starting daemon (8.17.1.9): SMTP+queueing@01:00:00", Kind.STARTED),
        ("", Kind.OTHER),
    ],
)
def test_a_line_is_a_mail_that_left_an_error_or_neither(text: str, kind: Kind) -> None:
    assert [line.kind for line in read([f"Jan  2 08:00:00 mail1 {text}"], NOW)] == [kind]


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("Jan  2 08:00:00", datetime(2026, 1, 2, 8, 0, tzinfo=ZONE)),
        ("Dec 31 23:59:59", datetime(2025, 12, 31, 23, 59, 59, tzinfo=ZONE)),
        ("2026-01-02T08:00:00.123456+01:00", datetime(2026, 1, 2, 8, 0, 0, 123456, tzinfo=ZONE)),
        ("2026-01-02T07:00:00Z", datetime(2026, 1, 2, 7, 0, tzinfo=UTC)),
        ("2026-01-02T08:00:00", datetime(2026, 1, 2, 8, 0, tzinfo=ZONE)),
        ("Foo  2 08:00:00", None),
        ("Feb 30 08:00:00", None),
        ("no time", None),
    ],
)
def test_the_time_of_a_line_is_read_in_the_hosts_zone_and_never_lies_ahead(stamp: str, time: datetime | None) -> None:
    assert [line.time for line in read([f"{stamp} mail1 x[1]: y"], NOW)] == [time]
