"""The thread that tells the broker what was enqueued here."""

import logging
import os
import time
from collections import Counter
from threading import Condition, Thread

from kernel.observability.health import DegradedError

logger = logging.getLogger(__name__)

#: How long a broker that did not answer is left alone.
PAUSE_SECONDS = 1.0


class Nudger:
    """Sends messages beside the work, so that nobody who commits waits for the broker.

    What it could not send it keeps: a number for each queue, and no more than that.
    """

    _changed: Condition
    _untold: Counter[str]
    _thread: Thread | None
    _away: bool

    def __init__(self) -> None:
        self._begin()
        # A process that was forked has none of our threads, and a lock that nobody gives back.
        os.register_at_fork(after_in_child=self._begin)

    def tell(self, queue: str, count: int) -> None:
        """Say that jobs of this queue are due. Called after the commit; raises nothing."""
        with self._changed:
            self._untold[queue] += count
            if self._thread is None:
                self._thread = Thread(target=self._run, name="nudger", daemon=True)
                self._thread.start()
            self._changed.notify()

    def check(self) -> str:
        """Say for readiness how jobs travel. Without the broker they wait, and are not lost."""
        if self._away:
            raise DegradedError("the broker does not answer, jobs wait")
        return "in Celery workers"

    def _begin(self) -> None:
        self._changed = Condition()
        self._untold = Counter()
        self._thread = None
        self._away = False

    def _run(self) -> None:
        # Imported by those only who have something to tell: it takes a third of a second.
        from kernel.celery import broker  # noqa: PLC0415

        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._untold))
                queue, count = self._untold.popitem()
            try:
                broker.add(queue, count)
                self._away = False
            except Exception as error:  # noqa: BLE001  Redis, kombu, sockets: each has its own
                self._keep(queue, count, error)

    def _keep(self, queue: str, count: int, error: Exception) -> None:
        if not self._away:
            logger.warning("the broker does not answer, jobs wait for it: %s", error)
        self._away = True
        with self._changed:
            self._untold[queue] += count
        time.sleep(PAUSE_SECONDS)


nudger = Nudger()
