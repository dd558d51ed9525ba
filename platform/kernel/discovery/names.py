"""Processes behind a name: each address it has (RFC 1035), or each target of its service record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import dns.exception
import dns.resolver

from kernel.discovery.addresses import Address, DiscoveryError
from kernel.errors import DomainError
from kernel.outbound import addresses
from kernel.outbound.resolver import resolve
from kernel.outbound.urls import Target, bracketed, parse

#: For all questions of one look-up.
LOOK_UP_SECONDS = 2.0

#: Returns port and host of each target of a name, those of the best priority alone.
Targets = Callable[[str], Sequence[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Name:
    """Each address of a host: `dns+http://files.internal:8000`."""

    text: str
    resolve: Callable[[Target, float], Sequence[addresses.Address]] = resolve
    waits: ClassVar[bool] = False

    def find(self) -> Sequence[Address]:
        try:
            there = parse(self.text.removeprefix("dns+"))
            found = self.resolve(there, LOOK_UP_SECONDS)
        except DomainError as error:
            raise DiscoveryError(str(error)) from None
        hosts = sorted({str(address) for address in found})
        return tuple(Address(f"{there.scheme}://{bracketed(host)}:{there.port}") for host in hosts)


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """Each target of an SRV record (RFC 2782): `srv+http://_http._tcp.files.internal`.

    Of several priorities the first counts; weights do not, for the load of each is measured.
    """

    text: str
    targets: Targets | None = None
    waits: ClassVar[bool] = False

    def find(self) -> Sequence[Address]:
        scheme, _, name = self.text.removeprefix("srv+").partition("://")
        found = (self.targets or srv_targets)(name.strip("/"))
        return tuple(
            Address(f"{scheme}://{bracketed(host)}:{port}") for host, port in sorted(found)
        )


def srv_targets(name: str) -> Sequence[tuple[str, int]]:
    """Ask the resolver of this machine for the targets of a name; raises DiscoveryError."""
    try:
        records = list(dns.resolver.resolve(name, "SRV", lifetime=LOOK_UP_SECONDS))
    except dns.exception.DNSException as error:
        raise DiscoveryError(f"{name} has no SRV record: {type(error).__name__}") from None
    best = min(record.priority for record in records)
    return [
        (record.target.to_text(omit_final_dot=True), record.port)
        for record in records
        if record.priority == best
    ]
