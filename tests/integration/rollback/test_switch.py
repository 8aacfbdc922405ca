"""One component to another version of its line on a real host."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.crash.bench import Picture
from tests.integration.upgrade.upgrade_kit import NEW, Stages
from tests.remedies.follow import seen

pytestmark = pytest.mark.integration
RUNTIMES = {"19.10.000.005": "tomcat9", "20.10.000.012": "runtime/openemm-runtime-20.10.000.012/tomcat9"}
SITE_FILES = ("conf/server.xml", "conf/web.xml", "conf/hostname", "bin/emm.sh.additional.properties", "conf/keys/emm.salt")


def edit(tomcat: Path) -> dict[str, bytes]:
    """The site's files, changed since the upgrade; one that says nothing about ports is left runnable."""
    for name in SITE_FILES:
        if name == "conf/hostname":
            continue
        with (tomcat / name).open("ab") as file:
            file.write(b"\n<!-- ours -->\n" if name.endswith(".xml") else b"\n")
    return {name: (tomcat / name).read_bytes() for name in SITE_FILES}


def test_a_runtime_older_than_20_04_050_loses_no_site_file(upgraded: Stages) -> None:
    host = upgraded
    ours = edit(host.home / RUNTIMES["20.10.000.012"])
    host.say("switch", "runtime", "19.10", "--yes").completed()
    tomcat = host.home / "tomcat"
    assert tomcat.readlink() == Path(RUNTIMES["19.10.000.005"])
    assert {name: (tomcat / name).read_bytes() for name in SITE_FILES} == ours
    assert (tomcat / "conf/web.xml.new").exists()
    assert host.say("status").last["answers"] == NEW
    host.say("switch", "runtime", "20.10.000.012", "--yes").completed()
    assert {name: (tomcat / name).read_bytes() for name in SITE_FILES} == ours


def test_a_switch_that_fails_and_is_taken_back_leaves_every_file_as_it_was(upgraded: Stages) -> None:
    host = upgraded
    edit(host.home / "tomcat")
    before: Picture = host.picture()
    host.hook("backend-fail")
    answer = host.say("switch", "runtime", "19.10", "--yes")
    assert (answer.code, answer.state) == (1, "failed")
    host.mend("backend-fail")
    assert host.say("abort", "--yes").state == "undone"
    now = host.picture()
    assert (now.links, now.files) == (before.links, before.files)


def test_the_frontend_is_switched_as_one_within_its_line(upgraded: Stages) -> None:
    host = upgraded
    older = "20.10.000.151"
    for kind in ("emm", "statistics", "webservices"):
        [tree] = (host.home / "release" / kind).glob(f"*{NEW}")
        copy = tree.with_name(tree.name.replace(NEW, older))
        shutil.copytree(tree, copy, symlinks=True)
        properties = copy / "WEB-INF/classes/emm.properties"
        properties.write_text(properties.read_text().replace(f"ApplicationVersion={NEW}", f"ApplicationVersion={older}"))
    host.say("switch", "frontend", older, "--yes", "--reason", "a bug").completed()
    status = host.say("status").last
    assert (status["answers"], status["components"]["frontend"]) == (older, older)
    assert {(host.home / "webapps" / kind).resolve().name[-13:] for kind in ("emm", "statistics", "webservices")} == {older}
    host.say("rollback", "--to", NEW, "--yes").completed()  # within one line: links only
    assert host.say("status").last["answers"] == NEW
    assert "backup-restored" not in [kind for kind, _ in host.ledger()]


def test_tomcat_is_switched_along_or_its_absence_refused(upgraded: Stages) -> None:
    host = upgraded
    host.home.joinpath("opt/apache-tomcat-9.0.43").rename(host.home / "opt/apache-tomcat-10.1.30")
    host.home.joinpath("opt/tomcat").unlink()
    host.home.joinpath("opt/tomcat").symlink_to("apache-tomcat-10.1.30")
    (way,) = host.say("switch", "runtime", "20.04", "--yes").refused(3, "tomcat-missing")["next"]
    seen(way)
    opt = Path(way.partition(" into ")[2].partition(",")[0])
    shutil.copytree(opt / "apache-tomcat-10.1.30", opt / "apache-tomcat-9.0.43", symlinks=True)
    host.say("switch", "runtime", "20.04", "--yes").completed()
    assert host.home.joinpath("opt/tomcat").readlink() == Path("apache-tomcat-9.0.43")


def test_the_manual_is_switched_without_a_restart(upgraded: Stages) -> None:
    running = upgraded.application()
    upgraded.say("switch", "manual", "19.10", "--yes").completed()
    assert upgraded.application() == running
    again = upgraded.say("switch", "manual", "19.10", "--yes")
    assert (again.code, again.last["changed"]) == (0, False)
