"""What OpenEMM's user places below the home, root follows no further than he may: a row an attack, as root on a real home."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.acting import NotHisError, current
from orchestrator.files import tree_digest
from orchestrator.hosts.database import dbcfg
from orchestrator.hosts.database.admin_password import read_salt
from orchestrator.hosts.mail import maps
from orchestrator.hosts.network import host_name
from orchestrator.hosts.real import RealHost
from orchestrator.hosts.software.python_source import BUILT
from orchestrator.settings import Settings
from tests.integration.packages.package_kit import Place, gui
from tests.integration.software.software_kit import tomcat_archive, tomcat_files
from tests.system.lab import python_source
from workflows.host.application import LogMark
from workflows.host.remedies import MakeLink, Rewrite, SetMode
from workflows.model.errors import WorkflowError
from workflows.model.plans import Link

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be led to what another may not do")

HIS = "games"
SECRET = "root-only: 4711"
OLD, NEW = "tomcat9", "runtime/openemm-runtime-20.04.000.050/tomcat9"
GUI = "release/emm/openemm-gui-20.04.000.200"
SITE_FILES = {
    f"{OLD}/conf/server.xml": "<Server/>", f"{OLD}/conf/hostname": "mail.example.com\n", f"{OLD}/conf/keys/emm.salt": "salt",
    f"{OLD}/conf/version.txt": "19.10.000.005\n", f"{OLD}/logs/catalina.out": "started\n", f"{NEW}/conf/server.xml": "<Shipped/>",
    f"{NEW}/conf/version.txt": "20.04.000.050\n", f"{GUI}/WEB-INF/classes/emm.properties": "ApplicationVersion=20.04.000.200\n",
    f"{GUI}/WEB-INF/web.xml": "<web-app></web-app>", "emm-plugins/one/plugin.xml": "<plugin/>",
    "etc/dbcfg": "emm: host=localhost\n", "var/run/relay.domains": "a.example.com\n",
    "bin/setenv.sh": "export JAVA_HOME=/opt/java\n",
}  # fmt: skip


class Home:
    """A home of somebody else, and beside it what only root may read and write."""

    def __init__(self, folder: Path) -> None:
        self.home, self.state, self.victim = folder / "home", folder / "state", folder / "victim"
        for name, text in SITE_FILES.items():
            (self.home / name).parent.mkdir(parents=True, exist_ok=True)
            (self.home / name).write_text(text)
        self.link("tomcat", OLD)
        (self.victim / "folder").mkdir(parents=True)
        (self.victim / "folder/file").write_text(SECRET)
        (self.victim / "secret").write_text(SECRET)
        for path in (self.victim / "secret", self.victim / "folder/file"):
            path.chmod(0o600)
        self.give()
        self.host = RealHost(Settings(name="wall", home=self.home, user=HIS, state=self.state, packages=str(folder)))
        self.before = self.picture()

    def give(self) -> None:
        """All of it is his."""
        account = pwd.getpwnam(HIS)
        for path in (self.home, *self.home.rglob("*")):
            os.lchown(path, account.pw_uid, account.pw_gid)

    def link(self, name: str, target: str | Path) -> None:
        """He puts a link there, in place of what is there."""
        path = self.home / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
        account = pwd.getpwnam(HIS)
        os.lchown(path, account.pw_uid, account.pw_gid)

    def picture(self) -> list[tuple[str, int, int, int]]:
        """Names, modes and owners of the victim's, with the digest of it all."""
        paths = [self.victim, *sorted(self.victim.rglob("*"))]
        found = [(str(path), path.lstat().st_mode, path.lstat().st_uid, path.lstat().st_gid) for path in paths]
        return [*found, (tree_digest(self.victim), 0, 0, 0)]


@pytest.fixture
def his(open_folder: Path, request: pytest.FixtureRequest) -> Iterator[Home]:
    folder = open_folder / "wall" / f"{abs(hash(request.node.name)):x}"
    folder.mkdir(parents=True)
    made = Home(folder)
    yield made
    assert current() is None
    shutil.rmtree(folder)


def carry(his: Home) -> Any:
    return his.host.home.carry_site_files(OLD, "runtime/openemm-runtime-20.04.000.050")


def keep_and_put_back(his: Home, link: str, target: Path) -> Any:
    his.host.home.keep_site_files("runtime/openemm-runtime-20.04.000.050", "R-hop1")
    his.link(link, target)
    return his.host.home.put_back_site_files("runtime/openemm-runtime-20.04.000.050", "R-hop1")


def keep_and_restore(his: Home) -> Any:
    kept = his.host.register.keep([str(his.home / "bin/setenv.sh")])
    his.link("bin/setenv.sh", his.victim / "secret")
    return his.host.register.restore(kept)


