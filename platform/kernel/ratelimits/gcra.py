"""The generic cell rate algorithm (ITU-T I.371): one moment for each bucket tells how full it is.

A bucket holds `burst` units and gets back `per_minute` of them a minute, one by one. What is stored
is the moment at which it will be full again; how far that lies ahead is called its debt here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Policy:
    """How many units a caller may use, at once and in the long run."""

    name: str
    per_minute: int
    burst: int
    #: Seconds until one unit is back.
    interval: float = field(init=False)
    #: Seconds until an empty bucket is full: the most debt there may be.
    window: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "interval", 60 / self.per_minute)
        object.__setattr__(self, "window", self.burst * 60 / self.per_minute)

    def left(self, debt: float) -> int:
        """Return how many units a bucket with this debt still holds."""
        return max(0, math.floor(round((self.window - debt) / self.interval, 3)))

    def wait(self, debt: float, cost: int) -> float:
        """Return in how many seconds the bucket will hold so many units; 0 or less is now."""
        # To the microsecond: what is exactly full is not to be over by a rounding error.
        return round(debt + cost * self.interval - self.window, 6)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one caller may use by one policy; `key` names the two."""

    policy: Policy
    key: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something may be done now: its wait is 0, and the debts are those afterwards."""

    wait: float
    debts: tuple[float, ...]


class Store(Protocol):
    """Where the buckets are kept."""

    def take(self, buckets: Sequence[Bucket], cost: int) -> Verdict:
        """Take so many units out of all these buckets; out of none if one of them has too few."""
        ...

    def look(self, buckets: Sequence[Bucket]) -> Verdict:
        """Tell whether one unit could be had, as far as it is known without asking anybody.

        It may say yes where `take` says no, never the other way round.
        """
        ...


def verdict(buckets: Sequence[Bucket], debts: Sequence[float], cost: int) -> Verdict:
    """Judge by the debts of these buckets; the debts of the verdict are those after it."""
    wait = max(bucket.policy.wait(debt, cost) for bucket, debt in zip(buckets, debts, strict=True))
    if wait > 0:
        return Verdict(wait, tuple(debts))
    after = (
        debt + cost * bucket.policy.interval for bucket, debt in zip(buckets, debts, strict=True)
    )
    return Verdict(0.0, tuple(after))
