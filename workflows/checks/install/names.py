"""The names an installation rests on, as the name service tells them (guide 3.9, 8.1): host, URL, mailloop domain."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from workflows.checks.doctor.subject import Subject
from workflows.host.network import Names
from workflows.model.answers import Answers, Verdict
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding
from workflows.rules.configuration import split_url

NAME = Subject(
    "name-resolves", "the names have addresses", "receivers refuse mail of a host whose name leads nowhere", "guide 3.9"
)
REVERSE = Subject("name-reverse", "the address leads back to the name", "receivers take others for a spambot", "guide 3.9")
MAILLOOP = Subject("mailloop-mx", "bounces reach this host", "bounces that arrive later would be lost", "guide 8.1")
SPF = Subject("mailloop-spf", "SPF lets this host send", "receivers refuse mails that the sender's domain disowns", "guide 3.9")
SPF_SELF = {"mx", "+mx", "a", "+a", "all", "+all", "?all"}
SPF_ELSEWHERE = ("redirect=", "include:")  # what stands there is not looked at


def check_names(names: Names, answers: Answers) -> Iterator[Finding]:
    """What the name service says of these names; one that cannot be asked is unknown, not broken.

    A name that has no address stops, unless the administrator answered to keep it so: `--keep name-resolves`.
    """
    try:
        yield from _host(names, answers)
        yield from _mailloop(names, answers)
    except WorkflowError as error:
        if error.error_key != "dns-unreachable":
            raise
        yield NAME.unknown(error.message, "the same command with --resolver ADDRESS    asks another name server")


def _host(names: Names, answers: Answers) -> Iterator[Finding]:
    addresses = names.addresses(answers.name)
    for name in dict.fromkeys((answers.name, split_url(answers.url)[1])):
        found = addresses if name == answers.name else names.addresses(name)
        if found:
            yield NAME.fine(f"{name} is {', '.join(found)}")
            continue
        said, fix = f"{name} has no address in DNS", f"have the record added: {name}. A ADDRESS"
        accepted = answers.differences.get(NAME.key) is Verdict.KEEP
        keep = f"{fix}    or the same command with --keep {NAME.key}"
        yield NAME.warns(f"{said}, which was accepted", fix) if accepted else NAME.stops(said, keep)
    for address in addresses:
        yield _reverse(names, answers.name, address)


def _reverse(names: Names, name: str, address: str) -> Finding:
    if not ipaddress.ip_address(address).is_global:
        return REVERSE.unknown(f"{name} is {address}, which is of a private network: what receivers see is not known here")
    found = names.reverse(address)
    if name.lower() in {one.lower() for one in found}:
        return REVERSE.fine(f"{address} leads to {name}")
    record = f"{ipaddress.ip_address(address).reverse_pointer}. PTR {name}."
    said = f"{address} leads to {', '.join(found)}, not to {name}" if found else f"{address} has no reverse entry"
    return REVERSE.warns(said, f"ask who gave you the address for the record: {record}")


def _mailloop(names: Names, answers: Answers) -> Iterator[Finding]:
    domain, ours = answers.mailloop_domain, set(names.addresses(answers.name))
    exchangers = names.exchangers(domain)
    fix = f"have the record added: {domain}. MX 10 {answers.name}."
    if not exchangers:
        yield MAILLOOP.warns(f"{domain} has no MX record", fix)
    elif answers.name.lower() in {one.lower() for one in exchangers} or _lead_here(names, exchangers, ours):
        yield MAILLOOP.fine(f"mail for {domain} goes to {', '.join(exchangers)}")
    else:
        yield MAILLOOP.warns(f"mail for {domain} goes to {', '.join(exchangers)}, not to {answers.name}", fix)
    records = [text for text in names.texts(domain) if text.lower().startswith("v=spf1")]
    if not records:
        yield SPF.unknown(
            f"{domain} has no SPF record", f'have the record added: {domain}. TXT "v=spf1 mx a:{answers.name} -all"'
        )
        return
    words = records[0].lower().split()[1:]
    wanted = {f"a:{answers.name.lower()}", *(f"ip{'6' if ':' in address else '4'}:{address.lower()}" for address in ours)}
    if (wanted | SPF_SELF) & set(words) or any(word.startswith(SPF_ELSEWHERE) for word in words):
        yield SPF.fine(f"{domain}: {records[0]}")
    else:
        yield SPF.warns(f"{domain}: {records[0]}", f"have a:{answers.name} added to it")


def _lead_here(names: Names, exchangers: Sequence[str], ours: set[str]) -> bool:
    return any(set(names.addresses(one)) & ours for one in exchangers)
