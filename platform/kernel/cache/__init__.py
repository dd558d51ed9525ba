"""Values that may be a little old, each in a class that says how old.

What is promised, over any backend of Django's:

- A value is never older than its class allows, and is gone once the transaction that changed it
  has committed: a load that began before cannot bring it back in this process.
- Of many threads that miss a value at once, one loads it and the others wait for it.
- What a backend loses is loaded again and can never come back old.

A key of something that belongs to a tenant begins with the tenant's id. What a transaction has
changed is not loaded in it: were it rolled back, the cache would keep what never was.
"""

import hashlib
import random
import re
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from enum import Enum
from threading import Lock
from typing import Any, TypeVar

from django.core.cache import caches
from django.db import transaction
from django.utils.connection import ConnectionProxy

from kernel.ids import new_id

T = TypeVar("T")

#: A cache of its own, apart from the one in which libraries count (settings.CACHES).
backend = ConnectionProxy(caches, "values")

_MISSING = object()
_PLAIN = re.compile(r"[\w.:-]{1,100}", re.ASCII)
#: The loads under way in this process. One that is taken out still answers those who wait for it,
#: but what it finds is not kept.
_loads: dict[str, Future[Any]] = {}
_lock = Lock()


class TTL(Enum):
    """How old a cached value may be."""

    SHORT = timedelta(seconds=5)
    MEDIUM = timedelta(minutes=1)
    LONG = timedelta(hours=1)


class Cache:
    """A namespace `<app>:<what>` of cached values, emptied as a whole by a new generation."""

    def __init__(self, namespace: str, ttl: TTL) -> None:
        self._namespace = namespace
        self._ttl = ttl

    def get_or_load(self, key: str, load: Callable[[], T]) -> T:
        """Return the cached value, or load it; of many who miss it, one a process loads.

        None is a value like any other: what is not there is remembered too. An error is not; it
        rises to all who waited.
        """
        name = self._name(key)
        found: Any = backend.get(name, _MISSING)
        if found is not _MISSING:
            return found  # type: ignore[no-any-return]  # what `load` returned before
        with _lock:
            under_way = _loads.get(name)
            mine: Future[T] = under_way or _loads.setdefault(name, Future())
        if under_way is None:
            self._load(name, mine, load)
        return mine.result()

    def forget(self, key: str) -> None:
        """Drop one value, once the transaction that changed it is committed."""
        transaction.on_commit(lambda: self._drop(self._name(key)))

    def forget_all(self) -> None:
        """Drop every value of this namespace, once the transaction is committed."""
        transaction.on_commit(lambda: backend.set(self._generation_name, new_id().hex, None))

    def _load(self, name: str, mine: Future[T], load: Callable[[], T]) -> None:
        try:
            # Whoever loaded it may have ended between our look and our turn.
            found: Any = backend.get(name, _MISSING)
            value = load() if found is _MISSING else found
            with _lock:
                if _loads.get(name) is mine:
                    backend.set(name, value, self._seconds())
            mine.set_result(value)
        except BaseException as error:  # noqa: BLE001  whatever it is, those who wait must know
            mine.set_exception(error)
        finally:
            with _lock:
                if _loads.get(name) is mine:
                    del _loads[name]

    @staticmethod
    def _drop(name: str) -> None:
        with _lock:
            _loads.pop(name, None)
            backend.delete(name)

    def _name(self, key: str) -> str:
        plain = key if _PLAIN.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()
        # Random, not counted: one that the backend has lost must not come round again.
        generation = backend.get_or_set(self._generation_name, lambda: new_id().hex, None)
        return f"septet:{self._namespace}:{generation}:{plain}"

    @property
    def _generation_name(self) -> str:
        return f"septet:{self._namespace}:generation"

    def _seconds(self) -> float:
        # Spread, so that what was loaded together does not expire together.
        return self._ttl.value.total_seconds() * random.uniform(0.9, 1)  # noqa: S311 # nosec B311
