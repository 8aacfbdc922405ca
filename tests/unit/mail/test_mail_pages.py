"""The pages of the mail servers and their queues."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestrator.display.pages import mail as page
from orchestrator.plans.mail import MailStatus, ServerStatus
from orchestrator.views.document import as_document
from orchestrator.views.mail import MtaQueue, MtaStatus
from workflows.host.mail import Clue, QueuedMail, Source
from workflows.model.answers import Mta
from workflows.rules.mta import decide

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def mail(name: str, hours: float, queue: str = "deferred", sender: str = "news@a.test", reason: str | None = None) -> QueuedMail:
    return QueuedMail(name, queue, f"/q/{name}", queue == "hold", sender, ("x@y.test",), 1000, NOW - timedelta(hours=hours),
                      f"<{name}@a>", "0" * 64, reason=reason)  # fmt: skip


MAILS = [
    (Mta.POSTFIX, mail("a", 130, reason="Connection refused")),
    (Mta.POSTFIX, mail("b", 30, sender="news@B.test", reason="Connection refused")),
    (Mta.POSTFIX, mail("c", 2, "hold")),
    (Mta.SENDMAIL, mail("d", 0.1, "mqueue", sender="")),
]


def test_the_queue_is_told_by_age_sender_domain_and_reason() -> None:
    queue = MtaQueue.of(MAILS, NOW)
    assert queue.by_age == {"up to 1 hour": 1, "up to 1 day": 1, "up to 5 days": 1, "more than 5 days": 1}
    assert queue.by_sender_domain == {"a.test": 2, "<> (bounces)": 1, "b.test": 1}
    assert queue.by_reason == {"Connection refused": 2, "held": 1, "not yet tried": 1}
    lines = page.queue_lines(queue, 2)
    assert lines[0] == "4 mails in the queues, the oldest for 5 days" or lines[0].startswith("4 mails in the queues")
    assert any("and 1 more" in line for line in lines)
    assert all(len(line) <= 80 for line in lines)
    assert page.queue_lines(MtaQueue.of([], NOW), 2) == ["the queues are empty"]


def test_the_status_says_what_is_active_why_and_what_speaks_against_it() -> None:
    clues = (Clue(Source.ALTERNATIVES, "postfix", "/usr/sbin/sendmail leads to /usr/sbin/sendmail.postfix"),
             Clue(Source.UNITS, "sendmail", "sendmail.service is enabled"))  # fmt: skip
    servers = (ServerStatus("postfix", "3.7.11", (12,), {"deferred": (3, 4096, NOW - timedelta(hours=3))}),
               ServerStatus("sendmail", "8.17.1", (), None, "cannot read the queue file /x: too short"))  # fmt: skip
    found = MailStatus(NOW, decide(clues), clues, "sendmail", servers, ("7K3Q", NOW, "sendmail", "postfix"))
    status = MtaStatus.of(found)
    text = "\n".join(lines := page.status_lines(status))
    assert "Postfix is what OpenEMM uses" in text
    values = {line.rpartition("   ")[2] for line in lines if line.startswith("  ")}
    assert "units says sendmail: sendmail.service is enabled" in values
    assert "scripts/config.sh says sendmail" in values
    assert "3 mails, the oldest for 3 h" in values
    assert any(value.startswith("not known: cannot read the queue file") for value in values)
    assert any(value.startswith("sendmail -> postfix, ") for value in values)
    assert len({len(line) - len(line.rpartition("   ")[2]) for line in lines[1:4]}) == 1
    assert all(len(line) <= 80 for line in lines)
    assert as_document(status)["servers"][0]["queues"][0]["mails"] == 3
