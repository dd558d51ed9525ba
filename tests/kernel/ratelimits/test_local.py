"""Buckets in memory: what they hold, how they fill, and how many there may be."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ratelimits.gcra import Bucket, Policy
from kernel.ratelimits.local import LocalStore
from tests.kernel.ratelimits.conftest import Watch

#: One unit a second, ten at once.
SLOW = Policy("slow", 60, 10)
BUCKET = (Bucket(SLOW, "a"),)


def test_a_bucket_gives_its_burst_at_once_and_then_one_unit_at_a_time(watch: Watch) -> None:
    store = LocalStore(now=watch)

    at_once = [store.take(BUCKET, 1).wait for _ in range(11)]
    watch.seconds += 1.0
    later = [store.take(BUCKET, 1).wait for _ in range(2)]

    assert at_once == [0.0] * 10 + [1.0]
    assert later == [0.0, 1.0]


def test_what_is_refused_takes_nothing(watch: Watch) -> None:
    store = LocalStore(now=watch)

    assert store.take(BUCKET, 8).debts == [8.0]
    assert store.take(BUCKET, 5).wait == 3.0
    assert store.take(BUCKET, 2).wait == 0.0


def test_a_refusal_tells_when_the_same_will_be_let_in(watch: Watch) -> None:
    store = LocalStore(now=watch)
    store.take(BUCKET, 10)

    watch.seconds += store.take(BUCKET, 4).wait

    assert store.take(BUCKET, 4).wait == 0.0


def test_a_bucket_is_never_fuller_than_full(watch: Watch) -> None:
    store = LocalStore(now=watch)
    store.take(BUCKET, 10)
    watch.seconds += 3_600.0

    assert store.take(BUCKET, 10).wait == 0.0
    assert store.take(BUCKET, 1).wait == 1.0


def test_of_two_buckets_either_both_are_taken_from_or_none(watch: Watch) -> None:
    store = LocalStore(now=watch)
    both = (Bucket(SLOW, "a"), Bucket(Policy("wide", 60, 15), "b"))
    store.take(both, 8)

    refused = store.take(both, 5)

    assert (refused.wait, refused.debts) == (3.0, [8.0, 8.0])
    assert store.take(both[1:], 7).wait == 0.0


def test_looking_takes_nothing_and_says_no_only_when_nothing_is_left(watch: Watch) -> None:
    store = LocalStore(now=watch)
    looks = []
    for _ in range(11):
        looks.append(store.look(BUCKET).wait)
        store.take(BUCKET, 1)

    assert looks == [0.0] * 10 + [1.0]


def test_the_bucket_that_was_not_used_for_longest_is_forgotten_first(watch: Watch) -> None:
    store = LocalStore(most=2, now=watch)
    for key in ("a", "b", "a", "c"):
        store.take((Bucket(SLOW, key),), 5)

    assert len(store) == 2
    assert [store.take((Bucket(SLOW, key),), 0).debts for key in "acb"] == [[10.0], [5.0], [0.0]]


def test_threads_together_get_no_more_than_there_is(watch: Watch) -> None:
    store = LocalStore(now=watch)
    bucket = (Bucket(Policy("wide", 60, 500), "a"),)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: store.take(bucket, 1).wait, range(1_000)))

    assert waits.count(0.0) == 500


@pytest.mark.parametrize("rate", [(60, 10), (7, 3), (120_000, 40_000)])
@given(data=st.data())
def test_in_no_time_is_more_let_in_than_the_burst_and_what_came_back(
    rate: tuple[int, int], data: st.DataObject
) -> None:
    policy = Policy("any", *rate)
    watch = Watch()
    store = LocalStore(now=watch)
    bucket = (Bucket(policy, "a"),)
    steps = data.draw(st.lists(st.tuples(st.floats(0, 30), st.integers(1, policy.burst))))
    admitted = [(watch.seconds, 0)]
    for pause, cost in steps:
        watch.seconds += pause
        if store.take(bucket, cost).wait == 0:
            admitted.append((watch.seconds, cost))

    assert all(earlier <= later for (earlier, _), (later, _) in pairwise(admitted))
    for first in range(len(admitted)):
        used = 0
        for at, cost in admitted[first:]:
            used += cost
            returned = (at - admitted[first][0]) / policy.interval
            assert used <= policy.burst + returned + 0.01
