"""The bounce filter's socket has a path that fits, and answers."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.mta.question import Question
from workflows.model.finding import Finding

LONGEST = 107  # bytes of a unix socket's path
SUBJECT = Subject("milter", "the bounce filter", order=100)


def check(question: Question) -> Iterator[Finding]:
    """Connect to it."""
    path = f"{question.host.home_path}/var/run/bav.sock"
    if len(path.encode()) > LONGEST:
        yield SUBJECT.but("milter-path", why="no mail server could connect to it").stops(
            f"{path} is longer than a socket's path may be", "move the home to a shorter path"
        )
    elif question.host.mail.milter():
        yield SUBJECT.fine("answers")
    else:
        yield SUBJECT.but("milter-missing", why="a server that asks it puts every incoming mail off").warns(
            f"{path} does not answer", "orchestrate doctor    whether the backend runs, and its filter"
        )
