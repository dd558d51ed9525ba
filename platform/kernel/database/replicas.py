"""The replicas of our PostgreSQL: how far each has come, and which of them may be read."""

import logging
import os
import random
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from threading import Condition, Event, Lock, Thread
from typing import Any

import prometheus_client
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import BaseDatabaseWrapper

from kernel.database.direct import own_connection
from kernel.database.positions import as_number

logger = logging.getLogger(__name__)

#: How old a replica's position may be before it is asked again; it only ever grows.
FRESH_SECONDS = 0.05
#: Nothing is said of how far behind a replica is that was asked longer ago.
STALE_SECONDS = 1.0
#: A replica that does not say its position in this time is not read.
PATIENCE_SECONDS = 0.25
#: How often one is tried that is not read.
RETRY_SECONDS = 1.0
#: For so long one is not read that failed a request, whatever it says meanwhile.
REST_SECONDS = 5.0
#: How often the primary's position is noted, by which a replica's lag is measured.
NOTE_SECONDS = 0.5
_NOTED = 600
#: How often a replica is asked while somebody reads it.
WATCH_SECONDS = 0.5
#: A server that has vanished without a word is noticed; URLs may say otherwise.
_PROBES = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5_000,
}

EJECTED = prometheus_client.Gauge(
    "septet_database_replica_ejected",
    "1 while a replica is not read, as it fails.",
    ["replica"],
    multiprocess_mode="livemax",
)
LAG = prometheus_client.Gauge(
    "septet_database_replica_lag_seconds",
    "How far a replica is behind at most.",
    ["replica"],
    multiprocess_mode="livemax",
)


class Follower:
    """A thread with a connection of its own that asks when somebody wants to know."""

    def __init__(self, alias: str, look: Callable[[BaseDatabaseWrapper], None]) -> None:
        self._alias = alias
        self._look = look
        self._wanted = Event()
        self._lock = Lock()
        self._thread: Thread | None = None
        #: Whether it also asks by itself, each RETRY_SECONDS.
        self.tries = False

    def ask(self) -> None:
        """Have it ask soon."""
        self._wanted.set()
        with self._lock:
            # A process that was forked has no threads.
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._follow, name=self._alias, daemon=True)
                self._thread.start()

    def rest(self) -> None:
        """Do not ask again at once."""
        self._wanted.clear()

    def _follow(self) -> None:
        own = own_connection(self._alias)
        own.settings_dict["OPTIONS"] = _PROBES | own.settings_dict["OPTIONS"]
        while True:
            self._wanted.wait(RETRY_SECONDS if self.tries else None)
            self._wanted.clear()
            try:
                self._look(own)
            except Exception as error:  # noqa: BLE001  most likely the database, which may come back
                logger.debug("the database %s does not answer: %s", self._alias, error)
                with suppress(Exception):
                    own.close()


class PrimaryLog:
    """Where the primary's log was and when, which tells how far behind a replica is.

    By our own clock: the time of the last transaction that a replica has, which PostgreSQL tells,
    grows older on an idle primary as well.
    """

    def __init__(self) -> None:
        self._noted: deque[tuple[float, int]] = deque(maxlen=_NOTED)
        self._follower = Follower(DEFAULT_DB_ALIAS, self._note)
        self._news = Condition()
        self._is_away = False

    def note(self) -> None:
        """Have the primary asked, if that is due; while it is away nothing is added."""
        if not self._noted or time.monotonic() - self._noted[-1][0] >= NOTE_SECONDS:
            self._follower.ask()

    def refresh(self) -> None:
        """Wait for a note that is not stale, unless the primary did not answer the last time."""
        if self._is_fresh():
            return
        self.note()
        with self._news:
            self._is_away |= not self._news.wait_for(
                lambda: self._is_away or self._is_fresh(), PATIENCE_SECONDS
            )

    def _is_fresh(self) -> bool:
        return bool(self._noted) and time.monotonic() - self._noted[-1][0] <= STALE_SECONDS

    def _note(self, own: BaseDatabaseWrapper) -> None:
        now = time.monotonic()
        try:
            [place] = _asked(own, "SELECT pg_current_wal_lsn()::text")
        except Exception:
            self._hear(is_away=True)
            raise
        self._noted.append((now, as_number(place)))
        self._hear(is_away=False)

    def _hear(self, *, is_away: bool) -> None:
        with self._news:
            self._is_away = is_away
            self._news.notify_all()

    def lag(self, position: int) -> float:
        """Return for how many seconds something is known that is not at this position yet."""
        noted = list(self._noted)
        if not noted or position >= noted[-1][1]:
            return 0.0
        reached = [moment for moment, place in noted if place <= position]
        return time.monotonic() - (reached[-1] if reached else noted[0][0])


