"""The threads that relay and consume: beside the web server, or in a process of their own."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event, Thread

from django.db import DatabaseError, connection, connections

from kernel.database.direct import keep_session
from kernel.events.loops import Looped
from kernel.events.registry import Group
from kernel.events.relay import Relay
from kernel.events.transport import Transport
from kernel.events.wake import CHANNEL, NOTIFY_SECONDS, bell
from kernel.observability.health import register_check

logger = logging.getLogger(__name__)

#: How long those who have nothing to do wait before they look by themselves.
POLL_SECONDS = 1.0
#: A loop that is silent for longer is stuck.
LONGEST_SILENCE_SECONDS = 30.0


class EventThreads:
    """Relays, and consumes for groups, until told to stop."""

    def __init__(
        self, transport: Transport, *, relays: bool, groups: Sequence[Group], threads: int
    ) -> None:
        self._stopping = Event()
        self._last_look: dict[str, float] = {}
        makers: dict[str, Callable[[], Looped]] = {}
        if relays:
            makers["relay"] = partial(Relay, transport)
        makers |= transport.consumers(groups, threads)
        # Daemons: a handler that outlasts the stop must not keep the process.
        self._threads = [
            Thread(target=self._loop, args=item, name=item[0], daemon=True)
            for item in makers.items()
        ]
        if connection.vendor == "postgresql":
            self._threads.append(Thread(target=self._listen, name="listener", daemon=True))

    def start(self) -> None:
        """Begin, and make readiness depend on it."""
        register_check("event threads", self.check)
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> None:
        """Let what has begun end, and begin nothing more."""
        deadline = time.monotonic() + seconds
        self._stopping.set()
        bell.ring()
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))

    def check(self) -> str:
        """Return what runs here; raises when one of them is silent for too long."""
        now = time.monotonic()
        for name, moment in self._last_look.items():
            if now - moment > LONGEST_SILENCE_SECONDS:
                raise RuntimeError(f"{name} has not looked for events for {now - moment:.0f} s")
        return ", ".join(thread.name for thread in self._threads)

    def _loop(self, name: str, make: Callable[[], Looped]) -> None:
        keep_session()
        work = make()
        heard = bell.wait(-1, 0)
        while not self._stopping.is_set():
            self._last_look[name] = time.monotonic()
            if not self._guarded(name, work):
                # A ring while it looked is not lost: it is one more than those heard.
                heard = bell.wait(heard, POLL_SECONDS)
        try:
            work.stop()
        except DatabaseError:
            logger.exception("%s could not give up its place; it ends by itself", name)
        connections.close_all()

    def _guarded(self, name: str, work: Looped) -> int:
        try:
            return work.step()
        except Exception:
            # Most likely the database: the thread outlives it, and its next look may succeed.
            logger.exception("%s could not look for events; it goes on trying", name)
            connections.close_all()
            work.lost()
            return 0

    def _listen(self) -> None:
        """Ring when another process has published; PostgreSQL tells us."""
        keep_session()
        while not self._stopping.is_set():
            try:
                with connection.cursor() as cursor:
                    cursor.execute(f"LISTEN {CHANNEL}")
                self._ring_when_told()
            except Exception:
                # Whoever waits for the bell looks every second without it, too.
                logger.exception("the listener could not listen; it goes on trying")
                self._stopping.wait(POLL_SECONDS)
            connections.close_all()

    def _ring_when_told(self) -> None:
        while not self._stopping.is_set():
            for _ in connection.connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                bell.ring()
                # A process that notified keeps still for as long, whatever it commits.
                self._stopping.wait(NOTIFY_SECONDS)
                bell.ring()
