"""Spans on their way to a collector: in batches, beside the work, never more than so many.

A collector that is away or slow costs spans and nothing else: whoever ends one puts it into a queue
or, when that is full, drops it.
"""

import atexit
import logging
import os
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from typing import TypeAlias

from kernel.observability.metrics import SPANS
from kernel.observability.tracing import Span

logger = logging.getLogger(__name__)

#: Spans that wait, of some 1 kB each.
MOST_WAITING = 2048
#: Spans that are sent together.
TOGETHER = 512
#: How long a span waits for others.
LINGER_SECONDS = 1.0
#: How long the end of a process waits for what is left.
LAST_SECONDS = 2.0

#: Sends spans, and says whether they have arrived.
Send: TypeAlias = Callable[[Sequence[Span]], bool]


class Spool:
    """Takes spans at once and sends them later. What sends them is made by its own thread."""

    _changed: Condition
    _waiting: deque[Span]
    _thread: Thread | None
    _stopping: bool

    def __init__(self, make_send: Callable[[], Send]) -> None:
        self._make_send = make_send
        self._begin()
        # A process that was forked has none of our threads, and a lock that nobody gives back.
        os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.stop)

    def take(self, span: Span) -> None:
        """Send a span some time, or drop it."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                SPANS.labels("dropped").inc()
                return
            self._waiting.append(span)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="spans", daemon=True)
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
            logger.exception("spans cannot be sent")
            return
        while batch := self._next():
            try:
                outcome = "sent" if send(batch) else "failed"
            except Exception:
                logger.exception("spans could not be sent")
                outcome = "failed"
            SPANS.labels(outcome).inc(len(batch))

    def _next(self) -> list[Span]:
        """Wait for spans, and a little for more; nothing once there are none and it is over."""
        with self._changed:
            while not self._waiting and not self._stopping:
                self._changed.wait(LINGER_SECONDS)
            self._changed.wait_for(
                lambda: self._stopping or len(self._waiting) >= TOGETHER, LINGER_SECONDS
            )
            return [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
