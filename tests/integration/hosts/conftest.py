"""A home on real files, as facts 1 describe it."""

from __future__ import annotations

from pathlib import Path

import pytest
from home_tree import Tree, link, put

from orchestrator.hosts.home.home import RealHome
from orchestrator.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a site whose home is a vendor-installed 19.10 runtime, and nothing else."""
    home = tmp_path / "home"
    tree = Tree(home)
    tree.tomcat(home / "tomcat9", "19.10.000.005")
    put(home / "tomcat9/conf/server.xml", "the site's server.xml", 0o640)
    put(home / "tomcat9/conf/hostname", "mail.example.com\n")
    put(home / "tomcat9/conf/keys/emm.salt", "the site's salt", 0o600)
    put(home / "tomcat9/conf/keys/own.pem", "the site's key", 0o400)
    put(home / "tomcat9/logs/catalina.out", "an old line\n")
    link(home / "tomcat", "tomcat9")
    link(home / "conf", "tomcat/conf")
    link(home / "logs", "tomcat/logs")
    link(home / "bin/emm.sh", "../tomcat/bin/emm.sh")
    return Settings(name="test", home=home, user="", state=tmp_path / "state", start_timeout=5.0, stop_timeout=5.0)


@pytest.fixture
def home(settings: Settings) -> RealHome:
    """The adapter."""
    return RealHome(settings)


@pytest.fixture
def tree(settings: Settings) -> Tree:
    """Makes release trees in the home."""
    return Tree(settings.home)
