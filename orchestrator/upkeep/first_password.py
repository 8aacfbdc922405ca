"""The password that an installation made for emm-master: shown once, and nowhere to be found afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.hosts.database.openemm_data import RealOpenemmData

if TYPE_CHECKING:
    from orchestrator.settings import Settings


def take_first_password(settings: Settings) -> str | None:
    """The password, which is forgotten with this; None when none was made, or it was taken already."""
    data = RealOpenemmData(settings)
    password = data.first_password()
    data.keep_first_password(None)
    return password
