"""How many events were handled here, how late, and how many failed: for charts, hour by hour.

In the memory of a process until it is written down, as the tables of events tell no times of it:
to keep one for each event would cost each of them more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Literal, TypeAlias

from kernel import clock

#: A failed attempt is made again; of a dead letter a person decides.
Outcome: TypeAlias = Literal["handled", "failed", "dead"]


@dataclass(slots=True)
class Tally:
    """What had one outcome in one hour."""

    count: int = 0
    #: From when they were published, all of them together; and of how many that is known.
    seconds: float = 0.0
    timed: int = 0


class Tallies:
    """What this process has counted and nobody has taken yet; of a few hours at most."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tallies: dict[tuple[datetime, Outcome], Tally] = {}

    def handled(self, published: Iterable[datetime]) -> None:
        """Count events that were handled just now, by when each was published."""
        now = clock.now()
        late = [max(0.0, (now - at).total_seconds()) for at in published]
        if late:
            self.add(_hour(now), "handled", Tally(len(late), sum(late), len(late)))

    def failed(self, outcome: Outcome) -> None:
        """Count an attempt that failed just now."""
        self.add(_hour(clock.now()), outcome, Tally(1))

    def add(self, hour: datetime, outcome: Outcome, more: Tally) -> None:
        """Add to what was counted of an hour."""
        with self._lock:
            tally = self._tallies.setdefault((hour, outcome), Tally())
            tally.count += more.count
            tally.seconds += more.seconds
            tally.timed += more.timed

    def take(self) -> dict[tuple[datetime, Outcome], Tally]:
        """Return what was counted, and count anew."""
        with self._lock:
            taken, self._tallies = self._tallies, {}
        return taken


tallies = Tallies()


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
