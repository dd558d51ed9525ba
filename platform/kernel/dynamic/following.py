"""The values of dynamic settings in this process; the last good ones while their source is away."""

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.db import connection, connections
from prometheus_client import Gauge

from kernel import clock
from kernel.hints.hearing import hints
from kernel.observability.health import DegradedError

logger = logging.getLogger(__name__)

#: How old a value may be that another process has changed, where nobody tells us.
LOOK_SECONDS = 0.5
#: The hint that there is something new.
TOPIC = "dynamic-settings"

T = TypeVar("T")

REVISION = Gauge(
    "septet_dynamic_settings_revision",
    "The revision whose values are in use.",
    multiprocess_mode="livemin",
)
STALE = Gauge(
    "septet_dynamic_settings_stale",
    "Whether config is away, so that the last good values hold.",
    multiprocess_mode="livemax",
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Every value that was said, by key, at a revision."""

    revision: int
    values: Mapping[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """One way to the values."""

    def load(self, known: int) -> Loaded | None:
        """Return them, or None when they are still those of the revision known; may raise."""
        ...


class Values:
    """What holds in this process, replaced as a whole."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._source: Source | None = None
        #: What was loaded last; the revision is -1 before there was anything.
        self.loaded = Loaded(-1)
        self._known: dict[str, Any] = {}
        self._looked = float("-inf")
        self._news = Event()
        #: Whether a thread looks, so that readers need not.
        self.followed = False
        #: Since when nobody could say whether these values still hold.
        self.stale_since: datetime | None = None
        os.register_at_fork(after_in_child=self._forked)

    def of(self, key: str, default: T, read: Callable[[Any], T]) -> T:
        """Return the value of a setting, its default where none is said or `read` refuses it."""
        due = not self.followed and time.monotonic() - self._looked >= LOOK_SECONDS
        # Within a transaction a look that fails would end that, too.
        if due and not connection.in_atomic_block:
            self.look()
        known = self._known
        try:
            found: T = known[key]
        except KeyError:
            found = known[key] = self._fitting(key, default, read)
        return found

    @property
    def revision(self) -> int:
        """The revision of the values; -1 before there were any."""
        return self.loaded.revision

    def come_from(self, source: Source) -> None:
        """Choose where they come from; said at start."""
        self._source = source

    def look(self) -> None:
        """Take what is new; when the source is away, go on with what is known."""
        with self._lock:
            source, self._looked = self._source, time.monotonic()
            if source is None:
                return
            try:
                found = source.load(self.loaded.revision)
            except Exception as error:  # noqa: BLE001  whatever it is, the last good values hold
                self._fail(error)
                return
            if self.stale_since is not None:
                logger.warning("dynamic settings are up to date again")
            self.stale_since = None
            STALE.set(0)
            if found is not None and found.revision != self.loaded.revision:
                self.take(found)
                _keep(found)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Look on a thread of its own while a block runs: each second, and at each hint."""
        stopping = Event()
        thread = Thread(target=self._follow, args=(stopping,), name="dynamic-settings", daemon=True)
        self.followed = True
        with hints.listening(TOPIC, self._news.set):
            thread.start()
            try:
                yield
            finally:
                self.followed = False
                stopping.set()
                self._news.set()
                thread.join(LOOK_SECONDS)

    def check(self) -> str:
        """Say for readiness which values hold; stale ones are no reason to send no work here."""
        if self.stale_since is None:
            return f"revision {self.revision}"
        raise DegradedError(f"revision {self.revision}, stale since {self.stale_since.isoformat()}")

    def _follow(self, stopping: Event) -> None:
        while not stopping.is_set():
            self._news.clear()
            self.look()
            if self.stale_since is not None:
                # Most likely the connection: the next look may have a good one.
                connections.close_all()
            self._news.wait(LOOK_SECONDS)
        connections.close_all()

    def _fail(self, error: Exception) -> None:
        if self.stale_since is None:
            self.stale_since = clock.now()
            STALE.set(1)
            logger.warning(
                "dynamic settings cannot be read; the last good ones hold: %s",
                type(error).__name__,
            )
        if self.loaded.revision < 0 and (kept := _kept()) is not None:
            self.take(kept)

    def take(self, loaded: Loaded) -> None:
        """Let these hold from now on."""
        self.loaded = loaded
        self._known = {}
        REVISION.set(loaded.revision)

    def _fitting(self, key: str, default: T, read: Callable[[Any], T]) -> T:
        if key not in self.loaded.values:
            return default
        try:
            return read(self.loaded.values[key])
        except ValueError as error:
            # Of a release with other bounds: each process keeps to its own.
            logger.warning("the value of %s does not fit here: %s", key, error)
            return default

    def _forked(self) -> None:
        # Threads stay behind.
        self.followed = False
        self._lock = Lock()


values = Values()


def _place() -> Path:
    return Path(settings.DATA_DIR) / "dynamic_settings" / f"{settings.SERVICES[0]}.json"


def _keep(loaded: Loaded) -> None:
    """Write them down for a start while config is away; without a disk they are in memory only."""
    place = _place()
    try:
        place.parent.mkdir(mode=0o700, exist_ok=True)
        draft = place.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps({"revision": loaded.revision, "values": dict(loaded.values)}))
        draft.replace(place)
    except OSError as error:
        logger.warning("dynamic settings cannot be written down: %s", error)


def _kept() -> Loaded | None:
    try:
        found = json.loads(_place().read_text())
        return Loaded(int(found["revision"]), dict(found["values"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
