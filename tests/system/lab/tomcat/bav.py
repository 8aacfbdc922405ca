"""A bounce filter that lets every mail pass: a milter on a unix socket. Usage: bav.py SOCKET"""

from __future__ import annotations

import socketserver
import struct
import sys
from pathlib import Path

NEGOTIATE, QUIT, ABORT, MACRO = b"O", b"Q", b"A", b"D"
VERSION, NO_ACTIONS, NO_STEPS = 6, 0, 0x7F  # every step of a mail but its end is left out
CONTINUE = struct.pack("!I", 1) + b"c"


class Filter(socketserver.StreamRequestHandler):
    """One connection of the mail server."""

    def handle(self) -> None:
        """Answer each command until the mail server has done."""
        while head := self.rfile.read(5):
            (size,) = struct.unpack("!I", head[:4])
            self.rfile.read(size - 1)
            command = head[4:]
            if command == QUIT:
                return
            if command == NEGOTIATE:
                self.wfile.write(struct.pack("!I", 13) + NEGOTIATE + struct.pack("!III", VERSION, NO_ACTIONS, NO_STEPS))
            elif command not in (ABORT, MACRO):
                self.wfile.write(CONTINUE)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.unlink(missing_ok=True)
    with socketserver.ThreadingUnixStreamServer(str(path), Filter) as server:
        path.chmod(0o666)
        server.serve_forever()
