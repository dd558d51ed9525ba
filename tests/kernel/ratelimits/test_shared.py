"""Buckets in a real Redis: counted together, in one round trip, and without it when it is away."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from threading import Thread
from typing import Any

import pytest
from redis import Redis

from kernel.ratelimits.gcra import Bucket, Policy
from kernel.ratelimits.shared import LOCALLY, SharedStore
from kernel.redis.clients import connect
from tests.devservices.fixtures import Servers, own_servers
from tests.kernel.ratelimits.conftest import Watch

pytestmark = pytest.mark.live

#: So slow that nothing comes back while a test runs.
SLOW = Policy("slow", 1, 10)


@pytest.fixture(scope="module")
def own_redis() -> Iterator[Servers]:
    """A Redis that these tests may kill."""
    with own_servers() as servers:
        yield servers


@pytest.fixture
def url(own_redis: Servers) -> str:
    url = own_redis.up("redis")["REDIS_URL"]
    with Redis.from_url(url) as redis:
        redis.flushall()
        redis.script_flush()
    return url


def bucket(*keys: str) -> list[Bucket]:
    return [Bucket(SLOW, f"{{t}}:{key}") for key in keys]


def commands(url: str) -> dict[str, int]:
    """Return how often each command was called from outside; a script's own calls are left out."""
    with Redis.from_url(url) as redis:
        told: Any = redis.info("commandstats")
    return {
        name.removeprefix("cmdstat_"): figures["calls"]
        for name, figures in told.items()
        if name in {"cmdstat_evalsha", "cmdstat_eval", "cmdstat_script|load"}
    }


def test_all_stores_count_together(url: str) -> None:
    one, other = (SharedStore(partial(connect, url)) for _ in range(2))

    assert one.take(bucket("a"), 6).wait == 0
    refused = other.take(bucket("a"), 6)

    assert 100 < refused.wait <= 120
    assert other.take(bucket("a"), 4).wait == 0


def test_of_two_buckets_either_both_are_taken_from_or_none(url: str) -> None:
    store = SharedStore(partial(connect, url))
    store.take(bucket("a"), 6)

    assert store.take(bucket("a", "b"), 6).wait > 0
    assert store.take(bucket("b"), 10).wait == 0


def test_the_whole_burst_can_be_had_at_once_and_no_more(url: str) -> None:
    store = SharedStore(partial(connect, url))
    sevenths = [Bucket(Policy("sevenths", 7, 13), "{t}:a")]

    assert store.take(sevenths, 13).wait == 0
    assert store.take(sevenths, 1).wait > 0


def test_a_bucket_is_gone_from_redis_once_it_is_full(url: str) -> None:
    SharedStore(partial(connect, url)).take([Bucket(Policy("fast", 60_000, 100), "{t}:a")], 100)

    with Redis.from_url(url) as redis:
        assert 0 < redis.pttl("septet:rate:{t}:a") <= 101


def test_a_request_is_one_round_trip_and_a_refusal_that_is_known_none(url: str) -> None:
    store = SharedStore(partial(connect, url))
    store.take(bucket("a", "b"), 1)
    before = commands(url)

    for _ in range(9):
        store.take(bucket("a", "b"), 1)
    after = commands(url)
    looked = store.look(bucket("a", "b"))

    assert after["evalsha"] - before["evalsha"] == 9
    assert after["eval"] == before["eval"]
    assert looked.wait > 0
    assert commands(url) == after


def test_a_redis_that_lost_its_scripts_is_sent_the_text_again(url: str) -> None:
    store = SharedStore(partial(connect, url))
    store.take(bucket("a"), 6)
    with Redis.from_url(url) as redis:
        redis.script_flush()

    assert store.take(bucket("a"), 6).wait > 0


def test_without_redis_each_process_goes_on_from_what_it_knows_and_says_so_once(
    own_redis: Servers, url: str, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    store = SharedStore(partial(connect, url), now=watch)
    store.take(bucket("a"), 6)
    counted = LOCALLY._value.get()
    own_redis.do("kill", "redis")

    with caplog.at_level(logging.WARNING):
        waits = [store.take(bucket("a"), 3).wait for _ in range(2)]
        watch.seconds += 2.0
        waits.append(store.take(bucket("b"), 3).wait)
        own_redis.do("start", "redis")
        watch.seconds += 2.0
        store.take(bucket("b"), 3)

    assert [wait > 0 for wait in waits] == [False, True, False]
    assert LOCALLY._value.get() - counted == 3
    assert [record.message.partition(",")[0] for record in caplog.records] == [
        "Redis does not answer",
        "Redis answers again",
    ]


def test_a_redis_that_hangs_holds_a_request_up_once_for_a_quarter_of_a_second(
    own_redis: Servers, url: str, watch: Watch
) -> None:
    store = SharedStore(partial(connect, url), now=watch)
    store.take(bucket("a"), 1)
    own_redis.do("pause", "redis")
    try:
        answered = _within(1.0, lambda: [store.take(bucket("a"), 1) for _ in range(3)])
    finally:
        own_redis.do("resume", "redis")

    assert answered


def test_a_cluster_is_asked_where_the_tenants_slot_is(servers: Servers) -> None:
    url = servers.up("redis-cluster")["REDIS_CLUSTER_URL"].partition("://")[2]
    tenants = [
        [Bucket(SLOW, f"{{tenant-{number}}}:key"), Bucket(SLOW, f"{{tenant-{number}}}")]
        for number in range(8)
    ]
    store, other = (SharedStore(partial(connect, f"redis+cluster://{url}")) for _ in range(2))
    counted = LOCALLY._value.get()

    first = [store.take(buckets, 6).wait for buckets in tenants]
    second = [other.take(buckets, 6).wait for buckets in tenants]

    assert [wait > 0 for wait in first] == [False] * 8
    assert [wait > 0 for wait in second] == [True] * 8
    assert LOCALLY._value.get() == counted


def _within(seconds: float, work: Callable[[], Any]) -> bool:
    thread = Thread(target=work)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()
