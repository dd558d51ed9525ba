"""Buckets in the memory of this process."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from kernel.ratelimits.gcra import Bucket, Verdict, verdict

#: Some 150 bytes each.
MOST_BUCKETS = 50_000


class LocalStore:
    """Each process counts for itself. A bucket that nobody used for longest is the first to go.

    A forgotten bucket is a full one, which is what most of them are by then.
    """

    def __init__(
        self, *, most: int = MOST_BUCKETS, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._now = now
        self._lock = Lock()
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, buckets: Sequence[Bucket], cost: int) -> Verdict:
        with self._lock:
            now = self._now()
            found = verdict(buckets, self._debts(buckets, now), cost)
            if found.wait == 0:
                self._keep(buckets, found.debts, now)
            return found

    def look(self, buckets: Sequence[Bucket]) -> Verdict:
        return verdict(buckets, self._debts(buckets, self._now()), 1)

    def learn(self, buckets: Sequence[Bucket], debts: Sequence[float]) -> None:
        """Take over what somebody else has counted, where it is more than is known here."""
        with self._lock:
            now = self._now()
            known = self._debts(buckets, now)
            self._keep(buckets, list(map(max, known, debts)), now)

    def clear(self) -> None:
        """Forget all, so that every bucket is full."""
        with self._lock:
            self._full_at.clear()

    def _debts(self, buckets: Sequence[Bucket], now: float) -> list[float]:
        return [max(0.0, self._full_at.get(bucket.key, now) - now) for bucket in buckets]

    def _keep(self, buckets: Sequence[Bucket], debts: Sequence[float], now: float) -> None:
        for bucket, debt in zip(buckets, debts, strict=True):
            self._full_at[bucket.key] = now + debt
            self._full_at.move_to_end(bucket.key)
        while len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
