"""Values in the memory of this process, within a bound of entries and of bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from heapq import nlargest
from threading import Lock
from typing import Any


class Entry:
    """A value, and until when it is one."""

    __slots__ = ("fresh_until", "hits", "passed_at", "size_bytes", "until", "value")

    def __init__(self, value: Any, fresh_until: float, until: float, size_bytes: int) -> None:
        self.value = value
        self.fresh_until = fresh_until
        #: Until when it may be given while somebody loads a newer one.
        self.until = until
        self.size_bytes = size_bytes
        #: How often it was asked for, with those that it has replaced.
        self.hits = 0
        #: How often it had been when it was passed over last.
        self.passed_at = 0


class Memory:
    """Entries by key, read without a lock.

    When there are too many the oldest goes, unless somebody asked for it since it was last passed
    over: a reader only counts, where keeping the order of use would cost it a lock.
    """

    def __init__(self, *, entries: int, size_bytes: int) -> None:
        self.most_entries = entries
        self.most_bytes = size_bytes
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._lock = Lock()
        self.get = self._entries.get
        self.size_bytes = 0
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, key: Hashable, entry: Entry) -> None:
        """Keep it, unless it alone is more than may be."""
        with self._lock:
            former = self._take_out(key)
            if former is not None:
                entry.hits = entry.passed_at = former.hits
            if entry.size_bytes > self.most_bytes:
                return
            self._entries[key] = entry
            self.size_bytes += entry.size_bytes
            while len(self._entries) > self.most_entries or self.size_bytes > self.most_bytes:
                self._evict()

    def drop(self, key: Hashable) -> None:
        """Forget one."""
        with self._lock:
            self._take_out(key)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()
            self.size_bytes = 0

    def keys(self) -> list[Hashable]:
        """Return what there is now."""
        with self._lock:
            return list(self._entries)

    def most_asked(self, count: int) -> list[tuple[Any, Entry]]:
        """Return the entries that were asked for most."""
        with self._lock:
            held = list(self._entries.items())
        return nlargest(count, held, key=lambda one: one[1].hits)

    def _take_out(self, key: Hashable) -> Entry | None:
        found = self._entries.pop(key, None)
        if found is not None:
            self.size_bytes -= found.size_bytes
        return found

    def _evict(self) -> None:
        while True:
            key, entry = next(iter(self._entries.items()))
            if entry.hits == entry.passed_at:
                break
            entry.passed_at = entry.hits
            self._entries.move_to_end(key)
        self._take_out(key)
        self.evicted += 1
