"""The report: one page that needs nothing else, as a real browser shows it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from orchestrator.report.export import export
from orchestrator.runs.site import Site

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # the page is the same on every store

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SCHEMES = {"dark": 0, "light": 1}  # as Chromium numbers them
HARNESS = """<!doctype html><title>waiting</title><iframe id=f style="width:%dpx;height:900px;border:0"></iframe><script>
const f = document.getElementById("f");
f.onload = () => {
  const d = f.contentDocument, seen = f.contentWindow.getComputedStyle(d.body), width = d.documentElement.clientWidth;
  const all = [...d.querySelectorAll("body *:not(thead, thead *, svg *)")];
  const wide = all.filter(e => e.getBoundingClientRect().right > width + 1);
  document.title = JSON.stringify({width, scroll: d.documentElement.scrollWidth, wide: wide.map(e => e.outerHTML.slice(0, 80)),
    back: seen.backgroundColor, ink: seen.color, bars: d.querySelectorAll("svg.span").length,
    shown: d.querySelector("svg.timeline").getBoundingClientRect().width, scripts: d.scripts.length});
};
f.srcdoc = %s;
</script>"""


@pytest.fixture
def report(site: Site, tmp_path: Path) -> Path:
    """The page of an export."""
    export(site, tmp_path / "export")
    return tmp_path / "export" / "report.html"


class _Page(HTMLParser):
    """What a page refers to, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        values = dict(attrs)
        self.ids += [value for value in [values.get("id")] if value]
        self.links += [value for name in ("href", "src") if (value := values.get(name))]
        assert not [name for name in values if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_tells_runs_steps_backups_and_their_proof(report: Path) -> None:
    page = _Page(report.read_text())
    for said in (
        "The chain of", "is sound", "AAA0", "BAD1", "ticket 1: newer release", "undone after", "hop 1 database", "AAA2-hop1",
        "restored into 10.11.19-MariaDB, 77 tables, 544 rows, 3 triggers, routines and views, 1 version rows equal",
        "EMM on mail1", "19.04.000.100", "changed by hand",
    ):  # fmt: skip
        assert said in page.text, said


def test_the_page_holds_no_script_and_asks_for_nothing_from_anywhere(report: Path) -> None:
    text = report.read_text()
    page = _Page(text)
    assert not {"script", "img", "iframe", "object", "embed", "link", "base", "form"} & set(page.names)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert not re.search(r"@import|url\(|https?:", text)
    assert "Content-Security-Policy" in text


def test_what_others_wrote_is_text_and_nothing_else(report: Path) -> None:
    text = report.read_text()
    assert "<b>this" not in text
    assert "what &lt;b&gt;this&lt;/b&gt; step did, &amp; nothing else" in text


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [390, 1100])
def test_a_browser_shows_it_on_a_phone_and_a_desk_light_and_dark(report: Path, tmp_path: Path, width: int, scheme: str) -> None:
    shown = browse(report, tmp_path, width, scheme)
    assert (shown["width"], shown["scroll"], shown["wide"]) == (width, width, [])
    assert shown["bars"] == 18
    assert shown["shown"] > 0.8 * min(width, 1024)
    assert shown["scripts"] == 0
    back, ink = luminance(shown["back"]), luminance(shown["ink"])
    assert (back < ink) == (scheme == "dark")
    assert (max(back, ink) + 0.05) / (min(back, ink) + 0.05) >= 7


def browse(page: Path, folder: Path, width: int, scheme: str) -> dict[str, Any]:
    """What the browser says of the page."""
    source = json.dumps(page.read_text()).replace("</", "<\\/")
    (folder / "harness.html").write_text(HARNESS % (width, source))
    assert BROWSER is not None
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
         f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", f"--window-size={width + 50},1000", "--hide-scrollbars",
         f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=10000", "--dump-dom", f"file://{folder}/harness.html"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    said = re.search(r"<title>(.*?)</title>", done.stdout)
    assert said is not None
    return json.loads(said[1].replace("&quot;", '"').replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))


def luminance(color: str) -> float:
    """As WCAG 2 defines it."""
    channels = [int(value) / 255 for value in re.findall(r"\d+", color)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