def plugins_back(his: Home, part: bool) -> Any:
    his.host.home.keep_folders(["emm-plugins"], "R-hop2")
    shutil.rmtree(his.home / "emm-plugins")
    his.link(".emm-plugins.orchestrate-part" if part else "emm-plugins", his.victim / "folder")
    return his.host.home.put_back_folders(["R-hop2"])


def stage(his: Home, name: str = "openemm-gui-20.04.000.200.tar.gz") -> Any:
    place = Place.__new__(Place)
    place.home, place.state, place.packages = his.home, his.state, his.state / "packages"
    place.packages.mkdir(parents=True, exist_ok=True)
    artefact = place.artefact(name, gui(name.removeprefix("openemm-gui-").removesuffix(".tar.gz")))
    return place.site(user=HIS).stage(artefact)


def rewrite(his: Home) -> Any:
    path = his.home / "bin/setenv.sh"
    remedy = Rewrite(str(path), his.host.remedies.state(Rewrite(str(path), "", "", "", ""))["sha256"], "other", "", "")
    his.link("bin/setenv.sh", his.victim / "secret")
    return his.host.remedies.apply(remedy)


def with_opt_elsewhere(his: Home, doing: Callable[[Home, str], Any], name: str) -> Any:
    """His opt leads to a folder of root's in which such a name may be."""
    his.link("opt", his.victim / "folder")
    return doing(his, f"{his.home}/opt/{name}")


def unpack_tomcat(his: Home, folder: str) -> Any:
    his.state.mkdir(exist_ok=True)
    archive = tomcat_archive(his.state / "apache-tomcat-9.0.43.tar.gz")
    return his.host.software.unpack_tomcat(str(archive), folder)


def build_python(his: Home, folder: str) -> Any:
    his.state.mkdir(exist_ok=True)
    archive, digest = python_source.build(his.state, "/usr/bin/python3")
    return his.host.software.build_python(str(archive), digest, folder, lambda _: None)


def root_has(his: Home, name: str, *files: str) -> None:
    """The same software, but root's own and elsewhere."""
    for file in files:
        (his.victim / "folder" / name / file).parent.mkdir(parents=True, exist_ok=True)
        (his.victim / "folder" / name / file).write_bytes(tomcat_files().get(file, b"x"))
    his.before = his.picture()


