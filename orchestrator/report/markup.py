"""HTML that is escaped unless it was made here."""

from __future__ import annotations

import html
from collections.abc import Iterable

from orchestrator.visible import visible

_KEEP = "\t\n"
VOID = {"meta", "rect", "line", "circle"}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def el(name: str, /, *children: str | None, **attributes: str | None) -> Html:
    """An element. Children are escaped unless they are Html; an attribute's name loses a trailing _, its other _ become -."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(visible(value, _KEEP))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID and not children:
        return Html(f"<{name}{said}/>" if name != "meta" else f"<{name}{said}>")
    return Html(f"<{name}{said}>{join(children)}</{name}>")


def join(children: Iterable[str | None]) -> Html:
    """Children beside each other."""
    return Html(
        "".join(
            child if isinstance(child, Html) else html.escape(visible(child, _KEEP), quote=False)
            for child in children
            if child is not None
        )
    )
