"""Where a request comes from: the peer, or whom a proxy that we trust says it speaks for."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings

from kernel.env import Network
from kernel.http import Asked

Address = IPv4Address | IPv6Address

#: What one household or one machine is given of IPv6: it can use any address in it.
_IPV6_PREFIX = 64


def client_address(request: Asked) -> str:
    """Return the address of the client; empty when the server was not told, as over a socket file.

    `X-Forwarded-For` is believed as far as TRUSTED_PROXIES wrote it: read from its end, the first
    address that is no such proxy is the client. What stands before it anybody may have made up.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    trusted: Sequence[Network] = settings.TRUSTED_PROXIES
    if not trusted:
        return peer
    client = _parsed(peer)
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    while client is not None and hops and _within(client, trusted):
        before = _parsed(hops.pop())
        if before is None:
            break
        client = before
    return peer if client is None else str(client)


def network_of(address: str) -> str:
    """Return what is counted as one client: an IPv4 address, or the /64 that an IPv6 one is in."""
    if ":" not in address:
        return address
    parsed = _parsed(address)
    if not isinstance(parsed, IPv6Address):
        return address if parsed is None else str(parsed)
    return str(IPv6Network((parsed, _IPV6_PREFIX), strict=False))


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _parsed(text: str) -> Address | None:
    """Read an address as proxies write it, perhaps with a port; IPv4 in IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
