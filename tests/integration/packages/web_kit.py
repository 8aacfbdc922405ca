"""A real web server on loopback, with ranges, and with everything that goes wrong on the way."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answers:
    """What the server has and does. cut_after: bytes of a body after which it hangs up, one entry an answer."""

    files: dict[str, bytes] = field(default_factory=dict)
    etags: bool = True
    ranges: bool = True
    lengths: bool = True
    cut_after: list[int] = field(default_factory=list)
    status: dict[str, int] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    on_request: Callable[[str], None] = lambda path: None
    requests: list[tuple[str, str | None]] = field(default_factory=list)  # path, Range
    authorizations: list[str | None] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """Answers as told."""

    protocol_version = "HTTP/1.1"
    answers: Answers

    def do_GET(self) -> None:
        answers = self.answers
        asked = self.headers.get("Range")
        answers.requests.append((self.path, asked))
        answers.authorizations.append(self.headers.get("Authorization"))
        answers.on_request(self.path)
        self.close_connection = True
        if target := answers.redirects.get(self.path):
            self._head(302, {"Location": target, "Content-Length": "0"})
            return
        body = answers.files.get(self.path)
        status = answers.status.get(self.path, 404 if body is None else 200)
        if status != 200 or body is None:
            self._head(status, {"Content-Length": "0"})
            return
        etag = f'"{hash(body)}"'
        headers = {"ETag": etag} if answers.etags else {}
        match = re.fullmatch(r"bytes=(\d+)-", asked or "")
        if match and answers.ranges and self.headers.get("If-Range", etag) == etag:
            start = int(match[1])
            if start >= len(body):
                self._head(416, {"Content-Length": "0"})
                return
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            body, status = body[start:], 206
        if answers.lengths:
            headers["Content-Length"] = str(len(body))
        self._head(status, headers)
        self.wfile.write(body[: answers.cut_after.pop(0)] if answers.cut_after else body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class Site:
    """The running server."""

    def __init__(self) -> None:
        self.answers = Answers()
        handler = type("Bound", (Handler,), {"answers": self.answers})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
