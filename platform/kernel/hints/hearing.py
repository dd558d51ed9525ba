"""Who in this process wants to hear of what."""

import logging
import os
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

from kernel.hints.carriers import Carrier, carrier

logger = logging.getLogger(__name__)

#: How long the carrier is left alone after it failed: longer each time, up to the last.
PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)

Hear = Callable[[], None]


class Hints:
    """One listener for all topics, as long as somebody wants to hear of one."""

    def __init__(self, make: Callable[[], Carrier] = carrier) -> None:
        self._make = make
        self._lock = Lock()
        self._hearers: dict[str, list[Hear]] = defaultdict(list)
        self._carrier: Carrier | None = None
        self._stopping: Event | None = None
        os.register_at_fork(after_in_child=self._forked)

    def tell(self, topic: str) -> None:
        """Tell it here, and in every other process; call it after the commit."""
        self._hear(topic)
        try:
            self._way().tell(topic)
        except Exception as error:  # noqa: BLE001  whatever it is, the others look by themselves
            logger.warning(
                "a hint of %s reached this process only: %s", topic, type(error).__name__
            )

    @contextmanager
    def listening(self, topic: str, hear: Hear) -> Iterator[None]:
        """Call `hear` at each hint of a topic during a block, on any thread; it may not wait.

        It is called too where there may have been one.
        """
        with self._lock:
            self._hearers[topic].append(hear)
            if self._stopping is None:
                self._stopping = Event()
                Thread(
                    target=self._listen, args=(self._stopping,), name="hints", daemon=True
                ).start()
        try:
            yield
        finally:
            with self._lock:
                self._hearers[topic].remove(hear)
                if not any(self._hearers.values()) and self._stopping is not None:
                    self._stopping.set()
                    self._stopping = None

    def _hear(self, topic: str | None) -> None:
        for one in tuple(self._hearers) if topic is None else (topic,):
            for hear in tuple(self._hearers.get(one, ())):
                hear()

    def _listen(self, stopping: Event) -> None:
        failed = 0

        def heard(topic: str | None) -> None:
            nonlocal failed
            failed = 0
            if not stopping.is_set():
                self._hear(topic)

        while not stopping.is_set():
            try:
                self._way().listen(heard, stopping)
            except Exception as error:  # noqa: BLE001  whatever it is, it may be over in a moment
                if not failed:
                    logger.warning("hints do not arrive: %s", type(error).__name__)
                pause = PAUSES[min(failed, len(PAUSES) - 1)]
                failed += 1
                # Spread: all processes lost the same server at the same moment.
                stopping.wait(pause * random.uniform(0.5, 1))  # noqa: S311 # nosec B311

    def _way(self) -> Carrier:
        if self._carrier is None:
            self._carrier = self._make()
        return self._carrier

    def _forked(self) -> None:
        # Threads stay behind.
        self._lock = Lock()
        self._stopping = None
        self._carrier = None


hints = Hints()
