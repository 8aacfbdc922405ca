"""The questions of an installation, in the order they are asked: each with a one-line reason, a default, and its own option."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from workflows.model.answers import Mta
from workflows.model.errors import UsageError, WorkflowError
from workflows.rules import configuration

Given = Mapping[str, object]  # the answers so far, by key


def _no_default(given: Given) -> str | None:
    del given
    return None


def _any(value: str, given: Given) -> None:
    del value, given


@dataclass(frozen=True)
class Question:
    """A question. key: of the answer, which is also its option: --mailloop-domain.

    ask: the question. why: the reason, one line. needed: there is no installation without an answer. choices: the only answers.
    default: what it is when nothing is answered. check: raises what is wrong with an answer. path: a file of this host.
    """

    key: str
    ask: str
    why: str
    needed: bool = False
    choices: Sequence[str] = ()
    default: Callable[[Given], str | None] = _no_default
    check: Callable[[str, Given], None] = _any
    path: bool = False

    @property
    def option(self) -> str:
        """Its option on the command line."""
        return f"--{self.key.replace('_', '-')}"

    @property
    def yes_or_no(self) -> bool:
        """Whether it is answered by yes or no."""
        return tuple(self.choices) == ("yes", "no")


def _fixed(value: str) -> Callable[[Given], str]:
    return lambda _: value


def _url(value: str, given: Given) -> None:
    del given
    configuration.split_url(value)


def _mailloop(value: str, given: Given) -> None:
    servers = {str(given.get("name") or ""), urlsplit(str(given.get("url") or "")).hostname or ""} - {""}
    configuration.require_mailloop(value, servers)


def _name(value: str, given: Given) -> None:
    del given
    if "." not in value.strip(".") or "/" in value:
        raise configuration.malformed(f"{value!r} is no full name of a host", "openemm.example.com")


def _sha256(value: str, given: Given) -> None:
    del given
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise configuration.malformed(f"{value!r} is no SHA-256", "64 hexadecimal digits")


def _line(value: str, given: Given) -> None:
    del given
    if not re.fullmatch(r"\d\d\.\d\d", value):
        raise configuration.malformed(f"{value!r} is no release line", "21.04")


def _url_of_name(given: Given) -> str | None:
    name = given.get("name")
    return f"https://{name}" if name and given.get("certificate") else f"http://{name}" if name else None


def _mailloop_of_name(given: Given) -> str | None:
    domain = str(given.get("name") or "").partition(".")[2]
    return f"mailloop.{domain}" if "." in domain else None


QUESTIONS: Sequence[Question] = (
    Question("name", "Full name of this host?", "mail servers that receive your mails look it up (guide 3.9)", needed=True,
             check=_name),
    Question("certificate", "Certificate for HTTPS, a PEM file?", "without one browsers reach OpenEMM unencrypted (guide 10)",
             path=True),
    Question("certificate_key", "Its private key, a PEM file?", "it must belong to the certificate", path=True),
    Question("certificate_chain", "Its chain, a PEM file?", "browsers need it to trust the certificate", path=True),
    Question("url", "URL of the server, as browsers reach it?", "links in mails and all addresses follow from it (guide 5.4)",
             needed=True, default=_url_of_name, check=_url),
    Question("mailloop_domain", "Domain of the mailloop service?",
             "bounces come back to it; its MX must lead to this host, whose name it must not be (guide 8.1)",
             needed=True, default=_mailloop_of_name, check=_mailloop),
    Question("packages", "Where are OpenEMM's packages?", "a folder, or an http(s) URL", path=True),
    Question("mta", "Which mail server?", "OpenEMM sends through it; Sendmail ends with 23.04 (facts 12)",
             choices=tuple(mta.value for mta in Mta), default=_fixed(Mta.POSTFIX.value)),
    Question("java", "Which Java, by its major version?", "empty: the newest that fits and the distribution offers"),
    Question("java_home", "A Java that is there already (JAVA_HOME)?", "empty: the distribution's package is taken", path=True),
    Question("python", "A Python 3 that is there already?", "empty: the distribution's, where one fits the release (facts 24.1)",
             path=True),
    Question("python_source", "The source of a Python, a .tgz of python.org?",
             "it is built where the distribution has none for the release: 3.8 or 3.9 for 20.04 to 23.10 (guide 12)", path=True),
    Question("python_source_sha256", "Its SHA-256, as its makers tell?", "nothing else is unpacked and run", check=_sha256),
    Question("python_for", "A later release line that it shall run, too?",
             "before an upgrade to it: what its backend imports is brought as well (facts 18.2)", check=_line),
    Question("tomcat", "A Tomcat, unpacked or as tar.gz?", "empty: the distribution's package is taken (guide 4.4)", path=True),
    Question("wkhtmltox", "The package file of wkhtmltox?", "previews need it; the distribution's is not good (guide 4.5)",
             path=True),
    Question("database", "Install a database server?", "local: when there is none; existing: only what is there is used",
             choices=("local", "existing"), default=_fixed("local")),
    Question("database_name", "Name of OpenEMM's database?", "made when it is not there", default=_fixed("openemm")),
    Question("database_user", "Its user?", "made with a password that nobody sees (guide 5.2)", default=_fixed("openemm")),
    Question("database_admin_file", "Option file of the database's root?",
             "only where root needs a password: [client] password=..., mode 0600", path=True),
    Question("firewall", "Open the ports in the firewall?", "25 and 8080, and 80 forwarded to 8080 (guide 4.1)",
             choices=("yes", "no"), default=_fixed("yes")),
    Question("admin_password_file", "File with a first password for emm-master?",
             "empty: one is made, shown once, and must be changed at the first login", path=True),
    Question("start", "Start OpenEMM at the end, and at boot?", "mail flows only while it runs (guide 9.1)",
             choices=("yes", "no"), default=_fixed("yes")),
)  # fmt: skip
BY_KEY = {question.key: question for question in QUESTIONS}


def checked(question: Question, value: str, given: Given) -> str:
    """The answer as it is kept.

    Raises:
        UsageError: "answer-unusable", or what the question's own check says.
    """
    value = value.strip()
    if question.choices and value.lower() not in question.choices:
        raise UsageError(
            f"{question.key} cannot be {value!r}; it is {' or '.join(question.choices)}", key="answer-unusable",
            unharmed=["nothing was changed"], next=[f"the same command with {question.option} {question.choices[0]}"],
        )  # fmt: skip
    if question.choices:
        return value.lower()
    try:
        question.check(value, given)
    except WorkflowError as error:
        raise UsageError(
            f"{question.key}: {error.message}", key=error.error_key, unharmed=["nothing was changed"],
            next=[f"the same command with {question.option} VALUE    a usable one"],
        ) from None  # fmt: skip
    return value
