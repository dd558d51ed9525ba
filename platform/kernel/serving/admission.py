"""How many requests are taken on at the same time: as many as begin in time, and no more.

Who waits for longer than they are waited for costs as much as who is answered, so under overload a
queue without a bound answers nobody. How long requests wait for a thread tells overload from slow
requests, which latency does not (Zhou et al., Overload Control for Scaling WeChat Microservices,
2018). The limit goes down by a tenth while even the luckiest waits too long (as CoDel tells a
standing queue from a burst, RFC 8289), and up again step by step.
"""

import time
from collections.abc import Callable

from prometheus_client import Counter, Gauge

from kernel.hops import USUAL

#: The wait that is no overload yet: on a burst some wait longer, while it lasts everybody does.
TARGET_SECONDS = 0.2
WINDOW_SECONDS = 0.5
_LEAST_SAMPLES = 8
_DOWN, _UP = 0.9, 0.05
#: Shares of the limit up to which requests are taken that are less urgent than usual.
_SHARES = {4: 0.75, 5: 0.75, 6: 0.5, 7: 0.5}

SHED = Counter(
    "septet_requests_shed_total",
    "Requests that were refused at once: `busy`, there is too much to do; `late`, whoever asked"
    " waits no longer.",
    ["reason"],
)
LIMIT = Gauge(
    "septet_requests_limit",
    "How many requests are taken on at the same time, those that wait for a thread included.",
    multiprocess_mode="livesum",
)


class Admission:
    """Takes requests on, or does not; used on the event loop alone."""

    def __init__(self, *, least: int, most: int, now: Callable[[], float] = time.monotonic) -> None:
        self._least = least
        self._most = most
        self._now = now
        self.limit = float(most)
        self.running = 0
        self._peak = 0
        self._window_ends = now() + WINDOW_SECONDS
        self._waits = 0
        self._least_wait = 0.0
        LIMIT.set(most)

    def has_room(self, urgency: int = USUAL) -> bool:
        """Say whether a request would be taken on now."""
        return self.running < self.limit * _SHARES.get(urgency, 1.0)

    def take(self, urgency: int = USUAL) -> bool:
        """Take a request on, unless there are too many for how urgent it is."""
        if not self.has_room(urgency):
            return False
        self.running += 1
        self._peak = max(self._peak, self.running)
        return True

    def ended(self, waited: float | None) -> None:
        """Note that a request is done, which had to wait so many seconds before it began.

        What never began tells nothing of that, least of all that there is no wait: None.
        """
        self.running -= 1
        if waited is not None:
            self._least_wait = min(self._least_wait, waited) if self._waits else waited
            self._waits += 1
        if self._now() >= self._window_ends:
            self._adapt()

    def _adapt(self) -> None:
        if self._waits >= _LEAST_SAMPLES:
            if self._least_wait > TARGET_SECONDS:
                self.limit = max(self._least, self.limit * _DOWN)
            elif self._peak >= 0.75 * self.limit:
                self.limit = min(self._most, self.limit + max(1.0, self.limit * _UP))
        if self._least_wait <= TARGET_SECONDS and self._peak < 0.5 * self.limit:
            # Nobody comes near it: a burst tomorrow is not to pay for today's overload.
            self.limit = min(self._most, self.limit + max(1.0, self.limit * _UP))
        LIMIT.set(self.limit)
        self._waits, self._least_wait, self._peak = 0, 0.0, self.running
        self._window_ends = self._now() + WINDOW_SECONDS
