"""A step that installs packages, cut off on a booted, bare Debian 12 at instants spread from dpkg's first word to its last.

It takes long: ORCHESTRATE_PACKAGE_CUTS names how many instants of which step, and the seed of what is drawn at random:
COUNT:SEED (of the mail server's step) or STEP:COUNT:SEED, such as "30:1 java:10:7".
"""

from __future__ import annotations

import os
import random
import sys
import time
from bisect import bisect_right
from itertools import islice

import pytest

from tests.system.booted_kit import follow
from tests.system.install_kit import begin, names, prepare, wait_for
from tests.system.lab.host import Host, HostError
from tests.system.lab.lab import Lab
from tests.system.lab.root import Kind, ready_root
from tests.system.story import story
from tests.system.test_install_booted import PLAN
from workflows.install import steps

pytestmark = [pytest.mark.system, pytest.mark.timeout(4 * 3600)]
WISH = os.environ.get("ORCHESTRATE_PACKAGE_CUTS", "").split()
WISHES = [wish if wish.count(":") == 2 else f"mail-server:{wish}" for wish in WISH]
DPKG_LOG = "/var/log/dpkg.log"
TAIL = f"tail --lines=0 --follow=name {DPKG_LOG}"
TIMES = "python3 -uc 'import sys, time; [print(time.monotonic(), flush=True) for _ in sys.stdin]'"
CUTS = {"power cut": Host.power_cut, "reboot": Host.reboot}


@pytest.mark.skipif(not WISHES, reason="ORCHESTRATE_PACKAGE_CUTS names no instants")
@pytest.mark.parametrize("wish", WISHES or ("none",))
def test_packages_that_were_cut_off_anywhere_are_brought_to_their_end(lab: Lab, wish: str) -> None:
    step, count, seed = wish.split(":")
    chance = random.Random(seed)
    host = lab.host((ready_root(Kind.BARE),))
    words = words_of(host, step)
    failures = []
    for number in range(int(count)):
        instant = words[-1] * (number + chance.random()) / int(count)
        word = bisect_right(words, instant)
        how = chance.choice(sorted(CUTS))
        told = f"{wish}, {number}: {how} {instant:.2f} s of {words[-1]:.2f} s in, behind word {word} of {len(words)}"
        said = "not reached"
        try:
            said = cut(host, word, instant - words[word - 1], how)
            begin(host, "resume")
            wait_for(host, behind(step))
            assert whole(host), "packages are not whole"
            outcome = "resumed"
        except (AssertionError, HostError) as error:
            outcome = f"failed: {error}"
            failures.append(f"{told}: {error}\n{story(host)}")
        sys.stderr.write(f"{told} ({said}): {outcome}\n")
    assert not failures, "\n".join(failures)
    host.close()


def words_of(host: Host, step: str) -> list[float]:
    """Let a host be cut off as the step begins, to be reset to; when dpkg says each of its words in there, from the first on."""
    host.boot()
    prepare(host)
    begin(host)
    wait_for(host, step)
    host.power_cut()
    host.snapshot()
    boot_again(host)
    with follow(host, "sh", "-c", f"{TAIL} | {TIMES}") as lines:
        begin(host, "resume")
        wait_for(host, behind(step))
        host.power_cut()
        times = [float(line) for line in lines]
    return [time - times[0] for time in times]


def cut(host: Host, word: int, delay: float, how: str) -> str:
    """Resume, cut it off that many seconds behind a word of dpkg's, and boot again; the word."""
    host.reset()
    boot_again(host)
    with follow(host, *TAIL.split()) as lines:
        begin(host, "resume")
        said = list(islice(lines, word))
        assert len(said) == word, f"dpkg said {len(said)} words only"
        time.sleep(delay)
        CUTS[how](host)
    if not host.running:
        host.boot()
    names(host)
    return " ".join(said[-1].split()[2:5])


def boot_again(host: Host) -> None:
    """On, and with a log of dpkg's own: the file is not that of the layer below any more."""
    host.boot()
    names(host)
    host.run(["touch", DPKG_LOG])


def behind(step: str) -> str:
    """The step after that one."""
    all_names = [one.name for one in steps(PLAN)]
    return all_names[all_names.index(step) + 1]


def whole(host: Host) -> bool:
    """Whether no package lacks anything."""
    return not host.run(["dpkg", "--audit"]).stdout and host.run(["apt-get", "check"], check=False).exit_code == 0
