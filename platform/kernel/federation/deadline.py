"""The time an operation may take, and the end of what takes longer, a statement included."""

import contextlib
import threading
import time
from collections.abc import Callable
from contextvars import Token
from time import monotonic
from types import TracebackType
from typing import Any, Self

from kernel.database import deadlines
from kernel.database.routing import connections_in_use
from kernel.errors import DomainError

#: How late a statement is stopped at most.
WATCH_SECONDS = 0.2
_SHORTEST_LOOK = 0.01
_CANCEL_SECONDS = 2.0


class OperationTimeoutError(DomainError):
    """The operation took longer than it may, and was stopped; a change may have happened."""

    code = "TIMEOUT"
    status = 504


# No Exception: the executor would collect that as the error of one field, and go on.
class OutOfTime(BaseException):
    """Ends an operation from wherever it is."""


class Deadline:
    """Use it as a block around an operation, on the thread that runs it.

    A thread watches all blocks. Once the time is over, or the client has left, it stops the
    statement that runs then and calls `on_stop`. So an operation in time pays for neither: a look
    at the clock before each field took 10 % of a list of 50 rows. PostgreSQL is told the same end
    with each statement (`kernel.database.deadlines`).
    """

    __slots__ = ("_begun", "_connections", "_ended", "_gone", "_lock", "at", "on_stop", "stopped")

    def __init__(self, seconds: float, *, gone: Callable[[], bool] | None = None) -> None:
        self.at = monotonic() + seconds
        # Whoever asked may not wait for as long as we would take.
        if (until := deadlines.end_of_work()) is not None:
            self.at = min(self.at, until)
        #: A statement may have been stopped, so what the operation says is not to be believed.
        self.stopped = False
        #: Called on another thread, perhaps more than once.
        self.on_stop: Callable[[], None] | None = None
        self._gone = gone
        self._connections = connections_in_use()
        self._lock = threading.Lock()
        self._ended = False
        self._begun: Token[float | None]

    def check(self) -> None:
        """Raise OutOfTime when the time is over: for work that is neither field nor statement."""
        if monotonic() >= self.at:
            raise OutOfTime

    def __enter__(self) -> Self:
        self._begun = deadlines.begin(self.at)
        _watch.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        deadlines.end(self._begun)
        # Under the lock: the next operation's statement is never stopped in this one's stead.
        with self._lock:
            self._ended = True
            self.on_stop = None
        _watch.remove(self)

    def stop_if_due(self) -> None:
        """Stop the statement that runs now, if the time is over or nobody waits any more."""
        if self._gone is not None and self._gone():
            self.at = 0.0
        if monotonic() < self.at:
            return
        with self._lock:
            if not self._ended:
                self.stopped = True
                if self.on_stop is not None:
                    self.on_stop()
                for connection in self._connections:
                    _stop_statement(connection.connection)


def _stop_statement(raw: Any) -> None:
    # Both drivers promise that this may be called from another thread.
    with contextlib.suppress(Exception):
        if hasattr(raw, "interrupt"):
            raw.interrupt()
        elif hasattr(raw, "cancel_safe"):
            raw.cancel_safe(timeout=_CANCEL_SECONDS)


class _Watch:
    """Looks after all deadlines of the process; sleeps while there is none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[Deadline] = set()
        self._some = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, deadline: Deadline) -> None:
        with self._lock:
            self._running.add(deadline)
            if not self._some.is_set():
                self._some.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name="deadlines", daemon=True)
                self._thread.start()

    def remove(self, deadline: Deadline) -> None:
        with self._lock:
            self._running.discard(deadline)

    def _look(self) -> None:
        while self._some.wait():
            with self._lock:
                running = list(self._running)
                if not running:
                    self._some.clear()
            for deadline in running:
                deadline.stop_if_due()
            next_end = min((deadline.at for deadline in running), default=0.0) - monotonic()
            time.sleep(min(WATCH_SECONDS, max(next_end, _SHORTEST_LOOK)))


_watch = _Watch()
