"""What a page of charts shows, by one question."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kernel import clock
from kernel.activity.counting import KINDS, Kind
from kernel.activity.models import ActivityHour

#: Hours that are shown, by the hours that one bar stands for.
SPANS = {24: 1, 168: 6}


@dataclass(slots=True)
class Step:
    """What one bar stands for."""

    since: datetime
    outcomes: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    seconds: float = 0
    timed: int = 0

    @property
    def count(self) -> int:
        return sum(self.outcomes.values())

    @property
    def mean(self) -> float | None:
        """Return how many seconds one took; None where nobody knows."""
        return self.seconds / self.timed if self.timed else None


def steps(hours: int, kinds: Collection[str]) -> dict[str, list[Step]]:
    """Return the bars of each of these kinds of work, the oldest first."""
    size = SPANS[hours]
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    first = now - timedelta(hours=hours - 1)
    found = {
        kind: [Step(first + timedelta(hours=at)) for at in range(0, hours, size)] for kind in kinds
    }
    rows = ActivityHour.objects.filter(kind__in=kinds, hour__gte=first, hour__lte=now)
    by_place: dict[tuple[str, int], list[ActivityHour]] = defaultdict(list)
    for row in rows:
        by_place[row.kind, int((row.hour - first) / timedelta(hours=size))].append(row)
    for (kind, place), some in by_place.items():
        _add(found[kind][place], some, KINDS[kind])
    return found


def _add(step: Step, rows: Collection[ActivityHour], kind: Kind) -> None:
    for row in rows:
        step.outcomes[row.outcome] = step.outcomes.get(row.outcome, 0) + row.count
        step.failed += row.count if row.outcome in kind.failed else 0
        step.seconds += row.seconds
        step.timed += row.timed
