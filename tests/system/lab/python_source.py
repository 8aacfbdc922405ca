"""A source in the shape of Python's own, of which a stand-in is built in a moment: the sandbox's, which says it is a 3.9."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from orchestrator.sandbox import python
from orchestrator.sandbox.packages import Member, tarball

TOP = f"Python-{python.VERSION}"
PARTS = 20
CONFIGURE = """#!/bin/sh
for option; do
    case $option in --prefix=*) prefix=${option#--prefix=} ;; esac
done
echo "checking whether this stands in for Python... yes"
echo configure >> times.log
sed "s|@PREFIX@|$prefix|" Makefile.in > Makefile
"""
MAKEFILE = """parts = $(foreach number,@PARTS@,part-$(number))

all: $(parts)

part-%:
\t@echo "compiles $@"
\t@echo $@ >> times.log
\t@sleep @SECONDS@
\t@touch $@

install: all
\t@echo install >> times.log
\tmkdir -p "@PREFIX@"
\tcp -R stand-in/. "@PREFIX@"
"""


def build(
    folder: Path, program: str, seconds: float = 0.0, changed: Mapping[str, str] | None = None, version: str = python.VERSION
) -> tuple[Path, str]:
    """Write it into a folder; where, and its SHA-256.

    Args:
        folder: exists.
        program: of the Python that runs behind the stand-in.
        seconds: that each of the `PARTS` takes to compile.
        changed: other texts by path, below the one folder.
        version: that it says it has.
    """
    top = f"Python-{version}"
    numbers = " ".join(str(number) for number in range(PARTS))
    makefile = MAKEFILE.replace("@PARTS@", numbers).replace("@SECONDS@", str(seconds))
    texts = {"configure": (CONFIGURE, 0o755), "Makefile.in": (makefile, 0o644)}
    texts |= {f"stand-in/{path}": text for path, text in python.files(program, version).items()}
    texts |= {path: (text, 0o755) for path, text in (changed or {}).items()}
    data = tarball(Member(f"{top}/{path}", text.encode(), mode) for path, (text, mode) in texts.items())
    archive = folder / f"{top}.tgz"
    archive.write_bytes(data)
    return archive, hashlib.sha256(data).hexdigest()
