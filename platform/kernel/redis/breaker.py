"""Leaving a server alone that does not answer, so that its outage costs a request nothing."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

#: How long Redis is left alone after it failed; then one call tries it.
PAUSE_SECONDS = 1.0

AWAY = Gauge(
    "septet_redis_away",
    "Whether Redis does not answer, by what it is used for.",
    ["purpose"],
    multiprocess_mode="livemax",
)
FAILURES = Counter(
    "septet_redis_failures_total", "Calls that Redis did not answer, by purpose.", ["purpose"]
)


class AwayError(RedisError):
    """Redis did not answer a moment ago, so it was not asked."""


class Breaker:
    """What one purpose of Redis knows of whether it answers."""

    def __init__(self, purpose: str, *, now: Callable[[], float] = time.monotonic) -> None:
        self._purpose = purpose
        self._now = now
        self._left_alone_until = 0.0
        self.away = False
        AWAY.labels(purpose).set(0)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask within this block; raises AwayError before it while Redis is left alone.

        After the pause one call tries, and the others go on without until it has succeeded.
        """
        if self.away:
            if self._now() < self._left_alone_until:
                raise AwayError(f"Redis for {self._purpose} did not answer a moment ago")
            self._left_alone_until = self._now() + PAUSE_SECONDS
        try:
            yield
        except (RedisError, OSError) as error:
            self._failed(error)
            raise
        if self.away:
            self.away = False
            AWAY.labels(self._purpose).set(0)
            logger.warning("Redis answers again, for %s", self._purpose)

    def _failed(self, error: Exception) -> None:
        FAILURES.labels(self._purpose).inc()
        self._left_alone_until = self._now() + PAUSE_SECONDS
        if not self.away:
            self.away = True
            AWAY.labels(self._purpose).set(1)
            logger.warning("Redis does not answer, for %s: %s", self._purpose, type(error).__name__)
