"""What `--fix` may do by itself: small changes of the host that harm nothing and are the same when made twice. Plain data.

Whatever else mends a finding is only said: nothing here starts a mail server, installs a package or touches a mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from workflows.model.step import Facts


@dataclass(frozen=True)
class SetMode:
    """Give a regular file these permission bits."""

    path: str
    mode: int

    def __str__(self) -> str:
        return f"give {self.path} the mode {self.mode:04o}"

    @property
    def command(self) -> str:
        """The same by hand."""
        return f"chmod {self.mode:04o} {self.path}"


@dataclass(frozen=True)
class MakeLink:
    """Make a symbolic link where there is nothing."""

    path: str
    target: str

    def __str__(self) -> str:
        return f"make {self.path} a link to {self.target}"

    @property
    def command(self) -> str:
        """The same by hand."""
        return f"ln -s {self.target} {self.path}"


@dataclass(frozen=True)
class SwitchOn:
    """Enable a unit of systemd and start it when it does not run."""

    unit: str

    def __str__(self) -> str:
        return f"enable {self.unit} and start it"

    @property
    def command(self) -> str:
        """The same by hand."""
        return f"systemctl enable --now {self.unit}"


@dataclass(frozen=True)
class Rewrite:
    """Give a file another content, made from the one with this digest; what it was is kept. Done only when asked for by key.

    says: the change in words. command: the same by hand.
    """

    path: str
    sha256: str
    text: str
    says: str
    command: str

    def __str__(self) -> str:
        return f"{self.says} {self.path}"


Remedy = SetMode | MakeLink | SwitchOn | Rewrite


def on_request(remedy: Remedy) -> bool:
    """Whether it is done only when its key is named: an administrator's own file is no matter of course."""
    return isinstance(remedy, Rewrite)


class Remedies(Protocol):
    """What a host does for a remedy."""

    def state(self, remedy: Remedy) -> Facts:
        """How what it would change stands now, for the ledger."""

    def keep(self, remedy: Remedy) -> Facts:
        """Keep what would be lost by it outside of the home; where."""

    def apply(self, remedy: Remedy) -> None:
        """Do it.

        Raises:
            RefusedError: "remedy-outdated", what it would change is no longer what was looked at; nothing was changed.
        """
