"""Values that may be a little old, each in a class that says how old."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from enum import Enum
from threading import Lock
from typing import Any, TypeVar

from django.core.cache import cache as backend
from django.db import transaction

T = TypeVar("T")

_MISSING = object()
_LOCKS = tuple(Lock() for _ in range(64))


class TTL(Enum):
    """How old a cached value may be."""

    SHORT = timedelta(seconds=5)
    MEDIUM = timedelta(minutes=1)
    LONG = timedelta(hours=1)


class Cache:
    """A namespace of cached values, emptied as a whole by raising its generation."""

    def __init__(self, namespace: str, ttl: TTL) -> None:
        self._namespace = namespace
        self._ttl = ttl

    def get_or_load(self, key: str, load: Callable[[], T]) -> T:
        """Return the cached value, or load it; of many who miss it, one a process loads.

        None is a value like any other: what is not there is remembered too.
        """
        name = self._name(key)
        found: Any = backend.get(name, _MISSING)
        if found is not _MISSING:
            return found  # type: ignore[no-any-return]  # what `load` returned before
        with _LOCKS[hash(name) % len(_LOCKS)]:
            found = backend.get(name, _MISSING)
            if found is not _MISSING:
                return found  # type: ignore[no-any-return]
            value = load()
            backend.set(name, value, self._seconds())
            return value

    def forget(self, key: str) -> None:
        """Drop one value, once the transaction that changed it is committed."""
        transaction.on_commit(lambda: backend.delete(self._name(key)))

    def forget_all(self) -> None:
        """Drop every value of this namespace, once the transaction is committed."""
        transaction.on_commit(self._next_generation)

    def _name(self, key: str) -> str:
        return f"septet:{self._namespace}:{backend.get(self._generation_name, 0)}:{key}"

    @property
    def _generation_name(self) -> str:
        return f"septet:{self._namespace}:generation"

    def _next_generation(self) -> None:
        backend.add(self._generation_name, 0, None)
        # Lost in between, it starts from 0 again: a new one is made at the next change.
        with suppress(ValueError):
            backend.incr(self._generation_name)

    def _seconds(self) -> float:
        # Spread, so that what was loaded together does not expire together.
        return self._ttl.value.total_seconds() * random.uniform(0.9, 1)  # noqa: S311
