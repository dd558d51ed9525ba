"""Threads for work that blocks: as many as pay off, never more than a bound."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from threading import Lock, Thread

Work = Callable[[], None]

#: Who has begun a piece of work within this time is expected to be free again soon.
PATIENCE_SECONDS = 0.003
#: Nobody waits longer than this while a thread is to be had.
LONGEST_WAIT_SECONDS = 0.05
#: From this share of one processor on, another thread would only take it from the others.
SATURATED = 0.6


class CrewBusyError(Exception):
    """As much work is waiting already as may wait."""


class Crew:
    """Does work on threads, and asks one more to help only where that helps.

    Python runs one thread at a time, so threads that all want the processor only take it from each
    other: eight of them answer fewer requests than one, and later (docs/adr/0002). Where work waits
    for a database or a network the processor is idle, and then threads are added at once.
    """

    def __init__(self, *, most: int, most_waiting: int) -> None:
        self._most = most
        self._most_waiting = most_waiting
        self._lock = Lock()
        self._waiting: deque[tuple[Work, float]] = deque()
        self._begun: dict[Lock, float] = {}
        # The last to fall idle is the first to be woken: what it needs is still in the caches.
        self._idle: list[Lock] = []
        self._timer: asyncio.TimerHandle | None = None
        self._seen = (0.0, 0.0)
        self._closed = False

    def submit(self, work: Work, *, first: bool = False) -> None:
        """Do it soon, on a thread, or before all that waits; called on the event loop only.

        Raises CrewBusyError.
        """
        now = time.monotonic()
        with self._lock:
            if len(self._waiting) >= self._most_waiting and not first:
                raise CrewBusyError
            if first:
                self._waiting.appendleft((work, now))
            else:
                self._waiting.append((work, now))
            if all(now - begun > PATIENCE_SECONDS for begun in self._begun.values()):
                self._call_up(now)
        if self._timer is None and len(self._begun) < self._most:
            self._watch()

    def close(self) -> None:
        """Let idle threads end, and the others when nothing waits any more."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().release()
        if self._timer:
            self._timer.cancel()

    def _watch(self) -> None:
        self._seen = (time.process_time(), time.monotonic())
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._look)

    def _look(self) -> None:
        """Call up a thread if the processor was idle while work waited, or if it waited long."""
        self._timer = None
        processor, clock = self._seen
        now = time.monotonic()
        idle = time.process_time() - processor < SATURATED * (now - clock)
        with self._lock:
            if not self._waiting:
                return
            if idle or now - self._waiting[0][1] > LONGEST_WAIT_SECONDS:
                self._call_up(now)
        if len(self._begun) < self._most:
            self._watch()

    def _call_up(self, now: float) -> None:
        if self._idle:
            bell = self._idle.pop()
            self._begun[bell] = now
            bell.release()
        elif len(self._begun) < self._most:
            bell = Lock()
            bell.acquire()
            self._begun[bell] = now
            # A daemon: what never ends must not keep a stopping process.
            Thread(target=self._run, args=[bell], name="web", daemon=True).start()

    def _run(self, bell: Lock) -> None:
        while True:
            with self._lock:
                if self._waiting:
                    work, _ = self._waiting.popleft()
                elif self._closed:
                    return
                else:
                    work = None
                    del self._begun[bell]
                    self._idle.append(bell)
            if work is None:
                bell.acquire()
            else:
                self._begun[bell] = time.monotonic()
                work()
                # Held no longer than needed: it may keep a whole request alive.
                del work
