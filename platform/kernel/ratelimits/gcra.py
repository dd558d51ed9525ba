"""The generic cell rate algorithm (ITU-T I.371): one moment for each bucket tells how full it is.

A bucket holds `burst` units and gets back `per_minute` of them a minute, one by one. What is stored
is the moment at which it will be full again; how far that lies ahead is called its debt here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

#: In seconds, and in units: what is exactly full is not to be over by a rounding error.
_HAIR = 1e-6


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
    #: As an item of `RateLimit-Policy`.
    told: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "interval", 60 / self.per_minute)
        object.__setattr__(self, "window", self.burst * 60 / self.per_minute)
        # The registry of units (`qu`) has none for what we count; a vendor's own says it.
        seconds = math.ceil(self.window)
        told = f'"{self.name}";q={self.burst};w={seconds};septet-unit="cost"'
        object.__setattr__(self, "told", told)

    def left(self, debt: float) -> int:
        """Return how many units a bucket with this debt still holds."""
        return max(0, math.floor((self.window - debt) / self.interval + _HAIR))

    def wait(self, debt: float, cost: int) -> float:
        """Return in how many seconds the bucket will hold so many units; 0 when it does now."""
        seconds = debt + cost * self.interval - self.window
        return seconds if seconds > _HAIR else 0.0

    def limit(self, debt: float) -> str:
        """Return how much is left, as an item of `RateLimit`."""
        left = self.left(debt)
        # In `t` no more than `r` can be had: until there is one unit more.
        return f'"{self.name}";r={left};t={math.ceil(self.wait(debt, left + 1))}'


class Bucket(NamedTuple):
    """What one caller may use by one policy; `key` names the two."""

    policy: Policy
    key: str


class Verdict(NamedTuple):
    """Whether something may be done now: its wait is 0, and the debts are those afterwards."""

    wait: float
    debts: Sequence[float]


class Store(Protocol):
    """Where the buckets are kept."""

    def take(self, buckets: Sequence[Bucket], cost: int) -> Verdict:
        """Take so many units out of all these buckets; out of none if one of them has too few."""
        ...

    def look(self, buckets: Sequence[Bucket]) -> Verdict:
        """Judge whether one unit could be had, as far as it is known without asking anybody.

        It may say yes where `take` says no, never the other way round.
        """
        ...
