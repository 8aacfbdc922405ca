"""OpenEMM's processes (facts 11 and 17)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from workflows.host.database import Dispatch


@dataclass(frozen=True)
class AppState:
    """What really runs, told by processes and ports (facts 11), never by exit codes.

    unit: whether the host's service manager takes OpenEMM for started (guide 9.1); False where it does not know it.
    """

    frontend: bool
    backend: bool
    unit: bool = False


@dataclass(frozen=True)
class LogMark:
    """A place in catalina.out: only what is written behind it counts (facts 17.6.1)."""

    inode: int
    size: int


@dataclass(frozen=True)
class HttpAnswer:
    """status 0: no answer."""

    status: int
    body: str


UNLIMITED = 1 << 30  # more files than any kernel lets a process open


@dataclass(frozen=True)
class OpenFiles:
    """How many files that OS user's scripts may have open, to how many they could raise that, and how many emm.sh asks for."""

    user: str
    limit: int
    hard: int
    wanted: int


Tell = Callable[[float, str], None]  # seconds so far, what a script said last


def silent(seconds: float, said: str) -> None:
    """Tell nobody."""
    del seconds, said


class Application(Protocol):
    """OpenEMM's processes (facts 11 and 17). tell: called about once a second while a script keeps us waiting."""

    def state(self) -> AppState:
        """What runs now; quick."""

    def start_frontend(self, tell: Tell = silent) -> None:
        """Start Tomcat with the web applications; returns when the script ends, which proves nothing."""

    def stop_frontend(self, tell: Tell = silent) -> None:
        """Stop it, and see it gone."""

    def start_backend(self, tell: Tell = silent) -> None:
        """Start the backend services. Where the frontend runs, the service manager then takes OpenEMM for started."""

    def stop_backend(self, tell: Tell = silent) -> None:
        """Stop them, and see each of them gone, also those that `state` does not see."""

    def services(self) -> Mapping[str, str]:
        """The backend's services and their states, as its own script tells them (facts 11); empty where it tells nothing."""

    def services_down(self) -> Mapping[str, str]:
        """The backend's services that do not run as they should, with their states; empty where its script tells nothing."""

    def pending_mail(self) -> Sequence[Dispatch]:
        """Blocks in spool/META and running xmlback (facts 7.2)."""

    def open_files(self) -> OpenFiles:
        """How many files a script of OpenEMM may have open, asked as the scripts are run (facts 24.3)."""

    def stop_unit(self) -> None:
        """Let the service manager know that OpenEMM is stopped."""

    def hold(self, run: str, *, to_come: bool = False) -> None:
        """Keep the service manager from starting OpenEMM, at a boot or by hand, while that run is open; durable.

        to_come: the run is about to tell the service manager of OpenEMM; else nothing is done where it does not know it.
        """

    def release(self) -> None:
        """Let the service manager start OpenEMM again."""

    def log_mark(self) -> LogMark:
        """The end of catalina.out now."""

    def log_since(self, mark: LogMark) -> str:
        """What was written since, capped (facts 17.5: a failed start writes 140 MB); begins anew when the file was replaced."""

    def version(self) -> HttpAnswer:
        """GET /serverstatus/version.action."""

    def database_round_trip(self, limit: float) -> HttpAnswer | None:
        """GET something through the application's port that needs the database (the logon page); facts 17.6.2.

        It may take minutes (facts 24.3), at most `limit` seconds: None while it is waited for; asked again then, nothing more is
        sent. Its answer is given once.
        """

    def wait(self, seconds: float) -> None:
        """Let time pass while the application works; may return early."""
