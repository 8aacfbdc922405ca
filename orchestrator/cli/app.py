"""What every command is given: the global options, and what follows from them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import click

from orchestrator.display.base import Display, Manner
from orchestrator.display.choice import choose

if TYPE_CHECKING:
    from orchestrator.runs.site import Site
    from orchestrator.settings import Settings
    from orchestrator.views.document import View


@dataclass
class App:
    """The global options as given, before or behind the command."""

    site: str | None = None
    json: bool = False
    yes: bool = False
    quiet: bool = False
    no_color: bool = False
    debug: bool = False

    @cached_property
    def display(self) -> Display:
        """Where everything is shown."""
        return choose(Manner(self.json, self.yes, self.quiet, self.no_color))

    @cached_property
    def settings(self) -> Settings:
        """The settings of the site."""
        from orchestrator.redaction import hide_in_url
        from orchestrator.settings import load

        settings = load(self.site, os.environ)
        hide_in_url(settings.state_url)
        return settings

    def open(self, *, readonly: bool = False) -> Site:
        """The site; a context manager."""
        from orchestrator.runs.site import Site

        site = Site.open(self.settings, readonly=readonly)
        if site.adopted is not None and not self.json:
            click.echo(f"note  what was filed under the name {site.adopted} is this site's, and goes on under it", err=True)
        return site

    def remembered(self) -> Site | None:
        """The site opened for reading, or None when nothing was ever remembered of it."""
        from state.errors import StoreMissingError

        try:
            return self.open(readonly=True)
        except StoreMissingError:
            return None

    def tell(self, lines: Sequence[str], view: View | None = None) -> None:
        """Tell people the lines, and programs the view as its document; without one, programs are told nothing."""
        self.display.show(lines, view)

    def sure(self, question: str) -> None:
        """Ask before something that cannot simply be taken back.

        Raises:
            UsageError: "answer-missing", nobody can answer and --yes was not given.
            RefusedError: "declined".
        """
        from workflows.model.errors import RefusedError

        if not self.display.ask(question, "--yes"):
            raise RefusedError("nothing was done: you said no", key="declined", unharmed=["everything is as it was"])
