"""A test that fails on a booted host brings along what the host tells."""

from __future__ import annotations

from tests.system.lab.host import Host
from tests.system.story import story


def test_a_host_tells_of_its_run_packages_units_and_journal_and_when_off_of_its_console(host: Host) -> None:
    host.run(["systemctl", "start", "no-such.service"], check=False)
    told = story(host)
    for word in ("$ orchestrate run --log", "$ dpkg --audit", "$ systemctl --failed", "systemd[1]: "):
        assert word in told
    host.power_cut()
    assert story(host).startswith(f"{host.full_name}, off\nconsole:")
