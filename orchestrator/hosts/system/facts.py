"""What is known of a machine: its system, Python, Java, Tomcat and mail server (facts 10)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from orchestrator.command import PATH, CommandError, run
from orchestrator.files import small_text
from orchestrator.hosts.system import distribution

SEARCH = f"{PATH}:/usr/libexec"
SECONDS = 5.0
SENDMAIL = (Path("/usr/sbin/sendmail"), Path("/usr/lib/sendmail"))
_NUMBER = re.compile(r"\d+(?:\.\d+)+(?:_\d+)?")


def facts(home: Path) -> Mapping[str, str]:
    """Os, python, java, tomcat and mta, as far as known; the rest is left out."""
    found = {
        "os": distribution.read().name, "python": _python(home), "java": _java(home), "tomcat": _tomcat(home), "mta": _mta(),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _python(home: Path) -> str | None:
    """OpenEMM's: opt/python3, which the scripts look at first (facts 1.1), run as its user; else that of the system."""
    from orchestrator.hosts.software.python_environment import version

    own = home / "opt/python3/bin/python3"
    return (version(str(own)) if own.is_file() else None) or _ask(["python3", "--version"])


def _java(home: Path) -> str | None:
    """The version in the JDK's `release` file, which costs nothing to read, else what java says."""
    program = _java_program(home)
    if program is None:
        return None
    release = program.resolve().parent.parent / "release"
    if release.is_file():
        match = re.search(r'^JAVA_VERSION="([^"]+)"', small_text(release, errors="replace"), re.MULTILINE)
        if match:
            return match[1]
    return _ask([str(program), "-version"])


def _java_program(home: Path) -> Path | None:
    """OpenEMM's Java: JAVA_HOME of bin/setenv.sh, opt/java (facts 1.1, 1.4), else that of the system."""
    homes = [home / "opt/java"]
    setenv = home / "bin/setenv.sh"
    if setenv.is_file():
        text = small_text(setenv, errors="replace")
        match = re.search(r"^\s*(?:export\s+)?JAVA_HOME=[\"']?([^\"'\s;]+)", text, re.MULTILINE)
        if match:
            homes.insert(0, Path(re.sub(r"^(\$HOME|\$\{HOME\}|~)(?=/)", lambda _: str(home), match[1])))
    for java in homes:
        if (java / "bin/java").is_file():
            return java / "bin/java"
    path = _program("java")
    return Path(path) if path else None


def _tomcat(home: Path) -> str | None:
    """From the release notes of opt/tomcat, else the name of the folder it leads to."""
    folder = home / "opt/tomcat"
    notes = folder / "RELEASE-NOTES"
    if notes.is_file():
        match = re.search(r"Apache Tomcat Version (\d+(?:\.\d+)+)", small_text(notes, errors="replace"))
        if match:
            return match[1]
    match = re.fullmatch(r"apache-tomcat-(\d+(?:\.\d+)+)", folder.resolve().name)
    return match[1] if match else None


def _mta() -> str | None:
    """Where alternatives point /usr/sbin/sendmail (facts 12, rule 3); hosts without alternatives: not known."""
    for path in SENDMAIL:
        name = path.resolve().name if path.is_symlink() else ""
        if name == "sendmail.postfix":
            version = _ask(["postconf", "-h", "mail_version"])
            return f"postfix {version}" if version else "postfix"
        if name == "sendmail.sendmail":
            return "sendmail"
    return None


def _ask(args: list[str]) -> str | None:
    """The first version number a command prints; java prints it on stderr. None when it cannot be had."""
    program = _program(args[0])
    if program is None:
        return None
    try:
        said = run([program, *args[1:]], timeout=SECONDS, expect=None)
    except CommandError:
        return None
    match = _NUMBER.search(said.stdout + said.stderr)
    return match[0] if match else None


def _program(name: str) -> str | None:
    return shutil.which(name, path=SEARCH)
