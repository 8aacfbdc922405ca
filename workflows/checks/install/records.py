"""The names an installation rests on, as the name service tells them (guide 3.9, 8.1): host, URL, mailloop domain."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from workflows.host.network import Names
from workflows.model.answers import Answers
from workflows.model.errors import WorkflowError
from workflows.rules.configuration import split_url


@dataclass
class Records:
    """What is known of them; what could not be asked is not there.

    addresses: by name. names: by public address of the host. leads_here: whether an exchanger has an address of the host.
    unreachable: why the name service could not be asked; None: it could.
    """

    addresses: dict[str, Sequence[str]] = field(default_factory=dict)
    names: dict[str, Sequence[str]] = field(default_factory=dict)
    exchangers: Sequence[str] | None = None
    leads_here: bool = False
    texts: Sequence[str] | None = None
    unreachable: str | None = None


def is_public(address: str) -> bool:
    """Whether receivers of mail see the same of it as this host."""
    return ipaddress.ip_address(address).is_global


def ask(names: Names, answers: Answers) -> Records:
    """Ask, up to the first question that the name service does not take: each one more would wait for it.

    Raises:
        UsageError: the URL cannot be read.
    """
    found = Records()
    try:
        _ask(names, answers, found)
    except WorkflowError as error:
        if error.error_key != "dns-unreachable":
            raise
        found.unreachable = error.message
    return found


def _ask(names: Names, answers: Answers, found: Records) -> None:
    for name in dict.fromkeys((answers.name, split_url(answers.url)[1])):
        found.addresses[name] = names.addresses(name)
    ours = found.addresses[answers.name]
    for address in filter(is_public, ours):
        found.names[address] = names.reverse(address)
    exchangers = names.exchangers(answers.mailloop_domain)
    named = answers.name.lower() in {one.lower() for one in exchangers}
    found.leads_here = named or any(set(names.addresses(one)) & set(ours) for one in exchangers)
    found.exchangers = exchangers
    found.texts = names.texts(answers.mailloop_domain)
