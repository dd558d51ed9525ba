"""Waking those who wait for events: in this process at once, in others by the database."""

import secrets
import time
from threading import Condition, Lock

from django.db import DEFAULT_DB_ALIAS, connection

from kernel.database.direct import listening_alias, own_connection

#: The channel of PostgreSQL on which processes tell each other that there is something to do.
CHANNEL = "septet_events"
#: PostgreSQL commits those who notify one after the other: a process does it at most this often,
#: and who listens looks once more after as long.
NOTIFY_SECONDS = 0.05


class Bell:
    """Rings for everybody who waits, and for who comes late: rings are counted, none is lost."""

    def __init__(self) -> None:
        self._rung = Condition()
        self._rings = 0

    def ring(self) -> None:
        """Wake everybody who waits."""
        with self._rung:
            self._rings += 1
            self._rung.notify_all()

    def wait(self, heard: int, seconds: float) -> int:
        """Wait for a ring after those heard, but no longer than this; return how many there were.

        With 0 seconds it only counts.
        """
        with self._rung:
            self._rung.wait_for(lambda: self._rings != heard, seconds)
            return self._rings


bell = Bell()


class Notifier:
    """Tells other processes, unless the relay is in this one, and not too often."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next = 0.0
        #: Set while the one active relay runs in this process.
        self.relay_is_here = False

    def tell(self) -> None:
        """Say that there is something to do. Called after the commit, outside of transactions."""
        bell.ring()
        if connection.vendor != "postgresql" or self.relay_is_here:
            return
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return
            self._next = now + NOTIFY_SECONDS
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")


notifier = Notifier()


def is_told(seconds: float) -> bool:
    """Say whether notifications reach us within this time, by sending one to ourselves.

    A pooler that lends a connection for one transaction takes LISTEN, and delivers nothing.
    """
    if connection.vendor != "postgresql":
        return True
    listener, teller = own_connection(listening_alias()), own_connection(DEFAULT_DB_ALIAS)
    channel = f"septet_{secrets.token_hex(8)}"
    try:
        with listener.cursor() as cursor:
            cursor.execute(f"LISTEN {channel}")
        with teller.cursor() as cursor:
            cursor.execute(f"NOTIFY {channel}")
        return any(listener.connection.notifies(timeout=seconds, stop_after=1))
    finally:
        listener.close()
        teller.close()
