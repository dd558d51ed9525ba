"""Spans and log records on their way to a collector: in batches, beside the work, never too many.

A collector that is away or slow costs these and nothing else: whoever has one puts it into a queue
or, when that is full, drops it.
"""

import atexit
import logging
import os
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from typing import Generic, TypeAlias, TypeVar

from prometheus_client import Counter

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: What waits of each kind: spans of some 1 kB, log records of 8 kB at most.
MOST_WAITING = 2048
#: How many are sent together.
TOGETHER = 512
#: How long one waits for others.
LINGER_SECONDS = 1.0
#: How long the end of a process waits for what is left.
LAST_SECONDS = 2.0

#: Sends some, and says whether they have arrived.
Send: TypeAlias = Callable[[Sequence[T]], bool]


class Spool(Generic[T]):
    """Takes things at once and sends them later. What sends them is made by its own thread.

    The thread has the name of what it sends; a counter says what became of each.
    """

    _changed: Condition
    _waiting: deque[T]
    _thread: Thread | None
    _stopping: bool

    def __init__(self, of: str, counter: Counter, make_send: Callable[[], Send[T]]) -> None:
        self._of = of
        self._counter = counter
        self._make_send = make_send
        self._begin()
        # A process that was forked has none of our threads, and a lock that nobody gives back.
        os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.stop)

    def take(self, one: T) -> None:
        """Send one some time, or drop it."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self._counter.labels("dropped").inc()
                return
            self._waiting.append(one)
            if self._thread is None:
                self._thread = Thread(target=self._run, name=self._of, daemon=True)
                self._thread.start()
            if len(self._waiting) == TOGETHER:
                self._changed.notify()

    def stop(self, seconds: float = LAST_SECONDS) -> None:
        """Send what is left, if that goes quickly."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _begin(self) -> None:
        self._changed = Condition()
        self._waiting = deque()
        self._thread = None
        self._stopping = False

    def _run(self) -> None:
        try:
            send = self._make_send()
        except Exception:
            # The queue fills up, and then everything is dropped.
            logger.exception("%s cannot be sent", self._of)
            return
        while batch := self._next():
            try:
                outcome = "sent" if send(batch) else "failed"
            except Exception:
                logger.exception("%s could not be sent", self._of)
                outcome = "failed"
            self._counter.labels(outcome).inc(len(batch))

    def _next(self) -> list[T]:
        """Wait for some, and a little for more; nothing once there are none and it is over."""
        with self._changed:
            while not self._waiting and not self._stopping:
                self._changed.wait(LINGER_SECONDS)
            self._changed.wait_for(
                lambda: self._stopping or len(self._waiting) >= TOGETHER, LINGER_SECONDS
            )
            return [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
