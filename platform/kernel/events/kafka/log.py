"""librdkafka's own lines, each kind of them once in a while."""

import logging
import re
import time
from threading import Lock

#: A process has a client for each group, and each says many times a second that a broker is away.
SILENT_SECONDS = 30.0
_NUMBERS = re.compile(r"\d+")


class Seldom(logging.Filter):
    """Lets a line through that has not been said for a while, whatever numbers are in it."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether it is worth a line."""
        text, now = record.getMessage(), time.monotonic()
        # That a setting is experimental is known to who has set it, and here nobody else can.
        if "is experimental" in text:
            return False
        kind = _NUMBERS.sub("", text)
        with self._lock:
            if now - self._said.get(kind, -SILENT_SECONDS) < SILENT_SECONDS:
                return False
            if len(self._said) >= 1_000:
                self._said.clear()
            self._said[kind] = now
        return True
