"""Namespaces of cached values, each with how old a value of it may be."""

import random
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import partial
from threading import Lock, local
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import orjson
from django.db import DatabaseError, connection, transaction
from redis.exceptions import OutOfMemoryError, RedisError

from kernel.cache import hub as hubs
from kernel.cache.hub import Hub, hub
from kernel.cache.memory import Entry, Memory
from kernel.cache.places import Place
from kernel.cache.shared import Found, Lease, Shared
from kernel.tenancy.context import current_tenant_id, in_tenant

T = TypeVar("T")
R = TypeVar("R")

#: How long a value stays in memory at most, however long Redis may keep it.
MOST_SECONDS_IN_MEMORY = 60.0
#: How long what is not there is remembered at most.
ABSENT_SECONDS = 5.0
#: How long somebody waits for another's load before loading it themselves.
WAIT_SECONDS = 5.0
#: What a value is taken to weigh that goes to no other process, as nobody has measured it.
USUAL_BYTES = 1_000


class TTL(Enum):
    """How old a cached value may be, whatever was lost on the way."""

    MOMENT = timedelta(seconds=1)
    SHORT = timedelta(seconds=5)
    MEDIUM = timedelta(minutes=1)
    LONG = timedelta(hours=1)


class Codec(Protocol[T]):
    """How a value travels: as what JSON can say, since from Redis no code may come."""

    def told(self, value: T) -> Any:
        """Return it as plain values."""
        ...

    def read(self, told: Any) -> T:
        """Return the value."""
        ...


class Plain:
    """The codec of what is plain already: texts, numbers, lists and dictionaries."""

    def told(self, value: Any) -> Any:
        return value

    def read(self, told: Any) -> Any:
        return told


@dataclass(slots=True)
class Counted:
    """What has happened in a namespace, in this process. A little may be lost between threads."""

    hits_in_memory: int = 0
    hits_in_redis: int = 0
    misses: int = 0
    waits: int = 0
    given_stale: int = 0
    forgotten: int = 0


class _Here(local):
    """What this thread has changed in a transaction, each with what is to be done at its commit."""

    changed: tuple[tuple[frozenset[Place], Callable[[], None]], ...] = ()


_here = _Here()

#: All namespaces by their names.
REGISTRY: dict[str, "Namespace[Any]"] = {}


