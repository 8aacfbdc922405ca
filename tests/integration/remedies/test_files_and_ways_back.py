"""Files that are put aside, modes, links and environment as remedies name them, and the ways back that they lead to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from orchestrator.command import CommandError
from orchestrator.hosts.database import accounts
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.runs import detach
from orchestrator.settings import load
from tests.integration.upgrade.upgrade_kit import OLD, Stages
from tests.remedies.follow import follow, seen
from workflows.model.errors import RefusedError

pytestmark = pytest.mark.integration
Do = Callable[..., CompletedProcess[str]]
GUI = f"home/release/emm/openemm-gui-{OLD}"


@pytest.fixture
def do(upgraded: Stages) -> Do:
    def followed(remedy: str, **more: Any) -> CompletedProcess[str]:
        return follow(remedy, site=upgraded.host, socket=upgraded.server.socket, **more)

    return followed


def test_the_account_that_may_create_databases_is_named_as_it_says(upgraded: Stages, tmp_path: Path) -> None:
    socket, file = str(upgraded.server.socket), tmp_path / "admin.cnf"
    file.write_text(f"[client]\nuser=root\nsocket={socket}\n")
    file.chmod(0o644)

    def admin(**env: str) -> None:
        settings = load(str(upgraded.host), {"ORCHESTRATE_DATABASE_ADMIN_SOCKET": "/nowhere", **env})
        accounts.admin(settings).connect().close()

    with pytest.raises(RefusedError) as open_to_others:
        admin(ORCHESTRATE_DATABASE_ADMIN_OPTION_FILE=str(file))
    follow(open_to_others.value.next[0])
    for way, value in ((open_to_others.value.next[2], socket), (open_to_others.value.next[3], str(file))):
        name = seen(way).command.removeprefix("export ").partition("=")[0]
        admin(**{name: value})


@pytest.mark.skipif(os.geteuid() != 0, reason="as root the server runs as another user")
def test_a_server_is_let_into_its_folder(open_folder: Path) -> None:
    shut = open_folder / "shut"
    shut.mkdir(mode=0o755)
    server = PrivateServer(shut / "server", small=True)
    server.create()
    shut.chmod(0o700)
    try:
        with pytest.raises(CommandError) as caught:
            server.start()
        follow(caught.value.next[0])
        server.start()
    finally:
        server.stop()
        shutil.rmtree(shut)


def test_a_link_to_nothing_is_pointed_to_what_ran(upgraded: Stages, do: Do) -> None:
    link = upgraded.home / "tomcat"
    ran = str(link.readlink())
    link.unlink()
    link.symlink_to("nowhere")
    looks, points = upgraded.say("rollback", "--to", "19.10", "--plan").refused(3, "link-broken")["next"]
    do(looks)
    do(points, named={"RELEASE": ran})
    assert upgraded.say("rollback", "--to", "19.10", "--plan").code == 0


def test_the_copy_of_a_release_is_put_aside(upgraded: Stages, do: Do) -> None:
    shutil.copytree(upgraded.host / GUI, upgraded.host / f"{GUI}-copy", symlinks=True)
    (way,) = upgraded.say("rollback", "--to", "19.10", "--plan").refused(3, "version-ambiguous")["next"]
    do(way)
    assert upgraded.say("rollback", "--to", "19.10", "--plan").code == 0
    shutil.rmtree(Path("/var/tmp") / Path(way.split()[1]).name)


def on(host: Stages) -> str:
    return str(host.say("status").last["components"]["frontend"])[:5]


def test_what_leads_to_another_line_is_a_move_of_links_and_database_together(upgraded: Stages, do: Do) -> None:
    (older,) = upgraded.say("upgrade", "--to", "19.10", "--yes").refused(2, "target-older")["next"]
    (backup,) = (one["id"] for one in upgraded.say("backup", "list").last["backups"])
    (alone,) = upgraded.say("backup", "restore", backup, "--yes").refused(3, "backup-of-other-release")["next"]
    do(alone)
    assert on(upgraded) == "19.10"
    (forward,) = upgraded.say("switch", "frontend", "20.04", "--yes").refused(3, "switch-across-lines")["next"]
    do(forward)
    assert on(upgraded) == "20.04"
    do(older)
    assert on(upgraded) == "19.10"


def test_a_run_that_its_unit_does_not_begin_is_driven_here(
    upgraded: Stages, do: Do, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    upgraded.say("switch", "manual", "20.04", "--yes")  # where one before has left it
    monkeypatch.setattr(detach, "SYSTEMD", tmp_path)
    monkeypatch.setattr(detach, "version", lambda: 252)
    monkeypatch.setattr(detach, "run", lambda *_, **__: None)  # a systemd that puts the unit off
    monkeypatch.setattr(detach, "BEGIN_SECONDS", 0.2)
    _, drives = upgraded.say("switch", "manual", "19.10", "--yes", "--detach").refused(1, "detach-not-begun")["next"]
    do(drives)
    assert upgraded.say("status").last["components"]["manual"].startswith("19.10")
    upgraded.say("switch", "manual", "20.04", "--yes").completed()


def test_without_a_completed_upgrade_the_release_is_named(stages: Stages, upgraded: Stages, do: Do) -> None:
    stages.put_back("upgraded")
    upgraded.forget()
    upgraded.say("status")
    back, takes_back = upgraded.say("rollback", "--yes").refused(2, "nothing-to-roll-back")["next"]
    assert "no run is open" in do(takes_back, expect=(2,)).stderr
    do(back, named={"VERSION": "19.10"})
    assert on(upgraded) == "19.10"
    stages.put_back("upgraded")
