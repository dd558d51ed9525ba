"""Where services are: given, behind names, in a file, by leases; and an outage of what knows it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Event
from typing import Any

import orjson
import pytest
from django.conf import settings

from kernel import clock
from kernel.discovery import leases as of_leases
from kernel.discovery import names
from kernel.discovery.addresses import Address, DiscoveryError, Static
from kernel.discovery.directory import Directory, Known, provider_of
from kernel.discovery.files import WatchedFile
from kernel.discovery.leases import LEASE, InDatabase, InRedis, Lease, Leases
from kernel.discovery.names import Name, ServiceRecord
from kernel.discovery.registry import Registered
from kernel.outbound import addresses
from kernel.outbound.urls import Target
from tests.devservices.fixtures import Servers

SERVICE = settings.SERVICES[0]


def test_addresses_are_read_with_their_zones() -> None:
    found = Static("http://a:1/ https://b:2#west").find()

    assert found == (Address("http://a:1"), Address("https://b:2", "west"))


def test_a_name_stands_for_each_of_its_addresses() -> None:
    def resolve(there: Target, _seconds: float) -> list[addresses.Address]:
        assert (there.host, there.port) == ("files.internal", 8000)
        return [ip_address(one) for one in ("10.0.0.2", "10.0.0.1", "10.0.0.1", "fd00::7")]

    found = Name("dns+http://files.internal:8000", resolve).find()

    assert [one.url for one in found] == [
        "http://10.0.0.1:8000",
        "http://10.0.0.2:8000",
        "http://[fd00::7]:8000",
    ]


def test_a_name_of_this_machine_is_looked_up_for_real() -> None:
    found = Name("dns+http://localhost:8000").find()

    assert {one.url for one in found} <= {"http://127.0.0.1:8000", "http://[::1]:8000"}
    assert found
    with pytest.raises(DiscoveryError, match="no address to be found"):
        Name("dns+http://nobody.invalid:8000").find()


def test_a_name_that_is_not_resolved_in_time_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def waits(*_: object, **__: object) -> list[object]:
        answered.wait(60)
        return []

    answered = Event()
    monkeypatch.setattr("socket.getaddrinfo", waits)
    monkeypatch.setattr(names, "LOOK_UP_SECONDS", 0.05)

    with pytest.raises(DiscoveryError, match="in time"):
        Name("dns+http://slow.invalid:8000").find()

    answered.set()


def test_a_service_record_tells_hosts_and_ports() -> None:
    def targets(name: str) -> Sequence[tuple[str, int]]:
        assert name == "_http._tcp.files.internal"
        return [("b.internal", 8001), ("a.internal", 8000)]

    found = ServiceRecord("srv+http://_http._tcp.files.internal", targets).find()

    assert [one.url for one in found] == ["http://a.internal:8000", "http://b.internal:8001"]


def test_a_file_is_read_again_when_another_is_put_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "services.json"

    def put(text: str) -> None:
        draft = tmp_path / "draft"
        draft.write_text(text)
        draft.replace(path)

    file = WatchedFile(f"file://{path}", "files")
    with pytest.raises(DiscoveryError):
        file.find()
    put('{"files": ["http://a:1"]}')
    first = file.find()
    put('{"files": ["http://a:1", "http://b:2#west"]}')
    second = file.find()
    put("{")

    assert first == (Address("http://a:1"),)
    assert second == (Address("http://a:1"), Address("http://b:2", "west"))
    with pytest.raises(DiscoveryError):
        file.find()


class Telling:
    """A provider that says what the test wants."""

    waits = False

    def __init__(self) -> None:
        self.says: tuple[Address, ...] | None = (Address("http://a"),)

    def find(self) -> tuple[Address, ...]:
        if self.says is None:
            raise DiscoveryError("it is away")
        return self.says


def test_while_what_knows_is_away_services_are_where_they_were() -> None:
    provider = Telling()
    known = Known("files", provider)
    seen = []
    for says in ((Address("http://a"),), None, (), (Address("http://b"),)):
        provider.says = says
        known.look()
        seen.append((known.addresses[0].url, known.problem))

    assert seen == [
        ("http://a", ""),
        ("http://a", "it is away"),
        ("http://a", "nobody is there"),
        ("http://b", ""),
    ]


def test_a_provider_that_tells_nonsense_changes_nothing_and_is_asked_again() -> None:
    provider = Telling()
    known = Known("files", provider)
    known.look()
    provider.find = lambda: (Address({"no": "url"}["url"]),)  # type: ignore[method-assign]  # it is wrong
    known.look()

    assert (known.addresses, known.problem) == ((Address("http://a"),), "KeyError")
    del provider.find
    provider.says = (Address("http://b"),)
    known.look()
    assert (known.addresses, known.problem) == ((Address("http://b"),), "")


def test_a_lease_of_a_later_release_is_read_as_far_as_it_is_known() -> None:
    told = orjson.dumps({**asdict(lease("a")), "weight": 3})

    assert of_leases._read(told).url == "http://a"


def test_an_address_that_changes_is_another_list(monkeypatch: pytest.MonkeyPatch) -> None:
    directory = Directory()
    monkeypatch.setitem(settings.SERVICE_URLS, SERVICE, "http://a:1")
    before = directory.addresses(SERVICE)
    monkeypatch.setitem(settings.SERVICE_URLS, SERVICE, "http://a:1 http://b:2")

    assert before == (Address("http://a:1"),)
    assert directory.addresses(SERVICE) == (Address("http://a:1"), Address("http://b:2"))


def test_each_way_has_its_provider() -> None:
    kinds = {
        text: type(provider_of(text, "files")).__name__
        for text in (
            *("http://a", "dns+http://a", "srv+http://a", "file:///a"),
            *("consul+http://a/b", "etcd+http://a/b", "registry:"),
        )
    }

    assert list(kinds.values()) == [
        *("Static", "Name", "ServiceRecord", "WatchedFile"),
        *("Consul", "Etcd", "Registered"),
    ]


def lease(name: str, **more: Any) -> Lease:
    now = clock.now()
    told: dict[str, Any] = {
        "id": name,
        "services": (SERVICE,),
        "url": f"http://{name}",
        "since": now,
    }
    return Lease(**(told | {"until": now + LEASE} | more))


def conforms(store: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do with leases what processes and staff do."""
    monkeypatch.setattr(of_leases, "leases", lambda: store)
    monkeypatch.setattr("kernel.discovery.registry.leases", lambda: store)
    for one in ("a", "b", "c"):
        assert store.renew(lease(one, told={"files": {"breaker": "closed"}}, zone="west")) == []
    store.renew(lease("over", until=clock.now() - timedelta(seconds=1)))
    store.renew(lease("b", state="draining"))
    store.want(["a"], "drain")
    store.want(["a", "c", "nobody"], "reset")

    assert [one.id for one in store.alive()] == ["a", "b", "c"]
    assert store.alive()[0].told == {"files": {"breaker": "closed"}}
    assert [one.url for one in Registered(SERVICE).find()] == ["http://a", "http://c"]
    assert Registered("nothing").find() == ()
    assert store.renew(lease("a")) == ["drain", "reset"]
    assert store.renew(lease("a")) == []
    assert store.renew(lease("c")) == ["reset"]
    store.release("a")
    assert [one.id for one in store.alive()] == ["b", "c"]


@pytest.mark.django_db
def test_leases_are_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    # The connection is the test's own: whoever looks first, in their own thread, keeps theirs.
    conforms(InDatabase(), monkeypatch)


@pytest.mark.live
def test_leases_are_keys_of_redis(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    redis_url = servers.up("redis")["REDIS_URL"]
    conforms(InRedis(redis_url), monkeypatch)
