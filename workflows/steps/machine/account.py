"""The user that OpenEMM runs as (guide 4; for SLES guide 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workflows.host import Host
from workflows.host.system import Family
from workflows.model.installation import Difference
from workflows.model.step import Context, Facts
from workflows.steps.setup import SetupStep

SHELL = "/bin/bash"
SKELETON = "/etc/skel/.profile"
PATH_LINE = "export PATH=$PATH:/usr/sbin"
PASSABLE = 0o011  # postfix goes through the home to var/run/bav.sock (guide 4.2)
GROUP, USER, HOME, OF_USER = "account.group", "account.user", "account.home", "account.home-shell-group"
OWNER, MODE, PATH = "account.home-owner", "account.home-passable", "account.path"


@dataclass(frozen=True)
class OpenemmAccount(SetupStep):
    """Make group, user and home. No password is set: who wants to be openemm comes from root (`su - openemm`)."""

    part: ClassVar[str] = "account"
    label: ClassVar[str] = "user and group"
    guide: ClassVar[tuple[str, ...]] = ("3.3", "4")

    def look(self, host: Host) -> Sequence[Difference]:
        """Group, user, home, shell; on SLES the PATH of new users."""
        user, home = self.plan.user, self.plan.home
        found = []
        if host.accounts.group(user) is None:
            found.append(Difference(GROUP, f"group {user}", None, "present"))
        account = host.accounts.user(user)
        if account is None:
            found.append(Difference(USER, f"user {user}", None, f"with home {home}"))
        elif (others := account[1:]) != (user, home, SHELL):
            wanted = f"group {user}, home {home}, shell {SHELL}"
            now = "group {}, home {}, shell {}".format(*others)
            found.append(Difference(OF_USER, f"user {user}", now, wanted, by_admin=True))
        mode = host.files.mode(home)
        if account is not None and mode is None:
            found.append(Difference(HOME, f"folder {home}", None, "present"))
        if account is not None and mode is not None and not self._owned(host):
            found.append(Difference(OWNER, f"owner of {home}", host.files.owner(home), user))
        if mode is not None and mode & PASSABLE != PASSABLE:
            found.append(Difference(MODE, f"folder {home}", f"{mode:04o}", f"{mode | PASSABLE:04o}"))
        lacking = [path for path in self._profiles(host) if PATH_LINE not in (host.files.read(path) or "").splitlines()]
        if lacking:
            found.append(Difference(PATH, "PATH of new users", None, f"with /usr/sbin in {' and '.join(lacking)}"))
        return found

    def files(self, host: Host) -> Sequence[str]:
        """The profiles, on SLES."""
        return [SKELETON, f"{self.plan.home}/.profile"] if host.system.distribution().family is Family.SUSE else []

    def seen(self, host: Host) -> Facts:
        """What was there."""
        return {
            "user": host.accounts.user(self.plan.user), "group": host.accounts.group(self.plan.user),
            "mode": host.files.mode(self.plan.home), "owner": host.files.owner(self.plan.home),
        }  # fmt: skip

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """The skeleton before the user, who is made from it."""
        del ctx
        user, home = self.plan.user, self.plan.home
        keys = {difference.key for difference in differences}
        if PATH in keys:
            for path in self._profiles(host):
                text = host.files.read(path) or ""
                if PATH_LINE not in text.splitlines():
                    host.files.write(path, f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{PATH_LINE}\n")
        if GROUP in keys:
            host.accounts.add_group(user)
        if keys & {USER, HOME}:
            host.accounts.add_user(user, group=user, home=home, shell=SHELL)
        if OF_USER in keys:
            host.accounts.change_user(user, group=user, home=home, shell=SHELL)
        if keys & {USER, OWNER} and not self._owned(host):
            host.files.set_owner(home, f"{user}:{user}")
        if MODE in keys:
            host.files.set_mode(home, (host.files.mode(home) or 0) | PASSABLE)

    def take_back(self, ctx: Context, host: Host) -> None:
        """A home goes only with a user that this run made, and only when it was not there before."""
        user, was = self.plan.user, ctx.intent
        if was["user"] is None:
            host.accounts.remove_user(user, with_home=was["mode"] is None)
        else:
            _, group, home, shell = was["user"]
            now = host.accounts.user(user)
            if now is not None and list(now[1:]) != [group, home, shell]:
                host.accounts.change_user(user, group=group, home=home, shell=shell)
        if was["group"] is None:
            host.accounts.remove_group(user)
        else:
            host.accounts.add_group(user, was["group"])  # userdel may have taken it along
        if was["mode"] is not None and host.files.mode(self.plan.home) is not None:
            host.files.set_owner(self.plan.home, was["owner"])
            host.files.set_mode(self.plan.home, was["mode"])

    def _owned(self, host: Host) -> bool:
        return (host.files.owner(self.plan.home) or "").partition(":")[0] == self.plan.user

    def _profiles(self, host: Host) -> list[str]:
        """Those that must name /usr/sbin."""
        if host.system.distribution().family is not Family.SUSE:
            return []
        there = host.files.mode(f"{self.plan.home}/.profile") is not None
        return [SKELETON, f"{self.plan.home}/.profile"] if there else [SKELETON]
