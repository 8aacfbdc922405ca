"""An installation on a booted, bare Debian 12, from nothing to a verified OpenEMM: real packages, MariaDB, Postfix and Tomcat.

It is ended in the middle of an installation of packages, by a power cut and by a reboot, and in the middle of OpenEMM's first
start by a power cut; then it is resumed, and, from the same disk, taken back. On another host the process is killed again and
again, at seeded commits of the journal, until it is through: ORCHESTRATE_INSTALL_KILLS="1 2 3" names the seeds.

More power cuts, each on a fresh host, which is then as it must be:
ORCHESTRATE_INSTALL_CUTS=all (each step), or STEP, or STEP@SECONDS such as java@4 .../pytest tests/system/test_install_booted.py
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.system.booted_kit import ask, believed, runs
from tests.system.install_kit import DOMAIN, INSTALL, SECONDS, begin, differences, install, names, prepare, snapshot, wait_for
from tests.system.lab.host import Host
from tests.system.lab.lab import Lab
from tests.system.lab.root import Kind, ready_root
from workflows.install import steps
from workflows.model.answers import Answers
from workflows.model.installation import InstallPlan
from workflows.model.plans import Hop, LineRules, Release

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]
VERSIONS = {"frontend": "20.10.000.152", "backend": "20.10.000.126", "runtime": "20.10.000.012", "manual": "20.10.000.003"}
LEFT_BY_PACKAGES = (  # Debian's packages never remove accounts and databases
    "user mysql:", "group mysql:", "group ssl-cert:", "group crontab:", "/etc/mysql", "/etc/passwd", "/etc/group", "/etc/shadow",
    "/etc/gshadow", "/etc/subuid-", "/etc/subgid-",
)  # fmt: skip
LEFT_BY_US = ("/etc/openemm-orchestrator", "/etc/motd.d")  # empty folders
HALF_CONFIGURED = "until test -e /etc/postfix/main.cf; do sleep 0.01; done"  # what Postfix says of itself then is wrong
HALF_MADE = "until test -e /var/lib/mysql/ibdata1; do sleep 0.01; done"  # the database server does not start over it
PLAN = InstallPlan(
    source="none", target=VERSIONS["frontend"], answers=Answers(url="http://a.b", name="a.b", mailloop_domain="c.b"),
    hop=Hop(1, "none", Release(VERSIONS["frontend"], ()), LineRules("20.10"), final=True, name="install"),
)  # fmt: skip
WISH = os.environ.get("ORCHESTRATE_INSTALL_CUTS", "")
POINTS = tuple(step.name for step in steps(PLAN)) if WISH == "all" else tuple(WISH.split())
SEEDS = tuple(int(seed) for seed in os.environ.get("ORCHESTRATE_INSTALL_KILLS", "1").split())
RESUME = ["orchestrate", "resume", "--yes", "--json"]
KILLED = -signal.SIGKILL
LONGEST_LIFE, LEAST_KILLS = 8, 8  # a power of two: the SQL alone passes more than 1300 places
SEND = """
import smtplib
with smtplib.SMTP("127.0.0.1", 25) as server:
    server.sendmail("reader@example.com", ["ext_1@{domain}"], "Subject: out of office\\n\\nBack on Monday\\n")
"""


@dataclass(frozen=True)
class CutOff:
    """A host on which an installation was cut off. before: what it was like when it was bare."""

    host: Host
    before: dict[str, str]

    def boot(self) -> Host:
        """As it was at the power cut, and on again."""
        self.host.reset()
        self.host.boot()
        names(self.host)
        return self.host


@pytest.fixture(scope="module")
def cut_off(lab: Lab) -> Iterator[CutOff]:
    """Cut off while the first databases are made, rebooted in the mail server's packages, cut off in the first start."""
    host = lab.host((ready_root(Kind.BARE),))
    host.boot()
    prepare(host)
    before = snapshot(host)
    begin(host)
    wait_for(host, "database-software")
    host.run(["sh", "-c", HALF_MADE], SECONDS)
    host.power_cut()
    host.boot()
    names(host)
    begin(host, "resume")
    wait_for(host, "mail-server")
    host.run(["test", "-e", "/var/lib/mysql.cut-off-1/ibdata1"])
    host.run(["sh", "-c", HALF_CONFIGURED], SECONDS)
    host.reboot()
    begin(host, "resume")
    wait_for(host, "install.start")
    host.power_cut()
    host.snapshot()
    yield CutOff(host, before)
    host.close()


