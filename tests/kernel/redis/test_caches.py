"""Django's caches in Redis, on one server, by TLS, behind Sentinels and in a cluster."""

import pytest

from kernel.redis.breaker import FAILURES
from kernel.redis.django import SharedCache, _breaker
from tests.kernel.cache.waiting import eventually
from tests.kernel.redis.conftest import Kind

pytestmark = pytest.mark.live


def cache_of(kind: Kind) -> SharedCache:
    _breaker.cache_clear()
    options = {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"}
    cache = SharedCache(kind.url, {"KEY_PREFIX": "test", "OPTIONS": options})
    # To find a master takes longer than the questions that follow.
    eventually(lambda: bool(cache.set("connected", 1)))
    return cache


def test_a_cache_does_what_django_promises(kind: Kind) -> None:
    cache = cache_of(kind)
    keys = [f"key{number}" for number in range(20)]

    cache.set_many({key: {"is": key} for key in keys}, 60)
    assert cache.get_many([*keys, "none"]) == {key: {"is": key} for key in keys}
    assert sorted(cache.keys("key*")) == sorted(keys)
    assert (cache.get("none"), cache.get("none", 7)) == (None, 7)
    assert (cache.add("key1", 1), cache.add("new", 1)) == (False, True)
    assert (cache.incr("new"), cache.has_key("new"), cache.touch("new", 60)) == (2, True, True)
    assert 0 < cache.ttl("new") <= 60
    assert cache.delete_many(keys[:10]) == 10
    assert cache.delete_pattern("key*") == 10
    cache.clear()
    assert cache.get("new") is None


def test_what_was_set_is_read_at_once(kind: Kind) -> None:
    cache = cache_of(kind)

    for number in range(200):
        cache.set("a", number)
        assert cache.get("a") == number


# By TLS it is the same server.
@pytest.mark.parametrize("kind", ["single", "sentinel", "cluster"], indirect=True)
def test_while_a_master_is_away_there_is_nothing_and_afterwards_again(kind: Kind) -> None:
    cache = cache_of(kind)
    keys = [f"key{number}" for number in range(20)]
    cache.set_many(dict.fromkeys(keys, 1))
    failed = FAILURES.labels("values")._value.get()

    kind.kill_master()
    try:
        found = [cache.get(key, "none") for key in keys]
        assert "none" in found
        assert cache.get_many(keys) in ({}, dict.fromkeys(keys, 1)) or kind.name == "cluster"
        assert FAILURES.labels("values")._value.get() > failed
        if kind.name == "single":
            # One call found out, and the others were not kept waiting.
            assert FAILURES.labels("values")._value.get() == failed + 1
    finally:
        if kind.name == "single":
            kind.start_again()

    def writable() -> bool:
        cache.set_many(dict.fromkeys(keys, 2))
        return bool(cache.get_many(keys) == dict.fromkeys(keys, 2))

    try:
        eventually(writable)
    finally:
        if kind.name != "single":
            kind.start_again()
