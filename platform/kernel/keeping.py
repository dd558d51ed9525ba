"""What a process keeps in memory and writes down from time to time, beside its requests."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from django.db import DatabaseError, connections

logger = logging.getLogger(__name__)

#: How long at most the last writing may hold up the end of a process.
LAST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that is in memory only for so long: what a process that is killed forgets."""

    name: str
    write: Callable[[], None]
    every_seconds: float

    def written(self) -> None:
        """Write it down; while the database is away it stays in memory, or is lost, as it says."""
        try:
            self.write()
        except DatabaseError:
            logger.warning("%s could not be written down", self.name, exc_info=True)
        finally:
            connections.close_all()


KEPT: dict[str, Kept] = {}


def keep(name: str, write: Callable[[], None], *, every_seconds: float) -> None:
    """Let this be written down every so many seconds by processes that serve, and at their end."""
    KEPT[name] = Kept(name, write, every_seconds)


@contextmanager
def written_down() -> Iterator[None]:
    """Write down what is kept, each on a thread of its own, while the block runs and at its end."""
    ended = Event()

    def go(kept: Kept) -> None:
        while not ended.wait(kept.every_seconds):
            kept.written()
        kept.written()

    threads = [
        Thread(target=go, args=(kept,), name=kept.name, daemon=True) for kept in KEPT.values()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(LAST_SECONDS)
