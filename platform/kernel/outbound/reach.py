"""Which targets may be called: the public internet, and what the operator allows besides."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from kernel.outbound.addresses import Address, Network, refusal
from kernel.outbound.errors import OutboundRefusedError
from kernel.outbound.urls import DEFAULT_PORTS, Target, normal_host, parse

#: Of protocols beside HTTP.
_PORTS = {"sftp": (DEFAULT_PORTS["sftp"],)}


class Reach(enum.Enum):
    """Whose word an address is."""

    #: A user's: the public internet and OUTBOUND_ALLOWED, on the usual ports.
    PUBLIC = enum.auto()
    #: The operator's own, from a setting: any network, any port. Redirects elsewhere are PUBLIC.
    OPERATOR = enum.auto()


@dataclass(frozen=True, slots=True)
class Allowed:
    """One entry of OUTBOUND_ALLOWED: a network or a host, on one port or on the usual ones."""

    network: Network | None
    host: str
    port: int | None

    def holds(self, target: Target, address: Address) -> bool:
        """Say whether this entry speaks of the target at this address."""
        if not (_usual(target) if self.port is None else self.port == target.port):
            return False
        if self.network is None:
            return self.host == target.host
        return self.network.version == address.version and address in self.network


def check_url(url: str) -> Target:
    """Take an address apart that a user gives; raise OutboundRefusedError for what is never called.

    Where a name leads is looked at when it is called.
    """
    target = parse(url)
    check_port(target, Reach.PUBLIC)
    if target.address is not None:
        check_addresses(target, [target.address], Reach.PUBLIC)
    return target


def check_port(target: Target, reach: Reach) -> None:
    """Raise OutboundRefusedError when nothing may be called on this port."""
    if reach is Reach.OPERATOR or _usual(target):
        return
    if all(entry.port != target.port for entry in allowed()):
        ports = ", ".join(str(port) for port in _usual_ports(target))
        raise OutboundRefusedError("port", f"only ports {ports} are called, found {target.port}")


def check_addresses(target: Target, addresses: Sequence[Address], reach: Reach) -> None:
    """Raise OutboundRefusedError unless every one of the target's addresses may be called."""
    if reach is Reach.OPERATOR:
        return
    for address in addresses:
        _check(target, address)


def allowed() -> tuple[Allowed, ...]:
    """Return what OUTBOUND_ALLOWED says; raises ImproperlyConfigured for what it cannot say."""
    return _read(tuple(settings.OUTBOUND_ALLOWED))


@lru_cache(maxsize=4)
def _read(entries: tuple[str, ...]) -> tuple[Allowed, ...]:
    return tuple(_entry(text) for text in entries)


def _check(target: Target, address: Address) -> None:
    entries = [entry for entry in allowed() if entry.holds(target, address)]
    if any(entry.network is None for entry in entries):
        return
    if not entries and (settings.OUTBOUND_ONLY_ALLOWED or not _usual(target)):
        raise OutboundRefusedError("allowed", f"{target.origin} is not among the allowed addresses")
    block = refusal(address, [entry.network for entry in entries if entry.network])
    if block is None:
        return
    why = f"not public ({block})" if target.address else "not public"
    raise OutboundRefusedError(
        "address", f"{target.host} leads to an address that is {why}", detail=block
    )


def _usual(target: Target) -> bool:
    return target.port in _usual_ports(target)


def _usual_ports(target: Target) -> Sequence[int]:
    """Return the ports of its protocol; of HTTP the operator says which."""
    return _PORTS.get(target.scheme) or tuple(settings.OUTBOUND_PORTS)


def _entry(text: str) -> Allowed:
    expected = "expected a network such as 10.1.0.0/16 or a host, perhaps with :port after it"
    try:
        if "/" in text:
            return Allowed(ip_network(text), "", None)
        host, _, port = text.rpartition(":")
        if not host or text.endswith("]"):
            host, port = text, ""
        return Allowed(None, normal_host(host), _port(port))
    except (ValueError, OutboundRefusedError) as error:
        raise ImproperlyConfigured(f"OUTBOUND_ALLOWED={text}: {expected} ({error})") from None


def _port(text: str) -> int | None:
    if text and not 0 < int(text) <= 65535:
        raise ValueError("a port is from 1 to 65535")
    return int(text) if text else None
