"""What a process tells of the others, and what staff have it do; the command that shows both."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from threading import Event
from typing import Any
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from prometheus_client import REGISTRY

from kernel import clock
from kernel.discovery.leases import LEASE, InDatabase, Lease, leases
from kernel.discovery.registry import Registration
from kernel.mesh import standing
from kernel.mesh.destinations import destinations
from kernel.observability import health
from tests.kernel.mesh.simulated import Process, World, three

SERVICE = settings.SERVICES[0]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A service that this process calls."""
    made = World(three(b=Process(dead=True)))
    monkeypatch.setattr(destinations, "current", lambda: [made.destination])
    return made


def states(world: World) -> dict[str, str]:
    told = standing._of_service(world.destination, world.now)
    return {one["url"]: one["state"] for one in told["endpoints"]}


def test_a_process_tells_how_it_finds_the_others(world: World) -> None:
    world.called(300)

    assert states(world)["a"] == "well"
    assert states(world)["b"] in {"ejected", "failing"}
    assert standing.told()["files"]["breaker"] == "closed"


def test_staff_have_one_left_out_and_taken_again(world: World) -> None:
    world.called(20)
    standing.obey("eject a")
    world.forget()
    world.called(50)
    left_out, asked = states(world)["a"], world.processes["a"].asked
    standing.obey("reset")
    world.called(50)

    assert (left_out, asked) == ("ejected by staff", 0)
    assert world.processes["a"].asked > 0


def test_a_service_that_staff_have_asked_again_is_not_told_to_be_left_alone(world: World) -> None:
    for one in world.processes.values():
        one.dead = True
    world.called(100)
    opened = is_open()
    standing.obey("reset")

    assert (opened, is_open()) == (1, 0)


def is_open() -> float | None:
    return REGISTRY.get_sample_value("mesh_breaker_open", {"service": "files"})


@pytest.fixture
def taken_again() -> Iterator[None]:
    """Other tests meet a process that takes work."""
    yield
    health.set_aside(False)


@pytest.mark.usefixtures("taken_again")
def test_a_process_that_is_drained_says_so_until_it_is_taken_again() -> None:
    seen = []
    for command in ("drain", "take", "nonsense", "drain http://a"):
        standing.obey(command)
        seen.append(health.standing())

    assert seen == ["draining", "up", "up", "up"]


@pytest.mark.django_db
def test_a_process_renews_its_lease_and_does_what_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A renewal closes the connection of its thread, which here is the test's own.
    monkeypatch.setattr("kernel.discovery.registry.connections.close_all", lambda: None)
    done = list[str]()
    registration = Registration(tell=lambda: {"files": {}}, obey=done.append, version="1")
    registration._url = "http://a"
    registration._renew()
    InDatabase().want(registration.id, "drain")
    registration._renew()
    registration._renew()

    (lease,) = InDatabase().alive()
    assert (lease.id, lease.url, lease.state) == (registration.id, "http://a", "up")
    assert lease.told == {"files": {}}
    assert done == ["drain"]


def test_a_renewal_that_goes_wrong_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    told, enough = list[int](), Event()

    def tell() -> dict[str, Any]:
        told.append(1)
        if len(told) == 3:
            enough.set()
        raise ValueError("whatever it is")

    monkeypatch.setattr(settings, "MESH_REGISTRY", "redis")
    monkeypatch.setattr("kernel.discovery.registry.RENEWED_SECONDS", 0.01)
    monkeypatch.setattr("kernel.discovery.registry.leases", Mock)
    registration = Registration(tell=tell, obey=lambda _: None, version="1")
    registration.begin("http://a")
    try:
        assert enough.wait(60)
    finally:
        registration.end()


@pytest.fixture
def two(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes with leases."""
    monkeypatch.setattr(settings, "MESH_REGISTRY", "database")
    leases.cache_clear()
    now = clock.now()
    endpoint = {"url": "http://c", "zone": "", "state": "well", "in_flight": 0, "latency_ms": 1.5}
    told = {"files": {"breaker": "closed", "usual_ms": 1.5, "endpoints": [endpoint]}}
    for name in ("a", "b"):
        url = f"http://{name}"
        lease = Lease(id=name, services=(SERVICE,), url=url, since=now, until=now + LEASE)
        InDatabase().renew(lease if name == "a" else _telling(lease, told))


def _telling(lease: Lease, told: dict[str, Any]) -> Lease:
    return Lease(
        id=lease.id,
        services=lease.services,
        url=lease.url,
        since=lease.since,
        until=lease.until + timedelta(seconds=1),
        told=told,
    )


def shown(*command: str) -> str:
    out = StringIO()
    call_command("mesh", *command, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("two")
def test_the_command_tells_who_is_there_and_how_they_find_each_other() -> None:
    text, told = shown(), json.loads(shown("--json"))

    assert f"a: {SERVICE} at http://a" in text
    assert "files: breaker closed, usually 1.5 ms" in text
    assert "http://c: well, 1.5 ms, 0 under way" in text
    assert [one["id"] for one in told] == ["a", "b"]


@pytest.mark.usefixtures("two")
def test_the_command_has_a_process_do_something() -> None:
    assert "within 2 s" in shown("eject", "a", "http://c")
    for wrong in (("drain", "nobody"), ("drain", "a", "http://c"), ("eject", "a")):
        with pytest.raises(CommandError):
            shown(*wrong)

    assert InDatabase().renew(InDatabase().alive()[0]) == ["eject http://c"]


def test_without_a_registry_the_command_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MESH_REGISTRY", "off")

    with pytest.raises(CommandError, match="set MESH_REGISTRY"):
        shown()