class Namespace(Generic[T]):
    """Cached values `<app>:<what>`, of the current tenant unless it says otherwise."""

    def __init__(  # noqa: PLR0913  a declaration: each is a line of the reference
        self,
        name: str,
        *,
        holds: str,
        ttl: TTL,
        forgotten: str,
        of_tenant: bool = True,
        codec: Codec[T] | None = None,
        absent: bool = True,
        stale: timedelta = timedelta(0),
        entries: int = 10_000,
        size_bytes: int = 16_000_000,
        with_hub: Hub = hub,
    ) -> None:
        """Declare it; `holds` and `forgotten` are what the reference says of it.

        With a codec values are in Redis too. `absent` remembers None. What is `stale` may still be
        given while one loads a newer value, or cannot.
        """
        if name in REGISTRY:
            raise ValueError(f"the namespace {name} is declared twice")
        REGISTRY[name] = self
        self.name, self.holds, self.forgotten_by = name, holds, forgotten
        self.ttl, self.stale, self.of_tenant, self.codec = ttl, stale, of_tenant, codec
        self.ttl_seconds = ttl.value.total_seconds()
        self.remembers_absent = absent
        self.counted = Counted()
        self.memory = Memory(entries=entries, size_bytes=size_bytes)
        self._hub = with_hub
        self._loads: dict[Any, Future[T]] = {}
        self._lock = Lock()
        with_hub.on_change(self._changed)

    def get_or_load(self, key: str, load: Callable[[], T]) -> T:
        """Return the cached value, or load it; an error of `load` rises to all who waited,

        but for one of the database: they load it themselves. What is returned is everybody's: it
        is not to be changed.
        """
        place = (current_tenant_id(), key) if self.of_tenant else key
        entry = self.memory.get(place)
        if entry is not None and time.monotonic() < entry.fresh_until and not _here.changed:
            self.counted.hits_in_memory += 1
            entry.hits += 1
            return entry.value  # type: ignore[no-any-return]  # what `load` returned before
        return self._missed(place, entry, load)

    def forget(self, *keys: str) -> None:
        """Forget values in all processes, once the transaction that changed them is committed."""
        tenant_id = current_tenant_id() if self.of_tenant else None
        self._forget([Place(self.name, tenant_id, key) for key in keys])

    def forget_tenant(self) -> None:
        """Forget every value of the current tenant, once the transaction is committed."""
        self._forget([Place(self.name, current_tenant_id())])

    def forget_all(self) -> None:
        """Forget every value, once the transaction is committed."""
        self._forget([Place(self.name)])

    def _forget(self, places: list[Place]) -> None:
        def forget() -> None:
            _here.changed = tuple(one for one in _here.changed if one[1] is not forget)
            for place in places:
                self._hub.forget(place)

        if connection.in_atomic_block:
            _here.changed = (*_here.changed, (frozenset(places), forget))
        transaction.on_commit(forget, robust=True)

    def _missed(self, place: Any, entry: Entry | None, load: Callable[[], T]) -> T:
        told = Place(self.name, *place) if self.of_tenant else Place(self.name, None, place)
        if _changed_here(told) or _may_read_what_was():
            self.counted.misses += 1
            return load()
        now = time.monotonic()
        if entry is not None and now < entry.fresh_until:
            self.counted.hits_in_memory += 1
            return entry.value  # type: ignore[no-any-return]  # as above
        with self._lock:
            under_way = self._loads.get(place)
            mine: Future[T] = under_way or self._loads.setdefault(place, Future())
        may_be_given = entry is not None and now < entry.until
        if under_way is None:
            return self._load(place, told, mine, load, entry if may_be_given else None)
        if may_be_given and entry is not None:
            self.counted.given_stale += 1
            return entry.value  # type: ignore[no-any-return]  # as above
        self.counted.waits += 1
        try:
            return mine.result(WAIT_SECONDS)
        except (NotYetError, DatabaseError):
            # A connection that broke, or a limit that was over, was another's.
            self.counted.misses += 1
            return load()

    def _load(
        self,
        place: Any,
        told: Place,
        mine: Future[T],
        load: Callable[[], T],
        stale: Entry | None,
    ) -> T:
        try:
            value = self._found(place, told, mine, load)
            mine.set_result(value)
        except Exception as error:
            if stale is None:
                mine.set_exception(error)
                raise
            self.counted.given_stale += 1
            mine.set_result(stale.value)
            return stale.value  # type: ignore[no-any-return]  # as above
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._lock:
                if self._loads.get(place) is mine:
                    del self._loads[place]
        return value

    def _found(self, place: Any, told: Place, mine: Future[T], load: Callable[[], T]) -> T:
        """Return the value from Redis, or load it and keep it where it is to be kept."""
        # Counted from before the question, so that its answer is never older than that.
        began = time.time()
        shared = self._asked(lambda: self._hub.shared, None) if self.codec else None
        found = self._asked(lambda: shared.read(told), Found()) if shared else Found()
        if found.value is not None and self.codec is not None:
            self.counted.hits_in_redis += 1
            value = self.codec.read(orjson.loads(found.value))
            self._keep(place, mine, value, found.loaded_at, len(found.value))
            return value
        self.counted.misses += 1
        try:
            value = load()
        except BaseException:
            if shared and (lease := found.lease):
                self._asked(lambda: shared.release(lease), None)
            raise
        size_bytes = USUAL_BYTES
        if shared and found.lease:
            size_bytes = self._asked(
                partial(self._store, shared, found.lease, value, began), USUAL_BYTES
            )
        self._keep(place, mine, value, began, size_bytes)
        return value

    def _store(self, shared: Shared, lease: Lease, value: T, began: float) -> int:
        """Put it into Redis under its lease, and return what it weighs."""
        text = orjson.dumps(self.codec.told(value) if self.codec else None)
        seconds = self._seconds(value)
        if seconds > 0:
            kept = seconds + self.stale.total_seconds()
            shared.fill(lease, text, loaded_at=began, seconds=kept)
        else:
            shared.release(lease)
        return len(text)

    def _asked(self, ask: Callable[[], R], otherwise: R) -> R:
        """Ask Redis; while it is away, or full, go on without."""
        try:
            return ask()
        except OutOfMemoryError:
            return otherwise
        except (RedisError, OSError) as error:
            self._hub.failed(error)
            return otherwise

    def _keep(
        self, place: Any, mine: Future[T], value: T, loaded_at: float, size_bytes: int
    ) -> None:
        live = self._hub.live
        most = MOST_SECONDS_IN_MEMORY if live else hubs.UNTOLD_SECONDS
        age = max(time.time() - loaded_at, 0)
        seconds = min(self._seconds(value) - age, most)
        stale = self.stale.total_seconds() if live else 0
        if seconds + stale <= 0:
            return
        now = time.monotonic()
        entry = Entry(value, now + seconds, now + seconds + stale, size_bytes)
        with self._lock:
            # Not if it was forgotten while it was loaded.
            if self._loads.get(place) is mine:
                self.memory.put(place, entry)

    def _seconds(self, value: T) -> float:
        seconds = self.ttl_seconds
        if value is None:
            seconds = min(seconds, ABSENT_SECONDS) if self.remembers_absent else 0
        # Spread, so that what was loaded together does not expire together.
        return seconds * random.uniform(0.9, 1)  # noqa: S311 # nosec B311

    def _changed(self, place: Place | None) -> None:
        """Forget in memory what somebody has changed, and keep no load that began before."""
        if place is not None and place.namespace not in ("", self.name):
            return
        self.counted.forgotten += place is not None
        with self._lock:
            if place is None or not place.namespace or (place.is_group and not place.tenant_id):
                self._loads.clear()
                self.memory.clear()
            elif place.is_group:
                held = {*self.memory.keys(), *self._loads}
                for one in held:
                    if one[0] == place.tenant_id:
                        self._drop(one)
            else:
                self._drop((place.tenant_id, place.key) if self.of_tenant else place.key)

    def _drop(self, place: Any) -> None:
        self._loads.pop(place, None)
        self.memory.drop(place)


def forget_of(namespace: Namespace[Any], tenant_id: UUID | None) -> None:
    """Forget a namespace's values, or those of a tenant where it tells tenants apart."""
    if tenant_id is None or not namespace.of_tenant:
        namespace.forget_all()
        return
    with in_tenant(tenant_id):
        namespace.forget_tenant()


def forget_everything() -> None:
    """Forget every value of every namespace, once the transaction is committed."""
    transaction.on_commit(lambda: hub.forget(Place()), robust=True)


def _changed_here(place: Place) -> bool:
    """Say whether this thread's transaction has changed it."""
    if not _here.changed:
        return False
    # What was rolled back is not to be done any more.
    waiting = {todo[1] for todo in connection.run_on_commit}
    _here.changed = tuple(one for one in _here.changed if one[1] in waiting)
    about = (place, *place.groups())
    return any(not places.isdisjoint(about) for places, _ in _here.changed)


def _may_read_what_was() -> bool:
    """Say whether this transaction may not see what others have committed since it began."""
    # One that a test wraps around everything is none of ours.
    return (
        connection.in_atomic_block
        and connection.vendor == "sqlite"
        and not all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)
    )
