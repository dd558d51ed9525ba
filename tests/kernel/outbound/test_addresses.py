"""The tables, against the registries that they were taken from and in every disguise."""

import csv
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kernel.outbound.addresses import DENIED, SPECIAL, Network, embedded, refusal
from tests.kernel.outbound.spellings import wrapped

IPV4 = [block.network for block in DENIED if isinstance(block.network, IPv4Network)]
IPV6 = [block.network for block in DENIED if isinstance(block.network, IPv6Network)]
GLOBAL = IPv6Network("2000::/3")


def within(network: Network) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    """Any address of a network."""
    first, last = int(network[0]), int(network[-1])
    make = IPv4Address if network.version == 4 else IPv6Address
    return st.integers(first, last).map(make)


ipv4_denied = st.sampled_from(IPV4).flatmap(within)
ipv6_denied = st.sampled_from(IPV6).flatmap(within)
ipv4_public = within(IPv4Network("0.0.0.0/0")).filter(
    lambda address: not any(address in network for network in IPV4)
)
ipv6_public = within(GLOBAL).filter(lambda address: not any(address in network for network in IPV6))


@pytest.mark.parametrize("version", [4, 6])
def test_the_table_is_the_registry(version: int, data_folder: Path) -> None:
    registry = data_folder / "iana" / f"iana-ipv{version}-special-registry-1.csv"
    with registry.open(newline="") as file:
        rows = [
            (ip_network(network.partition("[")[0].strip()), row["Name"].replace('"', ""))
            for row in csv.DictReader(file)
            for network in row["Address Block"].split(",")
        ]

    ours = [(block.network, block.name) for block in SPECIAL if block.network.version == version]

    assert ours == rows


@pytest.mark.parametrize("block", DENIED, ids=lambda block: f"{block.network} {block.name}")
def test_no_end_of_a_block_may_be_called(block: object) -> None:
    network = block.network  # type: ignore[attr-defined]

    for address in (network[0], network[-1], network[network.num_addresses // 2]):
        assert refusal(address)


@settings(deadline=None)
@given(ipv4_denied)
def test_an_ipv4_address_is_refused_in_every_wrapping(address: IPv4Address) -> None:
    assert refusal(address)
    for way, outer in wrapped(address).items():
        assert refusal(outer), way
        # Also where an operator lets the wrapping itself through.
        assert refusal(outer, [IPv6Network((outer, 128))]), way


@settings(deadline=None)
@given(ipv6_denied)
def test_an_ipv6_address_is_refused_with_and_without_a_zone(address: IPv6Address) -> None:
    assert refusal(address)
    assert refusal(IPv6Address(f"{address}%eth0"))


@settings(deadline=None)
@given(ipv4_public)
def test_other_ipv4_addresses_may_be_called(address: IPv4Address) -> None:
    assert refusal(address) is None


@settings(deadline=None)
@given(ipv6_public)
def test_other_ipv6_addresses_may_be_called(address: IPv6Address) -> None:
    # Unless the end of it reads as ISATAP of an address that may not.
    assume(not any(refusal(inner) for inner in embedded(address)))

    assert refusal(address) is None


@settings(deadline=None)
@given(ipv4_public)
def test_what_a_wrapping_holds_is_found(address: IPv4Address) -> None:
    for way, outer in wrapped(address).items():
        assert address in embedded(outer), way


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("127.0.0.1", "Loopback"),
        ("169.254.169.254", "Link Local"),
        ("fd00:ec2::254", "Unique-Local"),
        ("64:ff9b:1::1", "IPv4-IPv6 Translat."),
        ("192.88.99.1", "Deprecated (6to4 Relay Anycast)"),
        ("::ffff:0:127.0.0.1", "IPv4-translated Address"),
        ("fec0::1", "Site-Local"),
        ("::10.0.0.1", "IPv4-compatible Address"),
        ("100.64.0.1", "Shared Address Space"),
        ("255.255.255.255", "Reserved"),
    ],
)
def test_a_refusal_names_the_block(address: str, name: str) -> None:
    assert refusal(ip_address(address)) == name


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001:80b::200e"],
)
def test_well_known_public_addresses_may_be_called(address: str) -> None:
    assert refusal(ip_address(address)) is None


def test_an_allowed_network_lets_its_own_through_and_no_others() -> None:
    allowed = [ip_network("10.1.0.0/16")]

    assert refusal(ip_address("10.1.2.3"), allowed) is None
    assert refusal(ip_address("10.2.2.3"), allowed)
    assert refusal(ip_address("::ffff:10.1.2.3"), allowed)


def test_a_translator_that_is_allowed_reaches_public_addresses_only() -> None:
    allowed = [ip_network("64:ff9b::/96")]

    assert refusal(ip_address("64:ff9b::8.8.8.8"), allowed) is None
    assert refusal(ip_address("64:ff9b::169.254.169.254"), allowed) == "Link Local"
