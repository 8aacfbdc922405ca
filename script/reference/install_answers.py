"""install-answers.md and its JSON Schema, from the questions."""

from __future__ import annotations

import json

from markdown import page as whole
from markdown import sentence, table

from orchestrator.answers import file as answers_file
from orchestrator.answers.questions import QUESTIONS

EXAMPLE = {
    "name": "openemm.example.com",
    "url": "https://openemm.example.com",
    "mailloop_domain": "mailing.example.com",
    "packages": "/srv/openemm-packages",
    "certificate": "/etc/pki/tls/openemm.pem",
    "certificate_key": "/etc/pki/tls/openemm.key",
}


def page() -> str:
    """The page; its example is one that is taken."""
    answers_file.complete(EXAMPLE)
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in EXAMPLE.items())
    rows = [
        (f"`{q.key}`", sentence(q.ask), sentence(q.why), f"`{default}`" if (default := q.default(EXAMPLE)) else "-")
        for q in QUESTIONS
    ]
    return whole(
        "Answers of an installation",
        "`orchestrate install --answers FILE` takes a TOML file with these keys; each has an option of the same name "
        "(`--mailloop-domain`), which wins over the file. A dialogue on a terminal asks them in this order, and "
        "`--write-answers FILE` saves what was said. Passwords never stand in it, only the paths of files that hold them. "
        "For an editor there is a [JSON Schema](install-answers.schema.json).",
        table(("key", "question", "why", "default"), rows),
        "What somebody configured otherwise on the host is answered in a table `[differences]`, by the key that the plan shows: "
        '`"KEY" = "keep"` or `"replace"`.',
        f"## An example\n\n```toml\n{lines}```",
    )


def schema() -> str:
    """The schema."""
    return json.dumps(answers_file.schema(), indent=2) + "\n"
