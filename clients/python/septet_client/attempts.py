"""When a request is tried again, and after how long."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

#: Statuses after which the same request may well be answered.
AGAIN = frozenset({408, 425, 429, 502, 503, 504})
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Policy:
    """How long one call may take, attempts and pauses included, and how often it is tried."""

    seconds: float = 30.0
    attempts: int = 4


@dataclass(slots=True)
class Attempts:
    """The attempts of one call: exponential pauses with full jitter, within its time.

    What must not be done twice is sent once only: `safe` says whether it may be sent again.
    """

    policy: Policy
    safe: bool
    clock: Callable[[], float] = time.monotonic
    made: int = 0
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def left(self) -> float:
        """Return how many seconds the call may still take; never less than one millisecond."""
        return max(0.001, self.policy.seconds - (self.clock() - self.began))

    def pause_after(self, outcome: httpx.Response | httpx.HTTPError) -> float | None:
        """Return how many seconds to wait before the next attempt; None when there is none."""
        self.made += 1
        if not self._may_follow(outcome) or self.made >= self.policy.attempts:
            return None
        asked = _retry_after(outcome) if isinstance(outcome, httpx.Response) else 0.0
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (self.made - 1))
        pause = max(asked, random.uniform(0, longest))  # noqa: S311  # nosec B311  # no secret
        return pause if pause < self.left() else None

    def _may_follow(self, outcome: httpx.Response | httpx.HTTPError) -> bool:
        if isinstance(outcome, httpx.Response):
            # It was turned away before anything was done, or says so.
            return outcome.status_code == 429 or (self.safe and outcome.status_code in AGAIN)
        if isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
            return True
        return self.safe and isinstance(outcome, httpx.TransportError)


def _retry_after(response: httpx.Response) -> float:
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdigit() else 0.0
