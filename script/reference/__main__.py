"""Make the reference pages from the code, or see that they are what the code says; script/docs calls this."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import catalogue
import checks
import commands
import documents
import errors
import guide
import install_answers
import settings
import steps
import words

ROOT = Path(__file__).parents[2]
PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands.page,
    "settings.md": settings.page,
    "checks.md": checks.page,
    "catalogue.md": catalogue.page,
    "steps.md": steps.page,
    "error-keys.md": errors.page,
    "guide.md": guide.page,
    "install-answers.md": install_answers.page,
    "install-answers.schema.json": install_answers.schema,
}


def main() -> int:
    """Write the pages; with --check name what is wrong instead."""
    folder = ROOT / "docs" / "reference"
    texts = {name: make() for name, make in PAGES.items()} | documents.pages()
    made = {folder / name: text for name, text in texts.items()}
    gone = set((folder / documents.FOLDER).iterdir()) - set(made)
    if "--check" not in sys.argv[1:]:
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
        for path in gone:
            path.unlink()
        return 0
    wrong = [
        f"{path.relative_to(ROOT)} is stale: run script/docs"
        for path, text in made.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    wrong += [f"{path.relative_to(ROOT)} is the schema of no view: run script/docs" for path in sorted(gone)]
    wrong += words.dead_links(ROOT) + words.unknown_commands(ROOT)
    sys.stderr.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


sys.exit(main())
