"""What a release line needs of its host, and whether what was found will do."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from workflows.rules.needs import meets

Text = Annotated[str, Field(min_length=1)]


class Entry(BaseModel):
    """Something written in the catalogue; a name that is not known there is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Requirement(Entry):
    """Something the line needs. any_of: any one of them will do. stops: without it the line cannot be reached."""

    any_of: tuple[Text, ...] = Field(min_length=1)
    stops: bool = False
    source: Text

    def met_by(self, found: str) -> bool | None:
        """Whether what was found will do; None when what was found does not say enough.

        Args:
            found: a version ("9.0.43"), a name with a version ("postfix 3.5.8") or a name.
        """
        return meets(self.any_of, found)


class Requirements(Entry):
    """What a line needs of its host; None: not known."""

    os: Requirement | None = None
    java: Requirement | None = None
    python: Requirement | None = None
    dbms: Requirement | None = None
    mta: Requirement | None = None
    tomcat: Requirement | None = None
    wkhtmltox: Requirement | None = None
    node: Requirement | None = None

    def known(self) -> dict[str, Requirement]:
        """The requirements that are known, by what they are about."""
        return {name: value for name in Requirements.model_fields if (value := getattr(self, name)) is not None}

    def unknown(self) -> tuple[str, ...]:
        """What is not known of the line."""
        return tuple(name for name in Requirements.model_fields if getattr(self, name) is None)
