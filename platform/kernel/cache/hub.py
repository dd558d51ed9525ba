"""What the caches of all processes tell each other, and whether this one hears of it."""

import logging
import os
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Event, Lock, Thread
from typing import Protocol

from django.conf import settings
from django.db import DatabaseError, connection
from redis.exceptions import RedisError

from kernel.cache.notices import OverPostgres
from kernel.cache.places import Place
from kernel.cache.shared import Shared
from kernel.cache.tracking import OverRedis
from kernel.redis.breaker import Breaker

logger = logging.getLogger(__name__)

#: How old a value may be that another process has changed, where nobody tells us.
UNTOLD_SECONDS = 1.0
#: When what was told to Redis is told once more: for those who loaded from a database that lagged.
SECOND_STRIKE_SECONDS = 0.5
#: How long the way to the others is left alone after it failed: longer each time, up to the last.
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
MOST_STRIKES = 10_000

Heard = Callable[[Place | None], None]


class Carrier(Protocol):
    """One way to the other processes."""

    #: Whether what was told is told once more a little later.
    twice: bool

    def tell(self, place: Place) -> None:
        """Tell those who listen that it has changed; may raise."""
        ...

    def listen(self, heard: Heard, ready: Callable[[], None], stopping: Event) -> None:
        """Pass on what is told until it is to stop; raises when the way is cut."""
        ...


def carrier() -> Carrier | None:
    """Return the way in this installation; None with SQLite alone."""
    if settings.REDIS_URL:
        return OverRedis(settings.REDIS_URL)
    return OverPostgres() if connection.vendor == "postgresql" else None


class Hub:
    """All caches of this process, and its way to those of others."""

    def __init__(self, make: Callable[[], Carrier | None] = carrier) -> None:
        self._make = make
        self._made = False
        self._carrier: Carrier | None = None
        self._hearers: list[Heard] = []
        self._lock = Lock()
        self._breaker = Breaker("cache")
        self._strikes = _Strikes(self._tell)
        #: Whether others could not be told of something; what is in Redis may be old.
        self._untold = False
        self._lost = Event()
        #: Whether this process hears of what others change.
        self.live = False
        os.register_at_fork(after_in_child=self._forked)

    def on_change(self, hear: Heard) -> None:
        """Call this for each place that anybody has changed, and with None for all of them."""
        self._hearers.append(hear)

    @property
    def shared(self) -> Shared | None:
        """What Redis keeps; None while it is not to be relied on."""
        if self.live and not self._untold and isinstance(self._carrier, OverRedis):
            return self._carrier.shared()
        return None

    def forget(self, place: Place) -> None:
        """Forget it in all processes; here last, so what was read meanwhile goes too."""
        way = self._way()
        if way is not None and self._tell(place) and way.twice:
            self._strikes.later(place)
        self._heard(place)

    def failed(self, error: Exception) -> None:
        """Do without Redis until this process hears of changes again."""
        if self.live:
            logger.warning("the cache does without Redis for now: %s", type(error).__name__)
        self.live = False
        self._lost.set()

    @contextmanager
    def following(self) -> Iterator[None]:
        """Hear of what others change during a block, on a thread of its own."""
        if self._way() is None:
            yield
            return
        stopping = Event()
        thread = Thread(target=self._follow, args=(stopping,), name="cache", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            self._lost.set()
            self.live = False
            thread.join(UNTOLD_SECONDS)

    def _tell(self, place: Place) -> bool:
        way = self._way()
        try:
            with self._breaker.asking():
                way.tell(place)  # type: ignore[union-attr]  # who calls it has looked
        except (RedisError, OSError, DatabaseError) as error:
            # Whoever is cut off from it too forgets everything by that; what is in Redis itself is
            # left behind when this process is connected again.
            self._untold = True
            self.failed(error)
            return False
        return True

    def _heard(self, place: Place | None) -> None:
        if isinstance(self._carrier, OverRedis):
            self._carrier.heard(place)
        for hear in self._hearers:
            hear(place)

    def _follow(self, stopping: Event) -> None:
        failed = 0

        def ready() -> None:
            nonlocal failed
            failed = 0
            self._begin()

        while not stopping.is_set():
            self._lost.clear()
            try:
                self._carrier.listen(self._heard, ready, _Either(stopping, self._lost))  # type: ignore[union-attr]
            except Exception as error:  # noqa: BLE001  whatever it is, it may be over in a moment
                if self.live or not failed:
                    logger.warning("the cache does not hear of changes: %s", type(error).__name__)
                failed += 1
            self.live = False
            self._heard(None)
            pause = PAUSES[min(failed, len(PAUSES) - 1)]
            # Spread: all processes lost the same server at the same moment.
            stopping.wait(pause * random.uniform(0.5, 1))  # noqa: S311 # nosec B311

    def _begin(self) -> None:
        """Rely on what is heard from now on, and on nothing from before."""
        if self._untold and self._carrier is not None:
            # What could not be told is not known any more: everything may have changed.
            self._untold = False
            try:
                self._carrier.tell(Place())
            except BaseException:
                self._untold = True
                raise
        self._heard(None)
        self.live = not self._lost.is_set()

    def _way(self) -> Carrier | None:
        if not self._made:
            with self._lock:
                if not self._made:
                    self._carrier = self._make()
                    self._made = True
        return self._carrier

    def _forked(self) -> None:
        # Threads and connections stay behind.
        self._lock = Lock()
        self._made, self._carrier, self.live = False, None, False
        self._strikes = _Strikes(self._tell)


class _Either(Event):
    """Set when one of the two is."""

    def __init__(self, *events: Event) -> None:
        super().__init__()
        self._events = events

    def is_set(self) -> bool:
        return any(event.is_set() for event in self._events)


class _Strikes:
    """What is told once more, on a thread that ends when there is nothing left."""

    def __init__(self, tell: Callable[[Place], object]) -> None:
        self._tell = tell
        self._changed = Condition()
        self._waiting: deque[tuple[float, Place]] = deque(maxlen=MOST_STRIKES)
        self._running = False

    def later(self, place: Place) -> None:
        """Tell it again after a while."""
        with self._changed:
            self._waiting.append((time.monotonic() + SECOND_STRIKE_SECONDS, place))
            if not self._running:
                self._running = True
                Thread(target=self._run, name="cache-strikes", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._running = False
                    return
                due, place = self._waiting.popleft()
            time.sleep(max(due - time.monotonic(), 0))
            self._tell(place)


hub = Hub()
