"""The keys that mails are signed with, and what is published of them (facts 10.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workflows.checks.check import Subject
from workflows.checks.doctor.visit import Visit
from workflows.host.database import DkimKey
from workflows.model.errors import WorkflowError
from workflows.model.finding import Finding

SUBJECT = Subject(
    "dkim", "the keys for DKIM are usable and published", "receivers put mail aside whose signature they cannot prove", order=190,
)  # fmt: skip


def check(visit: Visit) -> Iterator[Finding]:
    """Each key parses, and the TXT record of its selector has the public key that belongs to it."""
    keys = visit.host.database.dkim_keys()
    if not keys:
        yield SUBJECT.fine("this release has no table of keys" if keys is None else "no domain has a key")
    for key in keys or ():
        yield _look(visit, key)


def _look(visit: Visit, key: DkimKey) -> Finding:
    name = f"{key.selector}._domainkey.{key.domain}"
    if key.public is None:
        measured = f"{key.domain}, selector {key.selector}: {key.problem or 'no key'}"
        return SUBJECT.warns(measured, f"openssl genrsa 2048    a key for {name}, to stand as its domain_key in dkim_key_tbl")
    record = f'have the record published: {name}. TXT "v=DKIM1; k={key.kind}; p={key.public}"'
    try:
        texts = visit.names.texts(name)
    except WorkflowError as error:
        return SUBJECT.unknown(f"{key.domain}: the key is sound; whether it is published is not known: {error.message}", record)
    published = [tags for text in texts if "p" in (tags := _tags(text))]
    if not published:
        return SUBJECT.warns(f"{name} has no record in DNS", record)
    return _compare(name, published, key.public, record)


def _compare(name: str, published: Sequence[dict[str, str]], public: str, record: str) -> Finding:
    if len(published) > 1:
        measured = f"{name} has {len(published)} records, and receivers take any of them"
        return SUBJECT.warns(measured, f"{record}    and the others removed")
    if not published[0]["p"]:
        return SUBJECT.warns(f"{name} says that the key is revoked", record)
    if published[0]["p"] != public:
        return SUBJECT.warns(f"{name} publishes another key than the one mails are signed with", record)
    return SUBJECT.fine(f"{name} is published as it is used")


def _tags(text: str) -> dict[str, str]:
    """The tags of a record (RFC 6376 3.2), blanks within values left out."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip(): "".join(value.split()) for name, found, value in pairs if found}