def test_an_installation_that_is_resumed_after_reboot_and_power_cut_runs_and_takes_mail(cut_off: CutOff) -> None:
    host = cut_off.boot()
    assert believed(host) == "inactive"
    assert ask(host, "status")["open_run"] is not None
    assert ask(host, "resume", "--yes")["run"]["state"] == "completed"
    status = ask(host, "status")
    assert (status["components"], status["open_run"], runs(host)) == (VERSIONS, None, (True, True))
    assert believed(host) == "active"
    host.run(["/opt/orchestrate/bin/python", "-c", SEND.format(domain=DOMAIN)])
    waited(lambda: "Back on Monday" in host.run(["cat", "/var/mail/openemm"], check=False).stdout)


def test_a_second_installation_changes_nothing_and_says_so(cut_off: CutOff) -> None:
    host = cut_off.host
    before = snapshot(host)
    assert install(host) == {"schema": "orchestrate.install/1", "changed": False, "downtime": None, "run": None}
    assert differences(before, snapshot(host)) == {}


def test_openemm_starts_with_the_host(cut_off: CutOff) -> None:
    cut_off.host.reboot()
    waited(lambda: runs(cut_off.host) == (True, True))
    assert believed(cut_off.host) == "active"


def test_an_installation_that_is_taken_back_leaves_the_host_as_it_was(cut_off: CutOff) -> None:
    host = cut_off.boot()
    assert ask(host, "abort", "--yes")["run"]["state"] == "undone"
    left = differences(cut_off.before, snapshot(host))
    assert not [
        f"{name}: {was}, {now}" for name, (was, now) in left.items() if not name.startswith(LEFT_BY_PACKAGES + LEFT_BY_US)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_installation_that_is_killed_again_and_again_comes_to_the_same_end(lab: Lab, seed: int) -> None:
    chance = random.Random(seed)
    host = lab.host((ready_root(Kind.BARE),))
    host.boot()
    prepare(host)
    kills, code = 0, KILLED
    command = INSTALL
    while code == KILLED:
        fault = f"commit:{round(2 ** chance.uniform(1, LONGEST_LIFE))}"  # passed before and behind every commit of the journal
        code = host.run(command, SECONDS, check=False, env={"ORCHESTRATE_FAULT": fault}).exit_code
        kills += code == KILLED
        command = RESUME if ask(host, "status")["open_run"] is not None else INSTALL
    assert code == 0
    assert kills >= LEAST_KILLS, f"killed {kills} times only"
    status = ask(host, "status")
    assert (status["components"], status["open_run"], runs(host)) == (VERSIONS, None, (True, True))
    assert host.run(["orchestrate", "audit", "verify"], SECONDS).exit_code == 0
    assert install(host)["changed"] is False
    sys.stdout.write(f"\nseed {seed}: killed {kills} times\n")
    host.close()


@pytest.mark.skipif(not POINTS, reason="ORCHESTRATE_INSTALL_CUTS names no more power cuts")
@pytest.mark.parametrize("point", POINTS or ("none",))
def test_an_installation_that_is_cut_off_in_any_step_comes_to_the_same_end(lab: Lab, point: str) -> None:
    step, _, seconds = point.partition("@")
    host = lab.host((ready_root(Kind.BARE),))
    host.boot()
    prepare(host)
    begin(host)
    wait_for(host, step)
    time.sleep(float(seconds or 0))
    host.power_cut()
    host.boot()
    if ask(host, "status")["open_run"] is not None:
        assert ask(host, "resume", "--yes")["run"]["state"] == "completed"
    assert install(host)["changed"] is False
    waited(lambda: runs(host) == (True, True))
    host.close()


def waited(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until it holds.

    Raises:
        AssertionError: it does not in that time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come to hold"
        time.sleep(0.3)
