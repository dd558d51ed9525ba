"""A bounded memory of values that are good until a moment."""

import time
from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Remembered(Generic[V]):
    """Values by key, each until its own moment; when there are too many the oldest leaves."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._held: OrderedDict[bytes, tuple[float, V]] = OrderedDict()

    def get(self, key: bytes) -> V | None:
        """Return what is kept, unless its moment is over."""
        held = self._held.get(key)
        return held[1] if held is not None and time.time() < held[0] else None

    def put(self, key: bytes, value: V, *, until: float) -> None:
        """Keep a value until a moment, in seconds since 1970."""
        with self._lock:
            self._put(key, value, until)

    def add(self, key: bytes, value: V, *, until: float) -> bool:
        """Keep a value unless there is one; say whether this was the first."""
        with self._lock:
            if self.get(key) is not None:
                return False
            self._put(key, value, until)
            return True

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()

    def _put(self, key: bytes, value: V, until: float) -> None:
        self._held[key] = until, value
        self._held.move_to_end(key)
        if len(self._held) > self._most:
            self._held.popitem(last=False)
