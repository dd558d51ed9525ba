"""Nothing reaches a server on loopback: no spelling, no disguise, no name, no redirect."""

import socket
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kernel.outbound.addresses import SPECIAL
from kernel.outbound.client import fetch
from kernel.outbound.errors import OutboundFailedError, OutboundRefusedError
from kernel.outbound.limits import Limits
from kernel.outbound.reach import Reach
from tests.kernel.outbound.conftest import Names
from tests.kernel.outbound.servers import Canary, Say, canary, redirect, says
from tests.kernel.outbound.spellings import HOSTS_AS_WRITTEN, spelled, tricks, wrapped

LOOPBACK = IPv4Address("127.0.0.1")
METADATA = IPv4Address("169.254.169.254")
ADDRESSES = [LOOPBACK, METADATA, *(IPv4Address(text) for text in ("0.0.0.0", "10.0.0.1"))]
HOSTS = {
    f"{way} {address}": host for address in ADDRESSES for way, host in spelled(address).items()
} | {host: host for host in HOSTS_AS_WRITTEN}
#: What a name service may answer, all but the first with something public beside it.
NAMED = [
    ["127.0.0.1"],
    ["93.184.216.34", "127.0.0.1"],
    ["127.0.0.1", "93.184.216.34"],
    ["2606:4700::1111", "::1"],
    ["93.184.216.34", "fe80::1%lo"],
    ["93.184.216.34", "169.254.169.254"],
    *(["93.184.216.34", str(block.network[-1])] for block in SPECIAL),
    *(["93.184.216.34", str(outer)] for outer in wrapped(LOOPBACK).values()),
]  # fmt: skip


@pytest.fixture
def loopback(settings: Any, names: Names) -> Iterator[Canary]:
    """A server that nothing but the rules on addresses keeps us from."""
    names.known = {name: ["127.0.0.1"] for name in ("localhost", "127.0.0.1.nip.example")}
    with canary() as server:
        settings.OUTBOUND_PORTS = (80, 443, server.port)
        yield server
        assert server.hits == []


def refused(url: str, **options: Any) -> OutboundRefusedError:
    """Return the refusal of a call."""
    with pytest.raises(OutboundRefusedError) as caught:
        fetch("GET", url, purpose="test", **options)
    return caught.value


def test_the_canary_sings_when_it_is_called(settings: Any) -> None:
    with canary() as server:
        fetch("GET", server.url(), purpose="test", reach=Reach.OPERATOR)

        assert len(server.hits) == 1


def test_the_list_is_long_enough() -> None:
    assert len(HOSTS) + len(tricks("127.0.0.1", 1)) + len(NAMED) > 149


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_no_spelling_of_a_host_is_called(host: str, loopback: Canary) -> None:
    refused(f"http://{host}:{loopback.port}/")


@pytest.mark.parametrize("index", range(len(tricks("", 1))))
def test_no_trick_with_a_url_is_called(index: int, loopback: Canary) -> None:
    refused(tricks("127.0.0.1", loopback.port)[index])


@pytest.mark.parametrize("addresses", NAMED, ids=" ".join)
def test_no_name_is_called_that_leads_to_one_bad_address(
    addresses: list[str], loopback: Canary, names: Names
) -> None:
    names.known["rebound.example"] = addresses

    error = refused(f"http://rebound.example:{loopback.port}/")

    assert error.rule == "address"
    # Where a name leads inside a network is told to the log alone.
    assert str(error) == "rebound.example leads to an address that is not public"
    assert error.detail


def test_no_end_of_a_special_block_is_called_in_any_spelling(loopback: Canary) -> None:
    ends = {end for block in SPECIAL for end in (block.network[0], block.network[-1])}
    hosts = {host for end in ends if end.version == 4 for host in spelled(end).values()}
    hosts |= {f"[{end}]" for end in ends if end.version == 6}

    for host in hosts:
        refused(f"http://{host}:{loopback.port}/")
    assert len(hosts) > 1_800


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_address_of_a_special_block_is_called_in_any_spelling(
    data: Any, loopback: Canary
) -> None:
    block = data.draw(st.sampled_from([one for one in SPECIAL if one.network.version == 4]))
    bits = data.draw(st.integers(int(block.network[0]), int(block.network[-1])))
    way, host = data.draw(st.sampled_from(sorted(spelled(IPv4Address(bits)).items())))

    refused(f"http://{host}:{loopback.port}/{way.replace(' ', '-')}")


