"""What one request may use, what it has used, and how that is told."""

import math
from collections.abc import Sequence

from prometheus_client import Counter

from kernel.errors import LimitExceededError, RateLimitedError
from kernel.ratelimits.gcra import Bucket, Store, Verdict

REFUSED = Counter(
    "septet_rate_limited_requests_total", "Requests refused by a rate limit.", ["policy"]
)


class Meter:
    """The buckets that one request is taken out of; without any it lets all pass."""

    __slots__ = ("_buckets", "_found", "_store")

    def __init__(self, store: Store, buckets: Sequence[Bucket]) -> None:
        self._store = store
        self._buckets = buckets
        self._found: Verdict | None = None

    def look(self) -> None:
        """Raise RateLimitedError for a caller who is known to have no unit left; asks nobody."""
        if self._buckets:
            found = self._store.look(self._buckets)
            if found.wait:
                self._refuse(found, 1)

    def charge(self, cost: int) -> None:
        """Take what the request costs, at least 1, before it does anything; once a request.

        Raises RateLimitedError, or LimitExceededError for more than the bucket ever holds.
        """
        if self._found is not None or not self._buckets:
            return
        cost = max(1, cost)
        most = min(bucket.policy.burst for bucket in self._buckets)
        if cost > most:
            raise LimitExceededError(
                f"this caller may use {most} units of cost at once, the operation is estimated"
                f" at {cost}"
            )
        found = self._store.take(self._buckets, cost)
        if found.wait:
            self._refuse(found, cost)
        self._found = found

    def settle(self) -> None:
        """Take one unit for a request that was refused before its cost was known."""
        if self._found is None and self._buckets:
            self._found = self._store.take(self._buckets, 1)

    def headers(self) -> dict[str, str]:
        """Return `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11)."""
        if self._found is None:
            return {}
        limits = zip(self._buckets, self._found.debts, strict=True)
        return {
            "RateLimit-Policy": ", ".join([policy.told for policy, _ in self._buckets]),
            "RateLimit": ", ".join([policy.limit(debt) for (policy, _), debt in limits]),
        }

    def _refuse(self, found: Verdict, cost: int) -> None:
        self._found = found
        waits = [
            (bucket.policy.wait(debt, cost), bucket.policy)
            for bucket, debt in zip(self._buckets, found.debts, strict=True)
        ]
        _, policy = max(waits, key=lambda one: one[0])
        REFUSED.labels(policy.name).inc()
        seconds = math.ceil(found.wait)
        raise RateLimitedError(
            f"the rate limit by {policy.name} is used up: {policy.per_minute} units of cost a"
            f" minute, {policy.burst} at once; try again in {seconds} s",
            retry_after_seconds=seconds,
        )
