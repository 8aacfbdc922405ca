"""Whatever starts a line for the first time on a database: a dump is proven and the site's values carried before (24.2)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from test_values_that_never_come import EMM, do
from upgrade_kit import GUI_20_04, MIDDLE, OLD, Stages, same

from orchestrator.sandbox.home import SITE_VALUES, WEBSERVICES_URL
from orchestrator.sandbox.packages import RELEASES, emm_properties
from tests.crash.bench import differences
from workflows.model.plans import PackageKind

pytestmark = pytest.mark.integration
SITES = {key: value for key, value in SITE_VALUES.items() if not key.startswith("wkhtml")}


@pytest.fixture
def never_started(first_hop: Stages) -> Stages:
    """Somebody brought the host to 20.04 by SQL and links, and never started it: its files are as they were shipped."""
    if not first_hop.has("never-started"):
        first_hop.until("hop1.links")
        classes = first_hop.home / GUI_20_04 / EMM
        classes.write_bytes(emm_properties(RELEASES[1], PackageKind.GUI).encode("latin-1"))
        classes.with_name("emm-ws.properties").unlink()
        first_hop.forget()
        shutil.rmtree(first_hop.host / "backups")
        (first_hop.host / "backups").mkdir(mode=0o700)
        first_hop.remember("never-started")
    first_hop.put_back("never-started")
    return first_hop


def is_as_the_site_had_it(host: Stages) -> None:
    config = host.config()
    assert {key: config[key] for key in SITES} == SITES
    assert (config["webservices.url"], config["mailout.ini.domain"]) == (WEBSERVICES_URL, "sandbox.test")
    assert config["system.wkhtmltopdf"] == SITE_VALUES["wkhtmltopdf"]
    assert not [key for key in config if "@" in key]


def dumped(host: Stages) -> list[str]:
    return [evidence["backup"] for kind, evidence in host.ledger() if kind == "backup-verified"]


def test_a_restart_proves_a_dump_and_carries_first(never_started: Stages) -> None:
    host = never_started
    error = host.say("upgrade", "--to", "20.10", "--yes").refused(3, "source-migrated")
    assert any("orchestrate restart" in line for line in error["detail"])
    page = subprocess.run(
        ["orchestrate", "restart", "--yes"], env=host_env(host), capture_output=True, text=True, check=False, timeout=280
    )
    assert page.returncode == 0, page.stdout + page.stderr
    assert f"release/emm/openemm-gui-{OLD}" in page.stdout
    is_as_the_site_had_it(host)
    assert len(dumped(host)) == 1
    (evidence,) = [evidence for kind, evidence in host.ledger() if kind == "values-carried"]
    assert evidence["from"] == f"release/emm/openemm-gui-{OLD}"
    assert host.say("check", "--to", "20.10").code == 0
    host.say("restart", "--yes").completed()
    assert len(dumped(host)) == 1, "a second start is no first one"


def host_env(host: Stages) -> dict[str, str]:
    import os
    import sys

    return {**os.environ, "ORCHESTRATE_SITE": str(host.host), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_a_restart_that_fails_is_taken_back_with_database_and_files(never_started: Stages) -> None:
    host = never_started
    before = host.picture()
    host.hook("migration-exception", "mailout")
    error = host.say("restart", "--yes").failed("restart.migrate", "migration-failed")
    assert any(line.startswith("orchestrate abort ") for line in error["next"])
    host.mend("migration-exception")
    assert host.config()["mailaddress.sender"] == SITES["mailaddress.sender"]
    assert host.say("abort", "--yes").state == "undone"
    found = differences(before, host.picture())
    assert [Path(name).name for name in found.pop("files")] == ["context.xml"]  # which emm.sh writes at any start
    assert set(found) == {"ledger"}
    host.say("restart", "--yes").completed()
    is_as_the_site_had_it(host)


def test_without_the_older_release_it_is_refused_until_the_values_are_given(never_started: Stages) -> None:
    host = never_started
    for folder in ("emm", "webservices"):
        shutil.rmtree(host.home / "release" / folder / f"openemm-{'gui' if folder == 'emm' else folder}-{OLD}")
    before = host.picture()
    error = host.say("restart", "--yes").refused(3, "first-start-without-values")
    same(before, host.picture())
    url = SITES["system.url"]
    do(host, [error["next"][0]], birt_drilldownurl=url, birt_url=f"{url}/birt", system_url=url)
    error = host.say("restart", "--yes").refused(3, "first-start-without-values")
    do(host, error["next"], birt_url=f"{url}/birt", system_url=url)
    host.say("restart", "--yes").completed()
    config = host.config()
    assert (config["system.url"], config["birt.url"], config["birt.drilldownurl"]) == (url, f"{url}/birt", url)


def test_a_switch_to_another_patch_of_the_line_carries_first(never_started: Stages) -> None:
    host = never_started
    other = "20.04.000.199"
    for kind in ("emm", "statistics", "webservices"):
        [tree] = (host.home / "release" / kind).glob(f"*{MIDDLE}")
        copy = tree.with_name(tree.name.replace(MIDDLE, other))
        shutil.copytree(tree, copy, symlinks=True)
        file = copy / EMM
        file.write_bytes(file.read_bytes().replace(MIDDLE.encode(), other.encode()))
    host.say("switch", "frontend", other, "--yes").completed()
    is_as_the_site_had_it(host)
    assert len(dumped(host)) == 1


def test_a_restore_of_a_database_that_was_never_started_on_carries_first(never_started: Stages) -> None:
    host = never_started
    made = host.say("backup", "create")
    assert made.code == 0, made.all
    backup = dumped(host)[0]
    host.say("restart", "--yes").completed()
    [file] = (host.home / "release/emm").glob(f"*{MIDDLE}/{EMM}")
    file.write_bytes(emm_properties(RELEASES[1], PackageKind.GUI).encode("latin-1"))
    answer = host.say("backup", "restore", backup, "--yes")
    answer.completed()
    is_as_the_site_had_it(host)
