"""This tool's own version."""

from __future__ import annotations

TOOL_VERSION = "0.1.0"