def test_a_name_that_leads_elsewhere_the_second_time_is_called_where_it_led_first(
    loopback: Canary, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = iter([["93.184.216.34"]])
    names.known["rebound.example"] = lambda: next(turns, ["127.0.0.1"])
    called = _connections(monkeypatch)

    with pytest.raises(OutboundFailedError):
        fetch("GET", f"http://rebound.example:{loopback.port}/", purpose="test")

    assert called == [("93.184.216.34", loopback.port)]
    assert names.asked == ["rebound.example"]


def test_every_address_that_is_tried_was_checked(
    loopback: Canary, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = [f"93.184.216.{last}" for last in range(6)]
    names.known["many.example"] = public
    called = _connections(monkeypatch)

    with pytest.raises(OutboundFailedError):
        fetch("GET", f"http://many.example:{loopback.port}/", purpose="test")

    assert called == [(address, loopback.port) for address in public[:4]]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/", "//127.0.0.1:{port}/", "http://2130706433:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/", "http://localhost:{port}/", "http://inner.example:{port}/",
        "http://good.example@127.0.0.1:{port}/", "http:\\\\127.0.0.1:{port}/",
        "/\\127.0.0.1:{port}/",
        "\\\\127.0.0.1:{port}/", "http://127.0.0.1:{port}\t/", "http://①②⑦.⓪.⓪.①:{port}/",
        "file:///etc/passwd", "ftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/", "data:,x",
        "javascript:alert(1)", "http://[::1/", "https://127.0.0.1:{port}/",
    ],
)  # fmt: skip
def test_no_redirect_is_followed_there(
    location: str, loopback: Canary, names: Names, serve: Callable[[Say], Canary]
) -> None:
    names.known["inner.example"] = ["127.0.0.1"]
    outer = serve(says(redirect(location.format(port=loopback.port))))

    refused(outer.url(), limits=Limits(redirects=5))

    assert len(outer.hits) == 1


def test_the_last_hop_of_a_chain_is_checked_like_the_first(
    loopback: Canary, serve: Callable[[Say], Canary]
) -> None:
    last = serve(says(redirect(loopback.url())))
    middle = serve(says(redirect(last.url("/b"), "307 Temporary Redirect")))
    first = serve(says(redirect(middle.url("/a"), "303 See Other")))

    error = refused(first.url(), limits=Limits(redirects=5))

    assert error.rule == "address"
    assert [len(server.hits) for server in (first, middle, last)] == [1, 1, 1]


def test_the_word_of_an_operator_is_not_for_where_a_redirect_leads(loopback: Canary) -> None:
    with canary(says(redirect(loopback.url()))) as outer:
        refused(outer.url(), reach=Reach.OPERATOR, limits=Limits(redirects=5))

        assert len(outer.hits) == 1


def test_a_redirect_of_an_operators_address_to_itself_is_followed() -> None:
    turns = iter([redirect("/again"), b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere"])

    with canary(lambda there, _: there.sendall(next(turns))) as server:
        found = fetch(
            "GET", server.url(), purpose="t", reach=Reach.OPERATOR, limits=Limits(redirects=1)
        )

    assert (found.body, found.url) == (b"here", server.url("/again"))


def test_proxies_of_the_environment_are_not_asked(
    loopback: Canary, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.known["public.example"] = ["93.184.216.34"]
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, loopback.url())
    called = _connections(monkeypatch)

    for url in ("http://public.example/", "https://public.example/"):
        with pytest.raises(OutboundFailedError):
            fetch("GET", url, purpose="test")

    assert called == [("93.184.216.34", 80), ("93.184.216.34", 443)]


def test_ipv6_loopback_is_called_for_the_operator_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    called = _connections(monkeypatch)

    refused("http://[::1]/")
    assert called == []

    with pytest.raises(OutboundFailedError):
        fetch("GET", "http://[::1]:9/", purpose="test", reach=Reach.OPERATOR)
    assert called == [("::1", 9)]


def _connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Let no connection come about, and write down where they were to go."""
    called: list[tuple[str, int]] = []

    def connect(_: socket.socket, address: Any) -> None:
        called.append(address[:2])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return called
