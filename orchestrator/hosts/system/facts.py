"""What is known of a machine: its system, Python, Java, Tomcat and mail server (facts 10)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from orchestrator.acting import below
from orchestrator.command import PATH, CommandError, run
from orchestrator.data import distributions
from orchestrator.files import small_text
from orchestrator.user import run_as_owner

SEARCH = f"{PATH}:/usr/libexec"
SECONDS = 5.0
SENDMAIL = (Path("/usr/sbin/sendmail"), Path("/usr/lib/sendmail"))
_PYTHON = "import sys; print('%d.%d.%d' % tuple(sys.version_info[:3]))"
_NUMBER = re.compile(r"\d+(?:\.\d+)+(?:_\d+)?")


def facts(home: Path) -> Mapping[str, str]:
    """Os, python, java, tomcat and mta, as far as known; the rest is left out."""
    found = {
        "os": distributions.read().name, "python": _python(home), "java": _java(home), "tomcat": _tomcat(home), "mta": _mta(),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _python(home: Path) -> str | None:
    """OpenEMM's: opt/python3, which the scripts look at first (facts 1.1), run as its user; else that of the system."""
    own = home / "opt/python3/bin/python3"
    return (python_version(str(own)) if own.is_file() else None) or _ask(["python3", "--version"])


def python_version(program: str) -> str | None:
    """Of a Python 3; None when it does not run, or is an older one."""
    try:
        said = run_as_owner(Path(program), [program, "-c", _PYTHON], timeout=SECONDS)
    except (CommandError, KeyError):  # KeyError: it lies in a folder of nobody who is known here
        return None
    return said.stdout.strip() if said.stdout.startswith("3.") else None


def _java(home: Path) -> str | None:
    """The version in the JDK's `release` file, which costs nothing to read, else what java says."""
    program = _java_program(home)
    if program is None:
        return None
    with below(program):
        release = program.resolve().parent.parent / "release"
        text = small_text(release, errors="replace") if release.is_file() else ""
    match = re.search(r'^JAVA_VERSION="([^"]+)"', text, re.MULTILINE)
    return match[1] if match else _ask_as_owner(program, "-version")


def _java_program(home: Path) -> Path | None:
    """OpenEMM's Java: JAVA_HOME of bin/setenv.sh, opt/java (facts 1.1, 1.4), else that of the system."""
    homes = [home / "opt/java"]
    setenv = home / "bin/setenv.sh"
    with below(setenv):
        text = small_text(setenv, errors="replace") if setenv.is_file() else ""
    if text:
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
    with below(notes):
        text = small_text(notes, errors="replace") if notes.is_file() else ""
    if match := re.search(r"Apache Tomcat Version (\d+(?:\.\d+)+)", text):
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


def _ask_as_owner(program: Path, option: str) -> str | None:
    """The same of a program that another may have put there: run as whoever could change it."""
    from orchestrator.user import run_as_owner

    try:
        said = run_as_owner(program, [str(program), option], timeout=SECONDS, expect=None)
    except (CommandError, KeyError):
        return None
    match = _NUMBER.search(said.stdout + said.stderr)
    return match[0] if match else None


def _program(name: str) -> str | None:
    return shutil.which(name, path=SEARCH)
