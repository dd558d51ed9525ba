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

from contracts.staff import StaffActed
from kernel import clock
from kernel.discovery.leases import LEASE, InDatabase, Lease, leases
from kernel.discovery.registry import Registration
from kernel.mesh import standing
from kernel.mesh.destinations import destinations
from kernel.observability import health
from kernel.testing.events import told
from tests.kernel.mesh.simulated import Process, World, three

SERVICE = settings.SERVICES[0]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A service that this process calls."""
    made = World(three(b=Process(dead=True)))
    monkeypatch.setattr(destinations, "current", lambda: [made.destination])
    return made


def states(world: World) -> dict[str, str]:
    found = standing._of_service(world.destination, world.now)
    return {one["url"]: one["state"] for one in found["endpoints"]}


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


def test_who_is_left_out_is_so_before_it_was_ever_called(world: World) -> None:
    standing.obey("eject a")
    world.called(50)

    assert states(world)["a"] == "ejected by staff"
    assert world.processes["a"].asked == 0


def test_a_process_tells_what_it_knows_of_failures(world: World) -> None:
    world.called(20)
    for one in world.processes.values():
        one.dead = True
    world.called(5)
    finds = standing.told()["files"]

    assert (finds["calls"], finds["failures"]) == (25, 5)
    assert finds["budget"] == 0.6
    assert 0 < finds["p50_ms"] <= finds["p95_ms"]


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
    InDatabase().want([registration.id], "drain")
    registration._renew()
    registration._renew()

    (lease,) = InDatabase().alive()
    assert (lease.id, lease.url, lease.state) == (registration.id, "http://a", "up")
    assert lease.told == {"files": {}}
    assert done == ["drain"]


def test_a_renewal_that_goes_wrong_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    times, enough = list[int](), Event()

    def tell() -> dict[str, Any]:
        times.append(1)
        if len(times) == 3:
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
        # That waits as long as a renewal, which is nothing here: the thread would outlive the test.
        assert registration._thread
        registration._thread.join(60)


@pytest.fixture
def two(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes with leases."""
    monkeypatch.setattr(settings, "MESH_REGISTRY", "database")
    leases.cache_clear()
    now = clock.now()
    endpoint = {"url": "http://c", "zone": "", "state": "well", "in_flight": 0, "latency_ms": 1.5}
    finds = {"files": {"breaker": "closed", "usual_ms": 1.5, "endpoints": [endpoint]}}
    for name in ("a", "b"):
        url = f"http://{name}"
        lease = Lease(id=name, services=(SERVICE,), url=url, since=now, until=now + LEASE)
        InDatabase().renew(lease if name == "a" else _telling(lease, finds))


def _telling(lease: Lease, finds: dict[str, Any]) -> Lease:
    return Lease(
        id=lease.id,
        services=lease.services,
        url=lease.url,
        since=lease.since,
        until=lease.until + timedelta(seconds=1),
        told=finds,
    )


def shown(*command: str) -> str:
    out = StringIO()
    call_command("mesh", *command, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("two")
def test_the_command_tells_who_is_there_and_how_they_find_each_other() -> None:
    text, as_json = shown(), json.loads(shown("--json"))

    assert f"a: {SERVICE} at http://a" in text
    assert "files: breaker closed, usually 1.5 ms" in text
    assert "http://c: well, 1.5 ms, 0 under way" in text
    assert [one["id"] for one in as_json] == ["a", "b"]


@pytest.mark.usefixtures("two")
def test_the_command_has_a_process_do_something_on_record() -> None:
    assert "a does so within 2 s" in shown("eject", "a", "http://c")
    assert "2 processes do so within 2 s" in shown("reset", "all", "http://c")
    for wrong in (
        ("drain", "nobody"),
        ("drain", "all"),
        ("drain", "a", "http://c"),
        ("eject", "a"),
    ):
        with pytest.raises(CommandError):
            shown(*wrong)

    wanted = [InDatabase().renew(one) for one in InDatabase().alive()]
    assert wanted == [["eject http://c", "reset http://c"], ["reset http://c"]]
    assert [(one.action, one.object_ids) for one in told(StaffActed)] == [
        ("eject", ("http://c",)),
        ("reset", ("http://c",)),
    ]


def test_who_begins_leaves_out_whom_staff_had_left_out_before(
    two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_out = set[str]()
    monkeypatch.setattr(standing, "LEFT_OUT", left_out)
    (lease, *_others) = InDatabase().alive()
    endpoint = {"url": "http://c", "state": standing.BY_STAFF}
    InDatabase().renew(_telling(lease, {"files": {"endpoints": [endpoint]}}))

    standing.leave_out_whom_others_do()

    assert left_out == {"http://c"}


def test_without_a_registry_the_command_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MESH_REGISTRY", "off")

    with pytest.raises(CommandError, match="set MESH_REGISTRY"):
        shown()
