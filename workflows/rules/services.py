"""The backend's services (facts 11)."""

from __future__ import annotations

MAKE_MAIL = frozenset({"mailout", "trigger", "generate", "pickdist"})  # without them no mail leaves
