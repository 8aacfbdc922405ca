"""Run inside a host: two name servers, the second of which knows no PTR, and a bounce filter that lets everything pass.

Usage: doctor_inside.py NAME ADDRESS POINTER SOCKET PORT PORT. dns_kit.py lies beside it.
"""

from __future__ import annotations

import os
import socketserver
import struct
import subprocess
import sys
from pathlib import Path

from dns_kit import Zone, name_server  # type: ignore[import-not-found]

NEGOTIATE, QUIT, CONTINUE = b"O", b"Q", b"c"


class Milter(socketserver.StreamRequestHandler):
    """Agrees to leave out everything that may be left out (the milter protocol's SMFIC_OPTNEG)."""

    def handle(self) -> None:
        while head := self.rfile.read(4):
            packet = self.rfile.read(struct.unpack("!I", head)[0])
            if packet[:1] == QUIT:
                return
            answer = NEGOTIATE + packet[1:5] + bytes(4) + packet[9:13] if packet[:1] == NEGOTIATE else CONTINUE
            self.wfile.write(struct.pack("!I", len(answer)) + answer)


def main(args: list[str]) -> None:
    """Serve until SIGTERM; systemd is told when all is there."""
    name, address, pointer, path, good, without_ptr = args
    zone: Zone = {(name, "A"): [address], (pointer, "PTR"): [f"{name}."]}
    with (
        name_server(zone, port=int(good)),
        name_server({(name, "A"): [address]}, port=int(without_ptr)),
        socketserver.ThreadingUnixStreamServer(path, Milter) as milter,
    ):
        Path(path).chmod(0o666)
        subprocess.run(["systemd-notify", "--ready", f"--pid={os.getpid()}"], check=True)
        milter.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
