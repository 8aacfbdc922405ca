"""The console command `orchestrate`. Imports nothing that the command at hand does not need."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; ends the process with its exit code (DESIGN 6)."""
    if sys.argv[1:] == ["--version"]:
        from orchestrator.tool import TOOL_VERSION

        code = _say(f"orchestrate {TOOL_VERSION}\n")
    else:
        from orchestrator.cli.group import run

        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # nothing of others runs in here, and it takes 20 ms to look
        code = run(sys.argv[1:])
    unread = _say("")
    if code := code or unread:
        sys.exit(code)


def _say(text: str) -> int:
    """Print it and all that was printed before; 1 when nobody reads it any more.

    What is left then is dropped: on its own last try Python would end the process with 120.
    """
    unread = 0
    for stream, words in ((sys.stdout, text), (sys.stderr, "")):
        try:
            if stream:
                stream.write(words)
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            unread = 1
    return unread


if __name__ == "__main__":
    main()
