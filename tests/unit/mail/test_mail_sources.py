"""Where /usr/sbin/sendmail leads, and what system.cfg says, read as scripts/config.sh reads them (facts 12)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from orchestrator.hosts.mail.sources import ENTRY, alternatives


def chain(folder: Path, *names: str) -> list[Path]:
    """Links, each to the next; the last one is a file."""
    paths = [folder / name for name in names]
    for path, target in pairwise(paths):
        path.symlink_to(target)
    paths[-1].touch()
    return paths[:1]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("sendmail", "mta", "sendmail.postfix"), "postfix"),
        (("sendmail", "mta", "sendmail.sendmail"), "sendmail"),
        (("sendmail", "mta", "sendmail.sendmail", "libexec-sendmail"), "sendmail"),
        (("sendmail", "mta", "sendmail.exim"), "exim"),
        (("sendmail", "exim4"), "exim4"),
        (("sendmail",), None),
    ],
)
def test_the_name_behind_the_links_tells_the_server(tmp_path: Path, names: tuple[str, ...], says: str | None) -> None:
    assert alternatives(chain(tmp_path, *names)).says == says


def test_no_program_and_a_link_to_nowhere_say_nothing(tmp_path: Path) -> None:
    assert alternatives([tmp_path / "sendmail"]).says is None
    (tmp_path / "sendmail").symlink_to("gone")
    assert alternatives([tmp_path / "sendmail"]).says is None


@pytest.mark.parametrize("line", ["mta = postfix", 'mta="postfix"', '  "mta": "postfix",', "mta: postfix"])
def test_an_entry_of_system_cfg_is_changed_and_nothing_else(line: str) -> None:
    text = f"a = b\n{line}\nmta-name = x\n"
    assert ENTRY.sub(lambda match: match[1] + "sendmail", text) == text.replace("postfix", "sendmail")
