"""The choice of a display: terminal, plain lines, or JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from orchestrator.display.base import Display, Manner
from orchestrator.display.lasting import LastingDisplay


def choose(manner: Manner, environ: Mapping[str, str] = os.environ, out: TextIO | None = None) -> Display:
    """The display for this manner and this output: JSON when asked for, live on a terminal, else plain lines."""
    out = out or sys.stdout
    if manner.json:
        from orchestrator.display.json_lines import JsonDisplay

        return LastingDisplay(JsonDisplay(out, manner))
    if out.isatty() and environ.get("TERM") != "dumb" and not manner.quiet:
        from orchestrator.display.terminal import TerminalDisplay

        return LastingDisplay(TerminalDisplay(out, manner, color=not manner.no_color and not environ.get("NO_COLOR")))
    from orchestrator.display.plain import PlainDisplay

    return LastingDisplay(PlainDisplay(out, manner))
