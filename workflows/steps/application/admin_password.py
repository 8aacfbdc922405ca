"""The first password of emm-master, and the salt under it (guide 5.4, 9.8, facts 1.4, 9)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.rules import password as rules
from workflows.steps.setup import SetupStep

PASSWORD, SALT = "admin.password", "admin.salt"
_PRINTABLE = "".join(map(chr, range(33, 127)))  # guide 9.8


@dataclass(frozen=True)
class AdminPassword(SetupStep):
    """A password that is there stays. One that is made here must be changed at the first login, and is shown once."""

    part: ClassVar[str] = "admin-password"
    label: ClassVar[str] = "password of emm-master"
    guide: ClassVar[tuple[str, ...]] = ("5.4", "9.8")

    def look(self, host: Host) -> Sequence[Difference]:
        """Whether emm-master has a password; and the salt, as long as nobody has one."""
        data = host.server.openemm
        if not data.there() or not data.has_password():
            found = [Difference(PASSWORD, "the password of emm-master", None, "one for the first login")]
        else:
            found = []
        if data.there() and not data.has_passwords() and self._salt_is_shipped(host):
            found.append(Difference(SALT, "the salt of all passwords", "the one everybody has", "one of this host"))
        return found

    def files(self, host: Host) -> Sequence[str]:
        """The salt."""
        data = host.server.openemm
        return [data.salt_file()] if data.there() else []

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """The salt, then the password kept where it will be shown from, then its hash: a cut leaves no password nobody knows.

        Raises:
            RefusedError: "password-file-missing", "password-file-open", "password-file-empty".
            UsageError: "password-weak".
        """
        data = host.server.openemm
        keys = {difference.key for difference in differences}
        file = self.plan.answers.admin_password_file
        given = data.read_password(file) if file else None
        if given is not None:
            rules.require_good(given)
        if SALT in keys:
            salt = "".join(secrets.choice(_PRINTABLE) for _ in range(rules.LONGEST_SALT))
            owner = f"{self.plan.user}:{self.plan.user}" if self.plan.user else None
            host.files.write(data.salt_file(), f"{salt}\n", mode=0o600, owner=owner)
        if PASSWORD in keys:
            if given is None:
                ctx.remember(made=True)
                given = data.first_password() or rules.generated()
                data.keep_first_password(given)
            data.set_password(given)

    def take_back(self, ctx: Context, host: Host) -> None:
        """No password, as before."""
        data = host.server.openemm
        if data.there() and any(change["key"] == PASSWORD for change in ctx.intent["changed"]):
            data.clear_password()
        if ctx.intent.get("made"):
            data.keep_first_password(None)

    def evidence(self, host: Host) -> Facts:
        """Whether one waits to be shown; never the password."""
        return {"to_be_shown": host.server.openemm.first_password() is not None}

    def _salt_is_shipped(self, host: Host) -> bool:
        """A site's own salt wins over the shipped one, which then lies beside it as .new (facts 1.4)."""
        path = host.server.openemm.salt_file()
        return host.files.mode(path) is None or host.files.mode(f"{path}.new") is None
