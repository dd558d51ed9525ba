"""Lines of a log that are worth finding by their trace, in memory until they are written down.

These are warnings and errors, requests that failed or whose trace is kept, and whatever else is
said of a trace after the first such line of it.
"""

import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

from kernel.observability.context import current_ids
from kernel.observability.logging import REQUESTS, JsonFormatter
from kernel.observability.masking import Addresses

#: Lines that wait to be written down; of more the oldest are forgotten.
MOST_WAITING = 1_000
#: Characters of a line.
MOST_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Noted:
    """One line, masked as all are."""

    trace: str
    request: str
    at: datetime
    level: str
    logger: str
    line: str


class Notable(logging.Handler):
    """Remembers lines that are worth it. It never waits for the database."""

    def __init__(self) -> None:
        super().__init__()
        self.formatter = JsonFormatter()
        self._waiting: deque[Noted] = deque(maxlen=MOST_WAITING)
        self._traces: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Remember a line of some trace, if it is notable."""
        ids = current_ids()
        if not ids.trace or not (
            record.levelno >= logging.WARNING
            or ids.trace in self._traces
            or (record.name == REQUESTS and (ids.sampled or getattr(record, "status", 0) >= 500))
        ):
            return
        noted = Noted(
            ids.trace,
            ids.request,
            datetime.fromtimestamp(record.created, tz=UTC),
            record.levelname,
            record.name[:100],
            self.format(record)[:MOST_CHARACTERS],
        )
        # Whoever calls holds the handler's lock, which logging renews in a process that was forked.
        self._waiting.append(noted)
        # Where nobody takes them, as in the children of a pool, they are not kept for ever either.
        if len(self._traces) >= MOST_WAITING:
            self._traces.clear()
        self._traces.add(ids.trace)

    def take(self) -> list[Noted]:
        """Return what waits, and remember it no longer."""
        self.acquire()
        try:
            taken = list(self._waiting)
            self._waiting.clear()
            self._traces.clear()
        finally:
            self.release()
        return taken


notable = Notable()


def handler(addresses: Addresses) -> Notable:
    """Return the one handler of this process, for logging's configuration."""
    notable.formatter = JsonFormatter(addresses)
    return notable
