"""The name service, asked as a receiver of mail asks it: past /etc/hosts."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import cached_property

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from workflows.model.errors import UsageError, WorkflowError

SECONDS = 5.0  # for one question
PORT = 53


class NamesError(WorkflowError):
    """The name service cannot be asked, or gives no answer."""

    key = "dns-unreachable"


class DnsNames:
    """A `workflows.host.network.Names`. What cannot be reached once is not asked again."""

    def __init__(self, resolver: str | None = None) -> None:
        """Name it; nothing is asked yet.

        Args:
            resolver: ADDRESS or ADDRESS:PORT ([ADDRESS]:PORT with IPv6) of a server to ask; else those of /etc/resolv.conf.

        Raises:
            UsageError: "resolver-malformed".
        """
        self._server = None if resolver is None else _parse(resolver)
        self._unreachable: str | None = None

    def addresses(self, name: str) -> Sequence[str]:
        """A, then AAAA."""
        return [text for kind in ("A", "AAAA") for text in self._ask(name, kind)]

    def reverse(self, address: str) -> Sequence[str]:
        """PTR."""
        return [text.rstrip(".") for text in self._ask(ipaddress.ip_address(address).reverse_pointer, "PTR")]

    def texts(self, name: str) -> Sequence[str]:
        """TXT."""
        return self._ask(name, "TXT")

    def exchangers(self, name: str) -> Sequence[str]:
        """MX."""
        records = sorted((int(preference), host) for preference, host in map(str.split, self._ask(name, "MX")))
        return [host.rstrip(".") for _, host in records]

    @cached_property
    def _resolver(self) -> dns.resolver.Resolver:
        if self._server is None:
            return dns.resolver.Resolver()
        made = dns.resolver.Resolver(configure=False)
        made.nameservers = [self._server[0]]
        made.port = self._server[1]
        return made

    def _ask(self, name: str, kind: str) -> list[str]:
        if self._unreachable:
            raise NamesError(self._unreachable, next=_NEXT)
        try:
            answer = self._resolver.resolve(dns.name.from_text(name), kind, search=False, lifetime=SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.resolver.NoResolverConfiguration, dns.resolver.LifetimeTimeout, OSError) as error:
            self._unreachable = f"cannot reach the name service: {_why(error)}"
            raise NamesError(self._unreachable, next=_NEXT) from error
        except dns.exception.DNSException as error:
            raise NamesError(f"the name service has no answer for {name} {kind}: {_why(error)}", next=_NEXT) from error
        return [_text(record) for record in answer]


_NEXT = ("orchestrate doctor --resolver ADDRESS    asks that server",)


def _text(record: object) -> str:
    """A TXT record's strings joined, anything else as it is written."""
    strings = getattr(record, "strings", None)
    return b"".join(strings).decode("utf-8", "replace") if strings is not None else str(record)


def _why(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


def _parse(text: str) -> tuple[str, int]:
    address, port = text, str(PORT)
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    try:
        return str(ipaddress.ip_address(address)), int(port)
    except ValueError:
        raise UsageError(
            f"{text!r} is no resolver: it is the address of a name server, with a port behind it where that is not {PORT}",
            key="resolver-malformed",
            next=["orchestrate doctor --resolver 9.9.9.9", "orchestrate doctor --resolver 127.0.0.1:5353"],
        ) from None  # fmt: skip
