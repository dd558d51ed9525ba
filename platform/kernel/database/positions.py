"""Reading one's own writes: who has written carries the place in the log where that is.

A place is a position in the write-ahead log of one PostgreSQL, named by its system identifier. It
travels in a header, in a cookie of browsers, and with questions to other services. Who carries
none, such as a program that ignores our headers, is remembered by this process.
"""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from threading import Lock

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

HEADER = "X-Septet-Position"
COOKIE = "septet_position"
#: A replica that is further behind than its lag limit is not read, so a place need not last.
KEPT_SECONDS = 300
MOST_KEPT = 10_000
_MOST_PLACES = 16
_PLACE = re.compile(r"([0-9a-f]{1,16})\.([0-9a-f]{1,16})")
#: Where nobody could say how far the log had come: a place that no replica reaches.
_UNKNOWN = 2**64 - 1
_NOBODY = "0"

Places = dict[str, int]


def read(text: str) -> Places:
    """Return the places in what somebody sent; whatever is none of ours is left out."""
    parts = text.split("~", _MOST_PLACES)[:_MOST_PLACES]
    found = (_PLACE.fullmatch(part) for part in parts)
    return {one[1]: int(one[2], 16) for one in found if one}


def shown(places: Mapping[str, int]) -> str:
    """Return them as they travel."""
    return "~".join(f"{server}.{place:x}" for server, place in places.items())


def as_number(lsn: str) -> int:
    """Return a position such as `16/B374D848`, by which positions are compared."""
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


@dataclass(slots=True)
class Visit:
    """One request: what its sender has to see, and whether it has written."""

    places: Places = field(default_factory=dict)
    committed: bool = False
    #: Whether there is anything new to tell.
    learned: bool = False

    def learn(self, places: Mapping[str, int]) -> None:
        """Have all that follows see these as well."""
        for server, place in places.items():
            if place > self.places.get(server, -1):
                self.places[server] = place
                self.learned = True

    def settle(self) -> None:
        """Find out how far the log has come with what was written."""
        if self.committed:
            self.committed = False
            self.learn(current())


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


@contextmanager
def visiting(sent: str, credential: str) -> Iterator[Visit]:
    """Run a request of somebody who sent these places; one within another is a part of it."""
    known = _visit.get()
    if known is not None or not has_replicas():
        yield known or Visit()
        return
    visit = Visit(read(sent))
    visit.learn(recent.of(credential))
    visit.learned = False
    token = _visit.set(visit)
    try:
        yield visit
        visit.settle()
        if visit.learned:
            recent.add(credential, visit.places)
    finally:
        _visit.reset(token)


def has_replicas() -> bool:
    """Say whether there is anything but the primary to read."""
    return bool(settings.DATABASE_REPLICAS)


def committed() -> None:
    """Note that the request has written; called by what commits, and before what writes."""
    visit = _visit.get()
    if visit is not None:
        visit.committed = True


def needed() -> int:
    """Return how far a replica of our database has to have come for this request."""
    visit = _visit.get()
    if visit is None:
        return 0
    visit.settle()
    if not visit.places:
        return 0
    ours: tuple[str, ...]
    try:
        ours = (_server(), _NOBODY)
    except DatabaseError:
        # We do not know which of the places is ours, so all of them count.
        ours = tuple(visit.places)
    return max(visit.places.get(server, 0) for server in ours)


def to_send() -> dict[str, str]:
    """Return the header that goes with a question to another service, which may read replicas."""
    if not has_replicas():
        return {}
    visit = _visit.get()
    if visit is not None:
        visit.settle()
    places = visit.places if visit is not None else current()
    return {HEADER: shown(places)} if places else {}


def received(headers: Mapping[str, str]) -> None:
    """Learn what another service has written for this request."""
    visit = _visit.get()
    if visit is not None and (text := headers.get(HEADER)):
        visit.learn(read(text))


def current() -> Places:
    """Return how far the log of our primary has come."""
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
            return {_server(): as_number(cursor.fetchone()[0])}
    except DatabaseError:
        return {_NOBODY: _UNKNOWN}


@cache
def _server() -> str:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return f"{cursor.fetchone()[0]:x}"


class RecentPlaces:
    """Where those have written who were served here, by the digest of their credential."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._places: OrderedDict[bytes, tuple[float, Places]] = OrderedDict()

    def of(self, credential: str) -> Places:
        """Return the places of somebody's last write here."""
        until, places = self._places.get(_digest(credential), (0.0, {}))
        return dict(places) if credential and time.monotonic() < until else {}

    def add(self, credential: str, places: Places) -> None:
        """Remember them for a while."""
        if not credential:
            return
        digest = _digest(credential)
        with self._lock:
            self._places[digest] = time.monotonic() + KEPT_SECONDS, dict(places)
            self._places.move_to_end(digest)
            if len(self._places) > MOST_KEPT:
                self._places.popitem(last=False)


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode()).digest()


recent = RecentPlaces()
