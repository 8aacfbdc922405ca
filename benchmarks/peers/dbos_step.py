"""The cost of a durable step in DBOS on a SQLite file, for step_cost.py. Usage: dbos_step.py FILE STEPS; prints ms per step."""

import sys
import time

from dbos import DBOS

file, count = sys.argv[1], int(sys.argv[2])
DBOS(config={"name": "bench", "system_database_url": f"sqlite:///{file}", "log_level": "CRITICAL"})


@DBOS.step()
def nothing(number: int) -> int:
    """A step that does nothing."""
    return number


@DBOS.workflow()
def all_steps(number: int) -> int:
    """The steps, one after the other."""
    for step in range(number):
        nothing(step)
    return number


DBOS.launch()
all_steps(10)
began = time.perf_counter()
all_steps(count)
print(1e3 * (time.perf_counter() - began) / count)
DBOS.destroy()
