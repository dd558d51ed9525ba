"""Counts of the last seconds, in buckets of one second."""

from collections import deque
from collections.abc import Callable


class Window:
    """So many kinds of counts over so many seconds. Its owner holds a lock around each use."""

    def __init__(self, seconds: int, kinds: int, *, now: Callable[[], float]) -> None:
        self._seconds = seconds
        self._kinds = kinds
        self._now = now
        self._buckets: deque[tuple[int, list[int]]] = deque()

    def current(self) -> list[int]:
        """Return the counts of this second, to be added to."""
        second = int(self._now())
        if not self._buckets or self._buckets[-1][0] != second:
            self._buckets.append((second, [0] * self._kinds))
            while self._buckets[0][0] <= second - self._seconds:
                self._buckets.popleft()
        return self._buckets[-1][1]

    def total(self, kind: int) -> int:
        """Return the sum of one kind."""
        return sum(counts[kind] for _, counts in self._buckets)

    def totals(self) -> list[int]:
        """Return the sums of all kinds, of nothing that is older than these seconds by now."""
        oldest = int(self._now()) - self._seconds
        recent = [counts for second, counts in self._buckets if second > oldest]
        return [sum(counts[kind] for counts in recent) for kind in range(self._kinds)]

    def clear(self) -> None:
        """Forget all of it."""
        self._buckets.clear()
