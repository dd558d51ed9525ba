"""Values in Redis, which all processes share; master only, and right in a cluster as well.

A value stands under one key. Who misses it puts a lease there and loads; what is found is stored
only while that lease still stands. A change takes away the value or the lease, so a load that began
before it can never bring back what was.

Groups are forgotten by a new generation, which is part of the names of values. Generations are
random: one that Redis has lost must not come round again.

All keys of a script have the same braces in their names and so the same slot.
"""

import time
from threading import Lock
from typing import Any, NamedTuple, TypeAlias

from kernel.cache.places import Place
from kernel.ids import new_id
from kernel.redis.clients import Client

#: Keys that all processes hear of when they change (kernel.cache.tracking): that of a value that
#: was forgotten, written for nothing else, and the generation of a group.
SIGNAL, GENERATION = "septet:x:", "septet:g:"
#: How long somebody may load what others wait for.
LEASE_SECONDS = 5.0
#: How long others wait, before they load it for themselves.
WAIT_SECONDS = 2.0
_FIRST_LOOK_SECONDS, _LAST_LOOK_SECONDS = 0.002, 0.05

# The server may be full: to forget must work even then.
_FORGET = """#!lua flags=allow-oom
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], '')
redis.call('DEL', KEYS[2])
return 1
"""
_RENEW = """#!lua flags=allow-oom
redis.call('SET', KEYS[1], ARGV[1])
return 1
"""
_FILL = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
_LEASE, _VALUE = b"L", b"V"


#: The name of a value, and by what it is known who loads it.
Lease: TypeAlias = tuple[str, bytes]


class Found(NamedTuple):
    """What Redis says of a place: a value with its age, or a lease to load it, or neither."""

    value: bytes | None = None
    #: When it was loaded, by the clock.
    loaded_at: float = 0.0
    lease: Lease | None = None


class Shared:
    """The part of a cache that is in Redis; each method may raise RedisError."""

    def __init__(self, client: Client) -> None:
        self._redis: Any = client
        self._lock = Lock()
        self._generations: dict[Place, str] = {}
        self._changes = 0

    def read(self, place: Place) -> Found:
        """Return the value, or a lease for whoever is first; the others wait for the value."""
        name = self._name(place)
        lease = _LEASE + new_id().bytes
        wait, until = _FIRST_LOOK_SECONDS, time.monotonic() + WAIT_SECONDS
        while True:
            found: bytes | None = self._redis.get(name)
            if found is not None and found[:1] == _VALUE:
                loaded_at, _, value = found[1:].partition(b":")
                return Found(value, float(loaded_at))
            if found is None and self._redis.set(
                name, lease, nx=True, px=int(LEASE_SECONDS * 1_000)
            ):
                return Found(lease=(name, lease))
            if time.monotonic() >= until:
                return Found()
            time.sleep(wait)
            wait = min(wait * 1.5, _LAST_LOOK_SECONDS)

    def fill(self, lease: Lease, value: bytes, *, loaded_at: float, seconds: float) -> None:
        """Store what was loaded under a lease, unless it was forgotten meanwhile."""
        name, token = lease
        told = b"%s%.3f:%s" % (_VALUE, loaded_at, value)
        self._redis.eval(_FILL, 1, name, token, told, max(int(seconds * 1_000), 1))

    def release(self, lease: Lease) -> None:
        """Let another load it."""
        name, token = lease
        self._redis.eval(_FILL, 1, name, token, b"", 1)

    def forget(self, place: Place) -> None:
        """Take a value or a group away from all processes."""
        if place.is_group:
            self._redis.eval(_RENEW, 1, _generation(place), new_id().hex)
            self.heard(place)
            return
        # A generation of which we have not heard yet would be that of another value. One that comes
        # after this question has values only that were loaded after the change.
        name = _name(place, [self._ask(group) for group in place.groups()])
        self._redis.eval(_FORGET, 2, name, f"{SIGNAL}{{{place.told()}}}")

    def heard(self, place: Place | None) -> None:
        """Ask anew for the generation of a group that somebody renewed, or for all."""
        if place is not None and not place.is_group:
            return
        with self._lock:
            self._changes += 1
            if place is None:
                self._generations.clear()
            else:
                self._generations.pop(place, None)

    def begin_anew_after(self, servers: str) -> None:
        """Leave all values behind that are of other servers: a replica that became master, say."""
        name = "septet:cache:servers"
        known = self._redis.get(name)
        if known != servers.encode():
            self.forget(Place())
            self._redis.set(name, servers)

    def _name(self, place: Place) -> str:
        return _name(place, [self._generation(group) for group in place.groups()])

    def _generation(self, group: Place) -> str:
        found = self._generations.get(group)
        if found is None:
            changes = self._changes
            found = self._ask(group)
            with self._lock:
                # Not if somebody may have renewed it since.
                if self._changes == changes:
                    self._generations[group] = found
        return found

    def _ask(self, group: Place) -> str:
        name = _generation(group)
        found: bytes | None = self._redis.get(name)
        if found is None:
            made = new_id().hex
            if self._redis.set(name, made, nx=True):
                return made
            found = self._redis.get(name)
        return (found or b"").decode()


def _name(place: Place, generations: list[str]) -> str:
    return f"septet:v:{{{place.told()}}}:{'.'.join(generations)}"


def _generation(group: Place) -> str:
    return f"{GENERATION}{{{group.told()}}}"
