"""Caches of two processes over Redis: on one server, behind Sentinels and in a cluster."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction

from kernel.cache.namespaces import TTL, Namespace
from kernel.cache.places import Place
from kernel.cache.tracking import OverRedis
from kernel.redis.clients import connect, primaries
from tests.kernel.cache.test_namespaces import Source
from tests.kernel.cache.waiting import eventually
from tests.kernel.redis.conftest import KINDS, Kind, kind, own_redis, url_of

__all__ = ["kind", "own_redis"]

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

Make = Callable[..., Namespace[Any]]
Two = tuple[Namespace[Any], Namespace[Any]]


@pytest.fixture
def two(make: Make, kind: Kind) -> Two:
    return make(OverRedis(kind.url)), make(OverRedis(kind.url))


def test_what_one_has_loaded_the_other_finds(two: Two) -> None:
    one, other = two
    source = Source({"is": [1, None, "ä"]})

    assert one.get_or_load("a", source) == other.get_or_load("a", source) == source.value
    assert source.loads == 1
    assert other.counted.hits_in_redis == 1


@pytest.mark.parametrize("how", ["key", "all"])
def test_what_one_forgets_the_other_forgets(two: Two, how: str) -> None:
    one, other = two
    source = Source("old")
    for process in two:
        process.get_or_load("a", source)

    with transaction.atomic():
        source.value = "new"
        one.forget("a") if how == "key" else one.forget_all()
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(other.get_or_load, "a", Source("?")).result() == "old"

    assert one.get_or_load("a", source) == "new"
    eventually(lambda: other.get_or_load("a", source) == "new")


def test_of_two_processes_one_loads_and_the_other_waits(two: Two) -> None:
    one, other = two
    loading, answered = Event(), Event()
    source = Source("other")

    def load() -> str:
        loading.set()
        assert answered.wait(10)
        return "one"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(one.get_or_load, "a", load)
        assert loading.wait(10)
        second = pool.submit(other.get_or_load, "a", source)
        eventually(lambda: "a" in other._loads)
        answered.set()

        assert (first.result(), second.result()) == ("one", "one")
    assert source.loads == 0


def test_a_load_that_began_before_a_change_elsewhere_reaches_nobody(two: Two) -> None:
    one, other = two

    def load() -> str:
        other.forget("a")
        return "old"

    one.get_or_load("a", load)

    assert other.get_or_load("a", Source("new")) == "new"
    eventually(lambda: one.get_or_load("a", Source("new")) == "new")


def test_who_loaded_from_a_database_that_lagged_is_told_once_more(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two
    later = Event()
    waits = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _seconds: later.wait(20))
    monkeypatch.setattr("kernel.cache.hub.time", waits)
    other.get_or_load("a", Source("old"))

    one.forget("a")
    eventually(lambda: not other.memory.keys())
    assert other.get_or_load("a", Source("old")) == "old"
    later.set()

    eventually(lambda: other.get_or_load("a", Source("new")) == "new")


def test_a_load_that_fails_lets_the_other_process_load(two: Two) -> None:
    one, other = two

    with pytest.raises(ZeroDivisionError):
        one.get_or_load("a", Source(ZeroDivisionError()))

    assert other.get_or_load("a", Source(2)) == 2


def test_a_redis_that_lost_everything_is_a_change_of_everything(two: Two, kind: Kind) -> None:
    one, _ = two
    one.get_or_load("a", Source("old"))

    for server in primaries(connect(kind.url)):
        server.flushall()

    eventually(lambda: one.get_or_load("a", Source("new")) == "new")


def test_a_process_that_is_cut_off_forgets_what_it_had(two: Two, kind: Kind) -> None:
    one, other = two
    one.get_or_load("a", Source("old"))
    # The first load made generations, of which the process hears as of a change.
    other.forget("z")
    eventually(lambda: one.counted.forgotten >= 3)
    one.get_or_load("a", Source("old"))
    for server in primaries(connect(kind.url)):
        server.client_kill_filter(_type="normal", skipme=True)

    eventually(lambda: not one.memory.keys())
    eventually(lambda: one._hub.live and other._hub.live)
    other.forget("a")
    eventually(lambda: one.get_or_load("a", Source("new")) == "new")


@pytest.mark.parametrize("kind", ["cluster"], indirect=True)
def test_while_slots_move_to_other_masters_nothing_is_old(two: Two, kind: Kind) -> None:
    one, other = two
    source = Source(0)
    cluster: Any = connect(kind.url)
    place = Place(one.name, None, "a")
    slots = [cluster.keyslot(f"{{{each.told()}}}") for each in (place, *place.groups())]

    with ThreadPoolExecutor(1) as thread:
        # There and back again, with what is in them.
        moving = thread.submit(_move, cluster, slots * 2)
        while source.value < 20 or not moving.done():
            source.value += 1
            one.forget("a")
            assert one.get_or_load("a", source) == source.value
            eventually(lambda: other.get_or_load("a", source) == source.value)
        moving.result()

    eventually(lambda: one._hub.live and other._hub.live)
    one.forget("a")
    assert one.get_or_load("a", Source("new")) == "new"
    eventually(lambda: other.get_or_load("a", Source("new")) == "new")


@pytest.mark.parametrize("name", [name for name in KINDS if name != "tls"])
def test_without_a_master_values_are_loaded_and_nothing_is_old_afterwards(
    make: Make, own_redis: Any, name: str
) -> None:
    kind = Kind(name, url_of(name, own_redis), own_redis)
    one, other = make(OverRedis(kind.url)), make(OverRedis(kind.url))
    keys = [f"key{number}" for number in range(12)]
    for key in keys:
        for process in (one, other):
            process.get_or_load(key, Source("old"))

    kind.kill_master()
    try:
        for key in keys:
            one.forget(key)
            # Whoever has changed it sees it at once, whatever has become of Redis.
            assert one.get_or_load(key, Source("new")) == "new"
        eventually(lambda: all(other.get_or_load(k, Source("new")) == "new" for k in keys))
    finally:
        if name == "single":
            kind.start_again()
    eventually(lambda: one._hub.live and other._hub.live)
    if name != "single":
        kind.start_again()

    assert [other.get_or_load(key, Source("new")) for key in keys] == ["new"] * len(keys)
    assert [one.get_or_load(key, Source("new")) for key in keys] == ["new"] * len(keys)
    source = Source("newest")
    one.forget("key0")
    assert one.get_or_load("key0", source) == "newest"
    eventually(lambda: other.get_or_load("key0", source) == "newest")


def test_a_redis_that_hangs_holds_up_one_question(make: Make, own_redis: Any) -> None:
    kind = Kind("single", url_of("single", own_redis), own_redis)
    values = make(OverRedis(kind.url), ttl=TTL.LONG)
    values.get_or_load("a", Source("old"))

    own_redis.do("pause", "redis")
    try:
        values.get_or_load("b", Source(1))
        assert not values._hub.live
        assert values._hub.shared is None
        eventually(lambda: values.get_or_load("a", Source("new")) == "new")
    finally:
        own_redis.do("resume", "redis")
    eventually(lambda: values._hub.live)


def _move(cluster: Any, slots: list[int]) -> None:
    """Move each slot to another master, as `redis-cli --cluster reshard` does."""
    for slot in slots:
        cluster.nodes_manager.initialize()
        owner = cluster.nodes_manager.get_node_from_slot(slot)
        heir = next(node for node in cluster.get_primaries() if node.name != owner.name)
        source, target = cluster.get_redis_connection(owner), cluster.get_redis_connection(heir)
        source_id, target_id = (each.execute_command("CLUSTER MYID") for each in (source, target))
        target.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", source_id)
        source.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", target_id)
        while keys := source.execute_command("CLUSTER GETKEYSINSLOT", slot, 100):
            source.execute_command("MIGRATE", heir.host, heir.port, "", 0, 5_000, "KEYS", *keys)
        # The others, too: asked before they have heard of it, they would name the old owner.
        others = (
            node for node in cluster.get_primaries() if node.name not in (owner.name, heir.name)
        )
        for each in (target, source, *map(cluster.get_redis_connection, others)):
            each.execute_command("CLUSTER SETSLOT", slot, "NODE", target_id)
