"""What is worth remembering, within a bound of entries and of bytes."""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Memory(Generic[V]):
    """Values by key; the one that was not asked for longest goes first. Safe between threads."""

    def __init__(self, *, entries: int, size_bytes: int) -> None:
        self._most_entries = entries
        self._most_bytes = size_bytes
        self._values: OrderedDict[str, tuple[V, int]] = OrderedDict()
        self._lock = Lock()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str) -> V | None:
        """Return what is remembered under this key."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: str, value: V, size_bytes: int) -> None:
        """Remember a value of about this size, unless it alone is more than may be."""
        if size_bytes > self._most_bytes:
            return
        with self._lock:
            replaced = self._values.pop(key, None)
            self.size_bytes += size_bytes - (replaced[1] if replaced else 0)
            self._values[key] = (value, size_bytes)
            while len(self._values) > self._most_entries or self.size_bytes > self._most_bytes:
                _, (_, freed) = self._values.popitem(last=False)
                self.size_bytes -= freed
