"""HTTP for packages: TLS verified, time limits, no secret in an address that is kept (DESIGN 7)."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import unquote, urljoin, urlsplit

from orchestrator.releases.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import requests

T = TypeVar("T")
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0  # without a single byte
ANSWER_SECONDS = 120.0  # until the head of an answer is there, however slowly it trickles
TEXT_SECONDS = 300.0
MAX_TEXT = 1 << 20
CHUNK = 1 << 16
ABSENT = (404, 410)
_REDIRECTS = 10
_USER = re.compile(r"(?<=://)[^/?#]*@")


class Web:
    """Reads from one site. A user and password in its address are sent to that site only, and kept nowhere else."""

    def __init__(self, url: str) -> None:
        """Take the address; nothing is sent yet.

        Raises:
            SourceError: "source-unreachable": it is no http(s) address.
        """
        import requests

        if not is_address(url):
            raise SourceError(
                f"cannot use {strip(url)!r} as a package source: it is no http or https address",
                next=["ORCHESTRATE_PACKAGES=FOLDER-OR-URL orchestrate packages list    looks elsewhere"],
            )
        parts = urlsplit(url)
        self.url = strip(url)
        self._origin = (parts.scheme, parts.hostname, parts.port)
        self._auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._session = requests.Session()
        self._session.get_redirect_target = _none  # type: ignore[method-assign]  # else it reads a redirect's body, however long
        self._session.headers["Accept-Encoding"] = "identity"  # a .tar.gz must arrive as it is, and ranges count its bytes

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Ask for an address, following redirects; the body is not read yet. Any status is returned; the caller closes it.

        Raises:
            SourceError: "source-unreachable", or "source-insecure" when an address leads from https to http.
        """
        import requests

        secure = self._origin[0] == "https"
        for _ in range(_REDIRECTS):
            if not is_address(url):
                raise unreachable(url, "it is no http or https address")
            parts = urlsplit(url)
            if secure and parts.scheme != "https":
                raise SourceError(
                    f"cannot follow {strip(url)}: the package source {self.url} is https, this is not", key="source-insecure"
                )
            same = (parts.scheme, parts.hostname, parts.port) == self._origin
            ask = partial(
                self._session.get, url, headers=headers, auth=self._auth if same else None, stream=True, allow_redirects=False,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
            )  # fmt: skip
            try:
                response = _within(ANSWER_SECONDS, ask)
            except (requests.RequestException, TimeoutError, ValueError) as error:
                raise unreachable(url, _reason(error)) from None
            if not response.is_redirect:
                return response
            response.close()
            try:
                url = urljoin(url, response.headers["Location"])
            except ValueError:
                raise unreachable(url, "it redirects to what is no address") from None
        raise unreachable(url, f"more than {_REDIRECTS} redirects")

    def text(self, url: str) -> str | None:
        """A small text, or None when the site says that there is none.

        Raises:
            SourceError: "source-unreachable", "source-insecure" or "version-list-malformed" (too long, or not UTF-8).
        """
        with self.get(url) as response:
            if response.status_code in ABSENT:
                return None
            if response.status_code != 200:  # noqa: PLR2004
                raise unreachable(url, f"HTTP status {response.status_code}")
            data = b""
            try:
                with ended_at(response, time.monotonic() + TEXT_SECONDS):
                    while len(data) <= MAX_TEXT and (more := response.raw.read(CHUNK, decode_content=False)):
                        data += more
            except Exception as error:
                if not is_cut(error):
                    raise
                raise unreachable(url, _reason(error)) from None
        if len(data) > MAX_TEXT:
            raise malformed(url, f"it is longer than {MAX_TEXT} bytes")
        try:
            return str(data, "utf-8")
        except UnicodeDecodeError:
            raise malformed(url, "it is not UTF-8") from None


def _none(resp: requests.Response) -> None:
    del resp


@contextmanager
def ended_at(response: requests.Response, until: float) -> Iterator[None]:
    """Cut the connection off at a time of the monotonic clock: each byte that trickles in would begin the time limit anew.

    Raises:
        TimeoutError: that time came.
    """

    def cut() -> None:
        with suppress(OSError, RuntimeError, ValueError):  # it was over just then
            response.raw.shutdown()

    timer = threading.Timer(max(until - time.monotonic(), 0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if time.monotonic() >= until:
        raise TimeoutError("it takes too long")


def _within(seconds: float, work: Callable[[], T]) -> T:
    """What the work returns or raises; TimeoutError when it takes longer, whatever it is still waiting for."""
    answers: SimpleQueue[tuple[T | None, Exception | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            answers.put((None, error))

    threading.Thread(target=run, name="http", daemon=True).start()
    try:
        answer, error = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"no answer within {seconds:.0f} s") from None
    if error is not None:
        raise error
    return cast("T", answer)


def strip(url: str) -> str:
    """The address without user and password."""
    return _USER.sub("", url)


def is_address(url: str) -> bool:
    """Whether this is a whole http or https address."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_cut(error: BaseException) -> bool:
    """Whether this is how a connection that broke off in the middle of an answer shows itself."""
    import requests
    import urllib3

    return isinstance(error, (requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError, TimeoutError))


def unreachable(url: str, reason: str) -> SourceError:
    """The error for a site that does not answer as it should."""
    return SourceError(
        f"cannot read {strip(url)}: {reason}",
        unharmed=["nothing was changed"],
        next=["orchestrate packages list    once it answers"],
    )


def malformed(url: str, why: str) -> SourceError:
    """The error for a text that is no version list."""
    return SourceError(
        f"cannot use {strip(url)} as a version list: {why}",
        key="version-list-malformed",
        unharmed=["nothing was changed"],
        next=["ORCHESTRATE_PACKAGES=FOLDER-OR-URL orchestrate packages list    looks elsewhere"],
    )


def _reason(error: BaseException) -> str:
    """The innermost cause, without the address (it may hold a password)."""
    inner: BaseException = error
    while inner.args and isinstance(inner.args[0], BaseException):
        inner = inner.args[0]
    reason = getattr(inner, "reason", None)
    if isinstance(reason, BaseException):
        return _reason(reason)
    return f"{type(inner).__name__}: {str(inner).rpartition(': ')[2][:200]}" if str(inner) else type(inner).__name__
