"""Which addresses are not on the public internet, and which hide another address inside.

The tables hold every block of the IANA special-purpose registries, the reachable ones too (none
of them is where a webhook lives), and what other registries reserve. `ipaddress.is_global` is no
guard: in Python 3.11 it lets `64:ff9b:1::/48`, `192.88.99.1` and `::ffff:0:127.0.0.1` through.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# https://www.iana.org/assignments/iana-ipv4-special-registry/ as of 2026-07-18.
_IPV4_SPECIAL = """\
0.0.0.0/8           This network
0.0.0.0/32          This host on this network
10.0.0.0/8          Private-Use
100.64.0.0/10       Shared Address Space
127.0.0.0/8         Loopback
169.254.0.0/16      Link Local
172.16.0.0/12       Private-Use
192.0.0.0/24        IETF Protocol Assignments
192.0.0.0/29        IPv4 Service Continuity Prefix
192.0.0.8/32        IPv4 dummy address
192.0.0.9/32        Port Control Protocol Anycast
192.0.0.10/32       Traversal Using Relays around NAT Anycast
192.0.0.170/32      NAT64/DNS64 Discovery
192.0.0.171/32      NAT64/DNS64 Discovery
192.0.2.0/24        Documentation (TEST-NET-1)
192.31.196.0/24     AS112-v4
192.52.193.0/24     AMT
192.88.99.0/24      Deprecated (6to4 Relay Anycast)
192.88.99.2/32      6a44-relay anycast address
192.168.0.0/16      Private-Use
192.175.48.0/24     Direct Delegation AS112 Service
198.18.0.0/15       Benchmarking
198.51.100.0/24     Documentation (TEST-NET-2)
203.0.113.0/24      Documentation (TEST-NET-3)
240.0.0.0/4         Reserved
255.255.255.255/32  Limited Broadcast
"""
# https://www.iana.org/assignments/iana-ipv6-special-registry/ as of 2026-07-18.
_IPV6_SPECIAL = """\
::1/128             Loopback Address
::/128              Unspecified Address
::ffff:0:0/96       IPv4-mapped Address
64:ff9b::/96        IPv4-IPv6 Translat.
64:ff9b:1::/48      IPv4-IPv6 Translat.
100::/64            Discard-Only Address Block
100:0:0:1::/64      Dummy IPv6 Prefix
2001::/23           IETF Protocol Assignments
2001::/32           TEREDO
2001:1::1/128       Port Control Protocol Anycast
2001:1::2/128       Traversal Using Relays around NAT Anycast
2001:1::3/128       DNS-SD Service Registration Protocol Anycast
2001:2::/48         Benchmarking
2001:3::/32         AMT
2001:4:112::/48     AS112-v6
2001:10::/28        Deprecated (previously ORCHID)
2001:20::/28        ORCHIDv2
2001:30::/28        Drone Remote ID Protocol Entity Tags (DETs) Prefix
2001:db8::/32       Documentation
2002::/16           6to4
2620:4f:8000::/48   Direct Delegation AS112 Service
3fff::/20           Documentation
5f00::/16           Segment Routing (SRv6) SIDs
fc00::/7            Unique-Local
fe80::/10           Link-Local Unicast
"""
# Not in those registries: multicast (RFC 5771; RFC 4291, section 2.7), forms that RFC 4291 and
# RFC 7915 give to IPv4, site-local (RFC 3879), and what lies outside 2000::/3, of which IANA's
# https://www.iana.org/assignments/ipv6-address-space/ assigns nothing to hosts.
# And one public address that is a service of the machine's own cloud.
_OTHERS = """\
168.63.129.16/32    Azure WireServer
224.0.0.0/4         Multicast
::/96               IPv4-compatible Address
::ffff:0:0:0/96     IPv4-translated Address
fec0::/10           Site-Local
ff00::/8            Multicast
::/3                outside global unicast
4000::/2            outside global unicast
8000::/1            outside global unicast
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A range of addresses that are not called, by its name in the registry."""

    network: Network
    name: str


def _blocks(table: str) -> tuple[Block, ...]:
    rows = (line.split(maxsplit=1) for line in table.splitlines())
    return tuple(Block(ip_network(network), name) for network, name in rows)


SPECIAL = _blocks(_IPV4_SPECIAL) + _blocks(_IPV6_SPECIAL)
DENIED = SPECIAL + _blocks(_OTHERS)

_MAPPED, _COMPATIBLE = IPv6Network("::ffff:0:0/96"), IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_NAT64, _LOCAL_NAT64 = IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48")
_LAST_32_BITS = (_MAPPED, _COMPATIBLE, _TRANSLATED, _NAT64, _LOCAL_NAT64)
_6TO4, _TEREDO = IPv6Network("2002::/16"), IPv6Network("2001::/32")
#: The upper half of an interface identifier of ISATAP (RFC 5214, section 6.1), local or universal.
_ISATAP = {0x0000_5EFE, 0x0200_5EFE}
_32_BITS = 0xFFFF_FFFF


def refusal(address: Address, allowed: Iterable[Network] = ()) -> str | None:
    """Return the name of the block for which an address is not called, or None when it may be.

    An IPv4 address inside is judged like the one around it; each of them may be allowed.
    """
    permitted = tuple(allowed)
    for one in (address, *embedded(address)):
        if any(_holds(network, one) for network in permitted):
            continue
        for block in DENIED:
            if _holds(block.network, one):
                return block.name
    return None


def embedded(address: Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses to which a translator or tunnel would carry this address on."""
    if isinstance(address, IPv4Address):
        return ()
    bits = int(address)
    found = []
    if any(address in network for network in _LAST_32_BITS) or bits >> 32 & _32_BITS in _ISATAP:
        found.append(bits & _32_BITS)
    if address in _6TO4:
        found.append(bits >> 80 & _32_BITS)
    if address in _TEREDO:
        # The server as it is, the client with every bit turned (RFC 4380, section 4).
        found += [bits >> 64 & _32_BITS, ~bits & _32_BITS]
    return tuple(IPv4Address(one) for one in found)


def _holds(network: Network, address: Address) -> bool:
    return network.version == address.version and address in network
