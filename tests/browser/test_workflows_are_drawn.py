"""Every workflow draws itself as Mermaid that the real program renders, in a real browser, with its guards and its way back."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestrator.plans.workflows import WORKFLOWS, Plan, steps_of
from orchestrator.releases.catalogue import Catalogue
from orchestrator.runs.start import diagram
from workflows.convert import ConversionPlan
from workflows.model.moves import RestorePoint, RollbackPlan, SwitchPlan
from workflows.model.plans import Component, Hop, Release, UpgradePlan
from workflows.rules.mta import MtaPlan

sys.path.insert(0, str(Path(__file__).parents[2] / "script" / "reference"))
import guide

pytestmark = pytest.mark.browser

PACKAGE = "mermaid@11.17.2"
SHA512 = (
    "57a2b70bc101744b0f1595d228c25eea9a50384371b87011afd1af1d7e21878e"
    "e501b84c443f6a7f8a042bb2e869143150b31af34feab798073bbdda0a578106"
)
PROGRAM = "package/dist/mermaid.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--virtual-time-budget=60000")  # fmt: skip
PAGE = """<!doctype html><meta charset="utf-8"><pre id="said"></pre><div id="drawing"></div>
<script src="mermaid.min.js"></script>
<script>
(async () => {
  mermaid.initialize({startOnLoad: false});
  const said = {};
  for (const [name, text] of Object.entries(DRAWINGS)) {
    try {
      const made = await mermaid.render("drawing-" + name, text);
      document.getElementById("drawing").innerHTML = made.svg;
      const drawn = document.getElementById("drawing");
      const labels = [...drawn.querySelectorAll("g.node .nodeLabel")].map(node => node.textContent.trim());
      const edges = [...drawn.querySelectorAll("g.edgeLabel .edgeLabel, g.edgeLabel p")].map(edge => edge.textContent.trim());
      said[name] = {labels, edges: [...new Set(edges)]};
    } catch (error) { said[name] = {error: String(error.message)}; }
  }
  document.getElementById("said").textContent = JSON.stringify(said);
})();
</script>"""


def hop(name: str = "", number: int = 1, source: str = "20.04", target: str = "20.10", *, final: bool = True) -> Hop:
    return Hop(number, source, Release(target, ()), Catalogue.load().rules(target), final=final, name=name)


def plans() -> Mapping[str, Plan]:
    """One of each workflow."""
    two = (hop(number=1, source="19.10", target="20.04", final=False), hop(number=2))
    point = RestorePoint(datetime.now(UTC), (), {}, backup="RUN-hop1")
    return {
        "upgrade": UpgradePlan("19.10", "20.10", two),
        "restart": UpgradePlan("20.10", "20.10", (hop("restart"),)),
        "switch": SwitchPlan(source="20.10", target="20.10", hop=hop("switch"), component=Component.RUNTIME),
        "rollback": RollbackPlan(source="20.10", target="20.04", hop=hop("rollback"), point=point),
        "restore": RollbackPlan(source="20.10", target="20.10", hop=hop("restore"), point=point),
        "mta-switch": MtaPlan("sendmail", "postfix", "mail1.example.com", hop("mta")),
        "convert": ConversionPlan(source="20.10", target="20.10", hop=hop("convert"), tables=1, starts=True),
        "install": guide.plan(),
    }


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """What the browser found in each drawing."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    assert browser, "no Chromium: script/setup browser installs it"
    folder = tmp_path_factory.mktemp("drawings")
    mermaid(folder)
    drawings = {workflow: diagram(workflow, plan) for workflow, plan in plans().items()}
    (folder / "page.html").write_text(PAGE.replace("DRAWINGS", json.dumps(drawings)), encoding="utf-8")
    args = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", (folder / "page.html").as_uri()]
    page = subprocess.run(args, capture_output=True, text=True, timeout=180, check=True).stdout
    said = re.search(r'<pre id="said">(.*?)</pre>', page, re.DOTALL)
    assert said, page[:2000]
    assert said[1], "the page did not come to its end"
    import html

    return dict(json.loads(html.unescape(said[1])))


def mermaid(folder: Path) -> None:
    """The program itself, out of its package, whose digest is known."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, text=True, timeout=240, check=True
    )
    file = folder / packed.stdout.split()[-1]
    assert hashlib.sha512(file.read_bytes()).hexdigest() == SHA512
    with tarfile.open(file) as archive:
        member = archive.extractfile(PROGRAM)
        assert member
        (folder / "mermaid.min.js").write_bytes(member.read())


def test_there_is_a_plan_of_every_workflow() -> None:
    assert set(plans()) == set(WORKFLOWS)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_is_rendered_with_every_step_and_its_way_back(workflow: str, drawn: Mapping[str, Mapping[str, Any]]) -> None:
    found = drawn[workflow]
    assert "error" not in found, found
    steps = [step.name for step in steps_of(workflow, plans()[workflow])]
    expected = {*steps, *(f"undo {step}" for step in steps), "planned", "waiting", "paused", "failed", "completed", "undone"}
    assert expected <= set(found["labels"])


def test_the_guard_that_skips_a_step_is_drawn(drawn: Mapping[str, Mapping[str, Any]]) -> None:
    edges = " ".join(drawn["mta-switch"]["edges"])
    assert "step_skipped [!wanted]" in edges
    assert "undo_skipped [!begun]" in edges