ATTACKS: dict[str, Callable[[Home], Any]] = {
    "server.xml of the staged runtime leads to root's file":
        lambda his: (his.link(f"{NEW}/conf/server.xml", his.victim / "secret"), carry(his)),
    "server.xml of the old runtime leads to root's file":
        lambda his: (his.link(f"{OLD}/conf/server.xml", his.victim / "secret"), carry(his)),
    "conf of the staged runtime leads to root's folder":
        lambda his: (his.link(f"{NEW}/conf", his.victim / "folder"), carry(his)),
    "conf/keys of the staged runtime leads to root's folder":
        lambda his: (his.link(f"{NEW}/conf/keys", his.victim / "folder"), carry(his)),
    "logs of the old runtime lead to root's folder":
        lambda his: (his.link(f"{OLD}/logs", his.victim / "folder"), carry(his)),
    "conf/keys is a link when the runtime's files are put back":
        lambda his: keep_and_put_back(his, f"{NEW}/conf/keys", his.victim / "folder"),
    "server.xml is a link when the runtime's files are put back":
        lambda his: keep_and_put_back(his, f"{NEW}/conf/server.xml", his.victim / "secret"),
    "a file that is kept leads to root's file": lambda his: (his.link("bin/setenv.sh", his.victim / "secret"),
                                                             his.host.register.keep([str(his.home / "bin/setenv.sh")])),
    "a file that is restored leads to root's file": keep_and_restore,
    "version.txt leads to root's file": lambda his: (his.link(f"{OLD}/conf/version.txt", his.victim / "secret"),
                                                     his.host.home.active()),
    "emm.properties leads to root's file": lambda his: (his.link(f"{GUI}/WEB-INF/classes/emm.properties", his.victim / "secret"),
                                                        his.host.home.installed()),
    "the log leads to root's file": lambda his: (his.link(f"{OLD}/logs/catalina.out", his.victim / "secret"),
                                                 his.host.application.log_since(LogMark(0, 0))),
    "the log is a pipe": lambda his: ((his.home / f"{OLD}/logs/catalina.out").unlink(),
                                      os.mkfifo(his.home / f"{OLD}/logs/catalina.out"), his.give(),
                                      his.host.application.log_since(LogMark(0, 0))),
    "dbcfg leads to root's file": lambda his: (his.link("etc/dbcfg", his.victim / "secret"),
                                               dbcfg.read(his.home / "etc/dbcfg")),
    "the salt leads to root's file": lambda his: (his.link("conf/keys/emm.salt", his.victim / "secret"),
                                                  read_salt(his.home / "conf/keys/emm.salt")),
    "conf/hostname leads to root's file": lambda his: (his.link("conf/hostname", his.victim / "secret"),
                                                       host_name.of_application(his.home)),
    "a file of the installation leads to root's file": lambda his: (his.link("bin/setenv.sh", his.victim / "secret"),
                                                                    his.host.files.write(str(his.home / "bin/setenv.sh"), "x")),
    "a folder of the installation leads to root's folder": lambda his: (his.link("bin", his.victim / "folder"),
                                                                        his.host.files.write(str(his.home / "bin/new.sh"), "x")),
    "a folder whose owner is set leads to root's folder": lambda his: (
        his.link("bin", his.victim / "folder"), his.host.files.set_owner(str(his.home / "bin/file"), "games:games")),
    "a file whose owner is set has another name": lambda his: (
        os.link(his.victim / "secret", his.home / "bin/setenv.hard"),
        his.host.files.set_owner(str(his.home / "bin/setenv.hard"), "games:games")),
    "a file that is read leads to root's file": lambda his: (his.link("bin/setenv.sh", his.victim / "secret"),
                                                             his.host.files.read(str(his.home / "bin/setenv.sh"))),
    "the folder of a link leads to root's folder": lambda his: (his.link("webapps", his.victim / "folder"),
                                                                his.host.home.write_links([Link("webapps/emm", "../x")])),
    "the plug-ins' place is a link when they come back": lambda his: plugins_back(his, part=False),
    "the plug-ins' place beside is a link when they come back": lambda his: plugins_back(his, part=True),
    "a plug-in leads to root's file when they are kept":
        lambda his: (his.link("emm-plugins/one/plugin.xml", his.victim / "secret"),
                     his.host.home.keep_folders(["emm-plugins"], "R-hop3")),
    "the folder of the releases leads to root's folder": lambda his: (his.link("release", his.victim / "folder"), stage(his)),
    "the folder of one kind leads to root's folder": lambda his: (his.link("release/emm", his.victim / "folder"), stage(his)),
    "the place of the unpacking leads to root's folder":
        lambda his: (his.link("release/emm/.openemm-gui-20.04.000.200.part", his.victim / "folder"), stage(his)),
    "opt leads to root's folder when a Tomcat is unpacked": lambda his: with_opt_elsewhere(his, unpack_tomcat, "tomcat-new"),
    "opt leads to root's folder when a Tomcat is removed":
        lambda his: (root_has(his, "tomcat-old", *tomcat_files()),
                     with_opt_elsewhere(his, lambda his, it: his.host.software.remove_tomcat(it), "tomcat-old")),
    "the place of a Tomcat's unpacking leads to root's folder":
        lambda his: (his.link("opt/.tomcat-new.part", his.victim / "folder"),
                     unpack_tomcat(his, f"{his.home}/opt/tomcat-new")),
    "opt leads to root's folder when a Python is built": lambda his: with_opt_elsewhere(his, build_python, "Python-3.9.2"),
    "opt leads to root's folder when a Python is removed":
        lambda his: (root_has(his, "Python-3.9.2", BUILT),
                     with_opt_elsewhere(his, lambda his, it: his.host.software.remove_python(it), "Python-3.9.2")),
    "opt leads to root's folder when an environment is removed":
        lambda his: (root_has(his, "python-3.9", "pyvenv.cfg"),
                     with_opt_elsewhere(his, lambda his, it: his.host.software.remove_environment(it), "python-3.9")),
    "relay.domains leads to root's file": lambda his: (his.link("var/run/relay.domains", his.victim / "secret"),
                                                       maps.add(his.home / "var/run/relay.domains", {"b.example.com": ""}, HIS)),
    "a file that --fix gives a mode leads to root's file": lambda his: (his.link("bin/setenv.sh", his.victim / "secret"),
                                                                        his.host.remedies.apply(
                                                                            SetMode(str(his.home / "bin/setenv.sh"), 0o666))),
    "a file that --fix rewrites leads to root's file": rewrite,
    "the folder in which --fix makes a link is root's": lambda his: (his.link("bin", his.victim / "folder"),
                                                                     his.host.remedies.apply(
                                                                         MakeLink(str(his.home / "bin/x"), "/etc"))),
}  # fmt: skip


