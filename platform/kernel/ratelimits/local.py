"""Buckets in the memory of this process."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from kernel.ratelimits.gcra import Bucket, Verdict

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
            debts = self._debts(buckets, now)
            wait = _longest_wait(buckets, debts, cost)
            if not wait:
                debts = [
                    debt + cost * policy.interval
                    for (policy, _), debt in zip(buckets, debts, strict=True)
                ]
                self._keep(buckets, debts, now)
            return Verdict(wait, debts)

    def look(self, buckets: Sequence[Bucket]) -> Verdict:
        debts = self._debts(buckets, self._now())
        return Verdict(_longest_wait(buckets, debts, 1), debts)

    def learn(self, buckets: Sequence[Bucket], debts: Sequence[float]) -> None:
        """Take over what somebody else has counted, where it is more than is known here."""
        with self._lock:
            now = self._now()
            known = self._debts(buckets, now)
            self._keep(buckets, list(map(max, known, debts)), now)

    def _debts(self, buckets: Sequence[Bucket], now: float) -> list[float]:
        full_at = self._full_at
        return [max(0.0, full_at.get(key, now) - now) for _, key in buckets]

    def _keep(self, buckets: Sequence[Bucket], debts: Sequence[float], now: float) -> None:
        for (_, key), debt in zip(buckets, debts, strict=True):
            self._full_at[key] = now + debt
            self._full_at.move_to_end(key)
        while len(self._full_at) > self._most:
            self._full_at.popitem(last=False)


def _longest_wait(buckets: Sequence[Bucket], debts: Sequence[float], cost: int) -> float:
    return max([policy.wait(debt, cost) for (policy, _), debt in zip(buckets, debts, strict=True)])
