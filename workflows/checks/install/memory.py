"""Java and the database need memory (guide 9.6)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.checks.check import Subject
from workflows.checks.install.ground import Ground
from workflows.model.finding import Finding

GIB = 1024**3
LEAST, GOOD = 2 * GIB, 4 * GIB
KERNEL_KEEPS = 0.9  # of the memory a machine is sold with, about so much is told to be there
SUBJECT = Subject("memory", "memory", "the application ends when it runs out of it", "guide 9.6", order=60)


def check(ground: Ground) -> Iterator[Finding]:
    """2 GiB at least, better 4."""
    memory = ground.host.system.memory()
    measured, fix = f"{memory / GIB:.1f} GiB", "give the machine 2 GiB at least, better 4 GiB"
    if memory < LEAST * KERNEL_KEEPS:
        yield SUBJECT.stops(measured, fix)
    elif memory < GOOD * KERNEL_KEEPS:
        yield SUBJECT.warns(measured, fix)
    else:
        yield SUBJECT.fine(measured)
