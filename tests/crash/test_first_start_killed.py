"""The real process is killed in the middle of a restart that is 20.04's first start; resumed or taken back, and compared.

CI runs a seeded sample. All points: ORCHESTRATE_CRASH=all .venv/bin/pytest tests/crash/test_first_start_killed.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.command import run
from orchestrator.hosts.scratch.private_server import PrivateServer
from orchestrator.sandbox.home import SITE_VALUES
from orchestrator.sandbox.packages import RELEASES, emm_properties
from tests.crash.bench import Bench
from tests.crash.matrix import Report, run_matrix
from workflows.model.plans import PackageKind

pytestmark = [pytest.mark.crash, pytest.mark.timeout(10 * 3600)]
RESTART = ("restart", "--yes")
HOST = ("links", "files", "database")
WORKERS = 2
NEVER_STARTED = (
    "DELETE FROM company_info_tbl WHERE cname = 'CompanyValuesMigrated'",
    "DELETE FROM layout_tbl",
    "DELETE FROM birtreport_recipient_tbl",
    "UPDATE birtreport_tbl SET laststart = NULL, nextstart = NULL, intervalpattern = NULL",
    "UPDATE startup_job_tbl SET state = 0",
    "DELETE FROM config_tbl WHERE class IN ('mailaddress', 'mailout', 'hostauthentication', 'webservices')",
    "DELETE FROM config_tbl WHERE class = 'birt' AND name LIKE '%url%'",
    "DELETE FROM config_tbl WHERE class = 'system' AND name IN ('url', 'mail.host', 'wkhtmltopdf', 'wkhtmltoimage')",
)


@pytest.fixture(scope="module")
def benches(open_folder: Path) -> Iterator[list[Bench]]:
    """Hosts that were brought to 20.04 and never started on it, a worker each."""
    made = [Bench(open_folder / f"first{number}") for number in range(WORKERS)]
    try:
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(never_started, made))
        yield made
    finally:
        for bench in made:
            bench.stop()


def never_started(bench: Bench) -> None:
    bench.reset()
    bench.run("upgrade", "--to", "20.04", "--yes")
    for script in ("emm.sh", "backend.sh"):
        run([str(bench.host / "home/bin" / script), "stop"], timeout=60)
    with PrivateServer(bench.host / "mariadb").connect("openemm") as connection, connection.cursor() as cursor:
        for sql in NEVER_STARTED:
            cursor.execute(sql)
    classes = bench.host / "home/webapps/emm/WEB-INF/classes"
    (classes / "emm.properties").write_bytes(emm_properties(RELEASES[1], PackageKind.GUI).encode("latin-1"))
    (classes / "emm-ws.properties").unlink()
    bench.keep()


def told(what: str, report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{what}: {report}\n")
    assert not report.wrong, "\n\n".join(report.wrong[:3])


def test_a_first_start_resumes_to_the_same_end(benches: list[Bench], capsys: pytest.CaptureFixture[str]) -> None:
    report = run_matrix(benches, RESTART, 3)
    told("first start", report, capsys)
    assert report.points > 30
    bench = benches[0]
    bench.reset()
    assert SITE_VALUES["mailaddress.sender"] not in bench.run("config", "show", "mailaddress").stdout
    bench.run(*RESTART)
    assert SITE_VALUES["mailaddress.sender"] in bench.run("config", "show", "mailaddress").stdout


def test_a_first_start_taken_back_leaves_the_host_as_it_was(benches: list[Bench], capsys: pytest.CaptureFixture[str]) -> None:
    told("first start, aborted", run_matrix(benches, RESTART, 2, back=HOST), capsys)
