"""Asking OpenEMM's own port: no proxy, no cookies, and never away from it."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urljoin, urlsplit

from workflows.host.application import HttpAnswer

SECONDS = 5.0
BODY_BYTES = 256 << 10
REDIRECTS = 3


def get(url: str, seconds: float = SECONDS) -> HttpAnswer:
    """GET a page; redirects within the same host and port are followed, one that leads elsewhere is the answer itself.

    Args:
        url: the page.
        seconds: how long nothing may come from there, at each step.

    Returns:
        status and body as text; status 0 when there was no answer, with the reason as the body.
    """
    parts = urlsplit(url)
    for _ in range(REDIRECTS):
        answer, location = _ask(parts, seconds)
        target = urlsplit(urljoin(parts.geturl(), location)) if location else parts
        if not location or (target.scheme, target.netloc) != (parts.scheme, parts.netloc):
            return answer
        parts = target
    return answer


def _ask(parts: SplitResult, seconds: float) -> tuple[HttpAnswer, str | None]:
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=seconds)
        try:
            connection.request("GET", parts._replace(scheme="", netloc="", fragment="").geturl() or "/")
            response = connection.getresponse()
            body = response.read(BODY_BYTES).decode(errors="replace")
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return HttpAnswer(0, str(error) or type(error).__name__), None
    location = response.getheader("Location") if response.status in (301, 302, 303, 307, 308) else None
    return HttpAnswer(response.status, body), location