class Replica:
    """One replica, as this process sees it; used by all threads."""

    def __init__(self, alias: str, log: PrimaryLog) -> None:
        self.alias = alias
        self.position = 0
        self.reading: set[Any] = set()
        self.ejected = ""
        self._log = log
        self._answered = float("-inf")
        self._rests_until = float("-inf")
        self._news = Condition()
        self._follower = Follower(alias, self._look)
        self._began = Event()
        self._watcher: Thread | None = None

    def fits(self, needed: int) -> bool:
        """Say whether it has come as far as needed, and is not too far behind."""
        if self.ejected or not self._is_known(needed):
            return False
        self._log.refresh()
        lag = self._log.lag(self.position)
        LAG.labels(self.alias).set(lag)
        limit = settings.DATABASE_REPLICA_LAG.total_seconds()
        return self.position >= needed and lag <= limit

    @contextmanager
    def read(self, raw: Any) -> Iterator[None]:
        """Have a connection to it cut if it falls silent while the block reads."""
        self.reading.add(raw)
        self._began.set()
        if self._watcher is None or not self._watcher.is_alive():
            self._watcher = Thread(target=self._watch, name=f"{self.alias} is read", daemon=True)
            self._watcher.start()
        try:
            yield
        finally:
            self.reading.discard(raw)

    def fail(self, reason: str) -> None:
        """Do not read it for a while: it has failed a request."""
        self._rests_until = time.monotonic() + REST_SECONDS
        self.eject(reason)

    def eject(self, reason: str) -> None:
        """Do not read it until it says its position again."""
        with self._news:
            if not self.ejected:
                logger.warning("the database %s is not read for now: %s", self.alias, reason)
            self.ejected = reason
            EJECTED.labels(self.alias).set(1)
            self._news.notify_all()
        self._follower.tries = True
        self._follower.ask()

    def _is_known(self, needed: int) -> bool:
        """See to it that what we know is fresh enough; it is not when the replica is silent."""
        asked = time.monotonic()
        age = asked - self._answered
        if age <= FRESH_SECONDS:
            return True
        self._log.note()
        self._follower.ask()
        if age <= STALE_SECONDS and self.position >= needed:
            return True
        self._hear(lambda: bool(self.ejected) or self._has_answered(asked))
        return not self.ejected

    def _hear(self, heard: Callable[[], bool]) -> None:
        """Wait for it a little; if it stays silent it is read no more, not even to the end."""
        with self._news:
            if self._news.wait_for(heard, PATIENCE_SECONDS):
                return
        self.eject(f"it was silent for {PATIENCE_SECONDS:g} s")
        self._cut()

    def _watch(self) -> None:
        while self._began.wait():
            self._began.clear()
            while self.reading:
                time.sleep(WATCH_SECONDS)
                asked = time.monotonic()
                self._follower.ask()
                self._hear(partial(self._has_answered, asked))

    def _has_answered(self, since: float) -> bool:
        return self._answered >= since

    def _look(self, own: BaseDatabaseWrapper) -> None:
        try:
            recovers, place = _asked(
                own, "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()::text"
            )
        except Exception as error:
            self._is_away(type(error).__name__)
            raise
        if recovers and place:
            self._take(as_number(place))
        else:
            # Promoted: its log is no copy of our primary's any more.
            self._is_away("it is no replica")

    def _is_away(self, reason: str) -> None:
        self.eject(reason)
        self._follower.rest()

    def _take(self, position: int) -> None:
        with self._news:
            self.position = position
            self._answered = time.monotonic()
            if self.ejected and self._answered >= self._rests_until:
                logger.warning("the database %s is read again", self.alias)
                self.ejected = ""
                self._follower.tries = False
                EJECTED.labels(self.alias).set(0)
            self._news.notify_all()

    def _cut(self) -> None:
        """End what is read at this moment: a server that is frozen would never answer."""
        for raw in list(self.reading):
            with suppress(Exception), socket.socket(fileno=os.dup(raw.pgconn.socket)) as same:
                same.shutdown(socket.SHUT_RDWR)


@cache
def replicas() -> list[Replica]:
    """Return the replicas of this process."""
    log = PrimaryLog()
    return [Replica(alias, log) for alias in settings.DATABASE_REPLICAS]


def best(needed: int) -> Replica | None:
    """Return the replica to read, the one with the least to do; None for the primary."""
    found = sorted(replicas(), key=lambda one: (len(one.reading), random.random()))  # noqa: S311  no secret # nosec B311
    return next((one for one in found if one.fits(needed)), None)


def _asked(connection: BaseDatabaseWrapper, query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()
