"""The lab does what tests rely on, and leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system import booted_kit
from tests.system.booted_kit import follow
from tests.system.lab import leftovers
from tests.system.lab.host import Host, HostError
from tests.system.lab.lab import Lab

REPOSITORY = Path(__file__).parents[2]
A_LAB_THAT_WAITS = """
import signal
from tests.system.lab.lab import Lab

lab = Lab()
hosts = [lab.host(), lab.host()]
for host in hosts:
    host.boot()
lab.network(hosts)
print(lab.folder, flush=True)
signal.pause()
"""


def test_a_host_has_a_systemd_a_network_and_a_name_of_its_own(host: Host) -> None:
    assert host.run(["cat", "/proc/1/comm"]).stdout == "systemd\n"
    assert host.run(["hostname", "-f"]).stdout == f"{host.full_name}\n"
    links = host.run(["ip", "-brief", "link"]).stdout.split("\n")
    assert [line.split()[0] for line in links if line] == ["lo"]
    assert host.read("/etc/machine-id") != Path("/etc/machine-id").read_text()
    assert host.booted_in < 30


def test_what_was_written_outlives_a_power_cut_and_a_reboot_but_no_process_does(host: Host) -> None:
    host.write("/var/lib/kept", "before\n")
    host.run(["systemd-run", "--unit=sleeper", "sleep", "600"])
    identity = host.read("/etc/machine-id")
    for end in (host.power_cut, host.poweroff):
        end()
        assert not host.running
        with pytest.raises(HostError, match="is off"):
            host.run(["true"])
        host.boot()
        assert host.read("/var/lib/kept") == "before\n"
        assert host.run(["systemctl", "is-active", "sleeper"], check=False).exit_code != 0
    host.reboot()
    assert host.read("/var/lib/kept") == "before\n"
    assert host.read("/etc/machine-id") == identity


def test_a_host_reboots_while_somebody_follows_it(host: Host) -> None:
    with follow(host, "tail", "-f", "/etc/hostname") as lines:
        assert next(lines) == f"{host.full_name}\n"
        host.reboot()
        assert list(lines) == []
    assert host.running


def test_what_is_followed_ends_after_its_time(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booted_kit, "FOLLOW_SECONDS", 0.5)
    with follow(host, "tail", "-f", "/etc/hostname") as lines:
        assert list(lines) == [f"{host.full_name}\n"]


def test_a_reset_takes_back_what_came_after_the_snapshot(host: Host) -> None:
    host.write("/srv/kept", "yes\n")
    host.poweroff()
    host.snapshot()
    host.boot()
    host.write("/srv/lost", "yes\n")
    host.run(["rm", "/srv/kept"])
    host.reset()
    host.boot()
    assert host.run(["ls", "/srv"]).stdout.split() == ["kept"]


def test_a_new_host_sees_nothing_of_another(lab: Lab, host: Host) -> None:
    host.write("/srv/mine", "yes\n")
    other = lab.host()
    other.boot()
    assert other.run(["ls", "/srv"]).stdout == ""
    assert other.read("/etc/machine-id") != host.read("/etc/machine-id")
    other.close()


def test_a_failing_command_tells_what_it_said(host: Host) -> None:
    with pytest.raises(HostError, match="/nowhere"):
        host.run(["ls", "/nowhere"])
    assert host.run(["ls", "/nowhere"], check=False).exit_code == 2
    assert host.run(["id", "-un"], user="openemm").stdout == "openemm\n"


def test_files_and_folders_go_in_and_come_out_byte_by_byte(host: Host, tmp_path: Path) -> None:
    content = bytes(range(256)) * 4096
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/deep/file").write_bytes(content)
    (tmp_path / "in/link").symlink_to("deep/file")
    host.copy_in(tmp_path / "in", "/srv/folder")
    host.copy_in(tmp_path / "in/deep/file", "/srv/other/file")
    host.copy_out("/srv/folder", tmp_path / "out")
    host.copy_out("/srv/other/file", tmp_path / "file")
    assert (tmp_path / "out/deep/file").read_bytes() == (tmp_path / "file").read_bytes() == content
    assert (tmp_path / "out/link").readlink() == Path("deep/file")


def test_joined_hosts_reach_each_other_by_name_and_nobody_else(lab: Lab) -> None:
    pair = [lab.host(), lab.host()]
    for one in pair:
        one.boot()
    lab.network(pair)
    asked = f"import socket; print(socket.create_connection(('{pair[1].full_name}', 22), 10).recv(4))"
    assert pair[0].run(["python3", "-c", asked]).stdout == "b'SSH-'\n"
    assert not pair[0].run(["ip", "route", "show", "default"]).stdout
    for one in pair:
        one.close()


@pytest.mark.parametrize(("manager", "options"), [("yum", ["-y"]), ("dnf", ["-y"]), ("zypper", ["--non-interactive"])])
def test_both_mail_servers_install_as_packages_and_share_alternatives(host: Host, manager: str, options: list[str]) -> None:
    for server, others_gone in (("postfix", "sendmail"), ("sendmail", "postfix")):
        host.run([manager, *options, "install", server, *(["sendmail-cf"] if server == "sendmail" else [])])
        host.run(["alternatives", "--set", "mta", f"/usr/sbin/sendmail.{server}"])
        host.run(["systemctl", "start", f"{server}.service"])
        greeting = "import socket; print(socket.create_connection(('127.0.0.1', 25), 10).recv(200).decode())"
        assert host.run(["python3", "-c", greeting]).stdout.startswith(f"220 {host.full_name} ESMTP")
        assert host.run(["readlink", "-f", "/usr/sbin/sendmail"]).stdout.startswith("/usr/")
        assert host.run(["systemctl", "is-active", f"{others_gone}.service"], check=False).exit_code != 0
        host.run(["systemctl", "stop", f"{server}.service"])
    assert host.run(["rpm", "-q", "postfix", "sendmail"]).exit_code == 0


def test_the_database_is_a_service_as_the_guide_wants_it(host: Host) -> None:
    host.run(["systemctl", "start", "mariadb.service"])
    asked = "SELECT @@sql_mode, @@lower_case_table_names, @@character_set_server"
    answer = host.run(["mariadb", "--batch", "--skip-column-names", "-e", asked]).stdout.split()
    assert answer == ["STRICT_ALL_TABLES,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION", "1", "utf8mb4"]


def test_a_killed_test_leaves_hosts_that_the_next_lab_takes_away(lab: Lab) -> None:
    with subprocess.Popen([sys.executable, "-c", A_LAB_THAT_WAITS], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        assert process.stdout
        folder = Path(process.stdout.readline().strip())
        left = leftovers.found(folder)
        process.send_signal(signal.SIGKILL)
    assert len(left) >= 6
    assert leftovers.found(folder) == left
    assert folder in leftovers.clean()
    assert leftovers.found(folder) == []
    assert leftovers.found(lab.folder)