@pytest.mark.parametrize("is_his", [True, False], ids=["his home", "a home of root's with what is his"])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_nothing_of_roots_is_read_changed_or_given_away(his: Home, attack: Callable[[Home], Any], is_his: bool) -> None:
    if not is_his:
        (his.home / "opt").mkdir()  # he could not make it himself
        his.give()
        os.chown(his.home, 0, 0)
    try:
        told = repr(attack(his))
    except WorkflowError as error:
        told = repr(error.as_dict())
    assert his.picture() == his.before
    assert SECRET not in told
    kept = [path for path in his.state.rglob("*") if path.is_file() and not path.is_symlink()] if his.state.exists() else []
    assert all(SECRET.encode() not in path.read_bytes() for path in kept)


def test_what_is_refused_says_whose_the_home_is_and_what_to_look_at(his: Home) -> None:
    his.link("release/emm", his.victim / "folder")
    with pytest.raises(NotHisError) as refused:
        stage(his)
    assert refused.value.error_key == "home-not-his"
    assert HIS in refused.value.message
    assert refused.value.next


def test_links_to_what_is_his_go_on_working(his: Home, open_folder: Path) -> None:
    """Releases and logs may lie on another disk, and the home itself may be a link."""
    disk = his.home.parent / "disk"
    for name in ("release", f"{OLD}/logs"):
        (disk / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(his.home / name, disk / name)
        (his.home / name).symlink_to(disk / name)
    account = pwd.getpwnam(HIS)
    for path in (disk, *disk.rglob("*")):
        os.lchown(path, account.pw_uid, account.pw_gid)
    stage(his, "openemm-gui-20.04.000.300.tar.gz")
    assert (disk / "release/emm/openemm-gui-20.04.000.300/WEB-INF").is_dir()
    carried = carry(his)
    assert carried
    assert {path.lstat().st_uid for path in (his.home / NEW).rglob("*")} == {account.pw_uid}


def test_a_file_that_root_keeps_in_the_home_stays_roots_where_it_is_carried(his: Home) -> None:
    os.chown(his.home / f"{OLD}/conf/server.xml", 0, 0)
    (his.home / f"{OLD}/conf/server.xml").chmod(0o644)
    carry(his)
    status = (his.home / f"{NEW}/conf/server.xml").lstat()
    assert (status.st_uid, status.st_mode & 0o7777) == (0, 0o644)


SWAPPER = """
import os, sys
home, victim = sys.argv[1:]
names = ["{new}/conf", "{new}/conf/server.xml", "{new}/conf/keys", "release/emm", "emm-plugins", "{old}/conf", "bin",
         "tomcat9/logs"]
swaps = 0
while True:
    for name in names:
        path, aside = f"{{home}}/{{name}}", f"{{home}}/{{name}}.aside"
        target = f"{{victim}}/folder" if "." not in name.rpartition("/")[2] else f"{{victim}}/secret"
        try:
            if os.path.islink(path):
                os.unlink(path)
                if os.path.lexists(aside):
                    os.rename(aside, path)
            else:
                if os.path.lexists(path):
                    os.rename(path, aside)
                os.symlink(target, path)
            swaps += 1
        except OSError:
            pass
    print(swaps, flush=True)
"""


def test_names_that_are_swapped_all_the_time_lead_nowhere(his: Home) -> None:
    """Two thousand swaps and more, while all that root does below a home is done again and again."""
    code = SWAPPER.format(new=NEW, old=OLD)
    tried, swaps, deadline = 0, 0, time.monotonic() + 40
    doings: list[Callable[[Home], Any]] = [
        carry, lambda his: his.host.home.keep_folders(["emm-plugins"], f"R{tried}-hop2"), stage,
        lambda his: his.host.home.put_back_folders([f"R{tried}-hop2"]), lambda his: his.host.home.installed(),
        lambda his: his.host.files.write(str(his.home / "bin/setenv.sh"), str(tried)),
        lambda his: his.host.home.keep_site_files("runtime/openemm-runtime-20.04.000.050", f"R{tried}"),
        lambda his: his.host.home.put_back_site_files("runtime/openemm-runtime-20.04.000.050", f"R{tried}"),
    ]  # fmt: skip
    command = ["runuser", "-u", HIS, "--", "/usr/bin/python3", "-c", code, str(his.home), str(his.victim)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as swapper:
        assert swapper.stdout
        try:
            while (tried < 25 or swaps < 2000) and time.monotonic() < deadline:
                tried += 1
                for doing in doings:
                    with contextlib.suppress(WorkflowError, OSError):
                        doing(his)
                swaps = int(swapper.stdout.readline())
        finally:
            swapper.send_signal(signal.SIGTERM)
    assert his.picture() == his.before
    assert swaps >= 200, "the loop did not run"
    kept = [path for path in his.state.rglob("*") if path.is_file() and not path.is_symlink()]
    assert all(SECRET.encode() not in path.read_bytes() for path in kept)
