"""The OpenEMM user at work while root works: he swaps names below his home for links to root's, all the time.

Nothing outside his home changes, nothing that only root may read is told or kept, and once he stops, every run comes to its end.
ORCHESTRATE_SWAP_SEEDS=1,2,3 lets him do so in other orders, and in more kinds of runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.system.booted_kit import UPGRADE, ask, begin_until, follow
from tests.system.lab.host import Host, Layers
from tests.system.lab.lab import Lab

pytestmark = [pytest.mark.system, pytest.mark.timeout(3600)]
SECONDS = 600.0
SITE = "/etc/openemm-orchestrator/site.toml"
ASKED = os.environ.get("ORCHESTRATE_SWAP_SEEDS", "")
RUNS = (  # and how each is to end
    ("upgrade --to 20.04", "resume", "completed"),
    ("switch manual 19.10", "resume", "completed"),
    ("rollback --to 19.10", "resume", "completed"),
    (UPGRADE, "abort", "undone"),
)
SECRET = "only-root-may-read-this"
BAIT = """
install -d -m 700 /root/bait /root/bait/folder; install -d -m 755 /srv/bait /srv/bait/folder
for place in /root/bait /srv/bait; do
    for name in file folder/file folder/version.txt folder/server.xml folder/emm.properties; do
        echo only-root-may-read-this > $place/$name; chmod 600 $place/$name
    done
done
"""
OUTSIDE = r"""
find /etc /root /srv /opt /usr/local -xdev -not -path "/etc/motd.d*" -not -path '*/__pycache__*' >/tmp/names
xargs -d '\n' stat -c '%n %U:%G %a %F %N' </tmp/names | sort
xargs -d '\n' sha256sum </tmp/names 2>/dev/null | sort
"""
SWAPS = '''
"""Swap names for links to what is root's, for a moment each, until told to end; says how often."""
import glob, os, random, signal, sys, time
home, random, swaps, going = "/home/openemm", random.Random(int(sys.argv[1])), 0, True
def end(*_):
    global going
    going = False
signal.signal(signal.SIGTERM, end)
PLACES = """etc/dbcfg conf conf/keys logs bin etc opt tomcat webapps webapps/emm webapps/manual release release/backend
    release/backend/current release/emm runtime release/manual release/statistics release/webservices birt-plugins
    emm-plugins var var/run var/log scripts temp""".split()
DEEP = "runtime/*/tomcat*/conf runtime/*/tomcat*/bin runtime/*/tomcat* release/emm/*/WEB-INF/classes".split()
WITHIN = "WEB-INF version.txt conf conf/server.xml WEB-INF/classes/emm.properties".split()
while going:
    new = [os.path.join(where, name) for where in ("release/emm", "runtime", "release/backend", "release")
           for name in (os.listdir(f"{home}/{where}") if os.path.isdir(f"{home}/{where}") else [])]
    place = f"{home}/{random.choice(PLACES + new + new)}"
    place = random.choice([place, *filter(os.path.lexists, (f"{place}/{name}" for name in WITHIN))])
    bait = random.choice(["/root/bait", "/srv/bait"]) + random.choice(["", "/folder", "/file"])
    hold = random.choice([0, 0.001, 0.01, 0.05])
    active = [os.path.realpath(f"{home}/{name}") for name in ("tomcat", "webapps/emm")]
    deep = [path for pattern in DEEP for path in glob.glob(f"{home}/{pattern}") if not path.startswith(tuple(active))]
    if random.random() < 0.1 and deep:
        place, bait, hold = random.choice(deep), "/srv/bait/folder", 0.7  # where files of a new release are made
    aside = f"{place}.aside"
    try:
        os.rename(place, aside)
        os.symlink(bait, place)
        swaps += 1
        time.sleep(hold)
        if os.path.islink(place) and os.readlink(place) == bait:
            os.unlink(place)
        if not os.path.lexists(place):
            os.rename(aside, place)
        elif os.path.islink(aside):  # something else was made there meanwhile: it stays
            os.unlink(aside)
    except OSError:
        if os.path.lexists(aside) and not os.path.lexists(place):
            os.rename(aside, place)
    time.sleep(random.choice([0, 0.001, 0.02]))
print(swaps, flush=True)
'''


@pytest.fixture(scope="module")
def host(lab: Lab, installed: Layers) -> Iterator[Host]:
    made = lab.host(installed)
    made.boot()
    made.write("/usr/local/lib/swap.py", SWAPS)
    made.run(["sh", "-euc", BAIT])
    made.run(["sed", "-i", "1i stop_timeout = 20.0", SITE])  # he lets scripts hang, too
    yield made
    made.close()


def outside(host: Host) -> list[str]:
    """Every name outside the home that is no log and no state of the tool's, with owner, mode, link and digest."""
    return host.run(["sh", "-c", OUTSIDE]).stdout.splitlines()


@contextmanager
def swapping(host: Host, seed: int) -> Iterator[list[int]]:
    """While this lasts, he swaps; how often he did, afterwards."""
    swaps: list[int] = []
    with follow(host, "runuser", "-u", "openemm", "--", "python3", "/usr/local/lib/swap.py", str(seed)) as said:
        yield swaps
        host.run(["pkill", "-TERM", "-u", "openemm", "-f", "swap.py"])
        swaps.append(int(next(said)))


def disturbed(host: Host, run: str, end: str) -> str:
    """A run that goes on is followed, gone on with a few times or taken back, while he swaps; all that is said."""
    said = ""
    if end == "abort":
        said += host.run(["orchestrate", "abort", run, "--yes", "--json"], SECONDS, check=False).stdout
    said += host.run(["orchestrate", "watch", run, "--json"], SECONDS, check=False).stdout
    for _ in range(3):
        if '"open_run": null' in host.run(["orchestrate", "status", "--json"], SECONDS, check=False).stdout:
            break
        said += host.run(["orchestrate", end, run, "--yes", "--json"], SECONDS, check=False).stdout
    for look in ("doctor", "status", "facts", "history"):
        said += host.run(["orchestrate", look, "--json"], SECONDS, check=False).stdout
    return said


@pytest.mark.parametrize("seed", [int(seed) for seed in (ASKED or "1").split(",")])
def test_nothing_outside_his_home_changes_and_every_run_ends(host: Host, seed: int) -> None:
    before, said, swaps = outside(host), "", 0
    for command, end, state in RUNS if ASKED else RUNS[::3]:
        if end == "abort":
            run = begin_until(host, "hop1.database")
        else:
            run = ask(host, *command.split(), "--yes", "--detach")["run"]["id"]
        with swapping(host, seed) as counted:
            told = disturbed(host, run, end)
        for way in (end, "abort"):  # what he did to his own home may leave no way on, but there is one back
            if ask(host, "status")["open_run"] is not None:
                told += host.run(["orchestrate", way, run, "--yes", "--json"], SECONDS, check=False).stdout
        if (ended := ask(host, "run", run)["run"]["state"]) != state:
            assert ended == "undone", told[-3000:]
            assert ask(host, *command.split(), "--yes")["run"]["state"] == "completed"
        assert outside(host) == before
        assert "Traceback" not in told
        said, swaps = said + told, swaps + counted[0]
    assert swaps >= 200
    kept = host.run(["grep", "-rl", SECRET, "/var/lib/openemm-orchestrator", "/home/openemm"], check=False).stdout
    assert SECRET not in said
    assert not kept
    host.run(["orchestrate", "audit", "verify"])
