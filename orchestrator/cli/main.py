"""The console command `orchestrate`. Imports nothing that the command at hand does not need."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; ends the process with its exit code (DESIGN 6)."""
    if sys.argv[1:] == ["--version"]:
        from orchestrator.tool import TOOL_VERSION

        sys.stdout.write(f"orchestrate {TOOL_VERSION}\n")
        return
    import os

    from orchestrator.cli.group import run

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # nothing of others runs in here, and it takes 20 ms to look
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
