"""Lines of a log that are worth finding by their trace, in memory until they are written down.

These are warnings and errors, requests that failed or whose trace is kept, and whatever else is
said of a trace after the first such line of it.
"""

import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from kernel.observability.context import current_ids
from kernel.observability.logging import REQUESTS, JsonFormatter

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
        # Not handed to it by dictConfig, as it is one object however often logging is set up.
        self.formatter = JsonFormatter()
        self._taking = Lock()
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
        with self._taking:
            self._waiting.append(noted)
            self._traces.add(ids.trace)

    def take(self) -> list[Noted]:
        """Return what waits, and remember it no longer."""
        with self._taking:
            taken = list(self._waiting)
            self._waiting.clear()
            self._traces.clear()
        return taken


notable = Notable()


def handler() -> Notable:
    """Return the one handler of this process, for logging's configuration."""
    return notable
