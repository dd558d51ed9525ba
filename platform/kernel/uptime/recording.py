"""What a process that serves sees once a minute, written down by the first that comes to it."""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta

from django.db import transaction

from kernel import clock
from kernel.observability.health import Finding
from kernel.uptime.models import UptimeDay

EVERY = timedelta(minutes=1)
#: After a longer time without a look nobody knows how it was.
LONGEST_GAP = 3 * EVERY
#: Looks that wait for the database, which is one of the parts that may be away.
MOST_WAITING = 1_440
#: Changes of a part that are told of one day, and the characters that are of why.
MOST_CHANGES, MOST_DETAIL = 20, 120

Look = Callable[[], Mapping[str, Finding]]


class Recorder:
    """Looks, remembers what it saw until it is written down, and writes it down."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._seen: deque[tuple[datetime, Mapping[str, Finding]]] = deque(maxlen=MOST_WAITING)

    def write(self) -> None:
        """Look, and write down what was seen; raises DatabaseError, and then remembers it."""
        if found := self._look():
            self._seen.append((clock.now(), found))
        while self._seen:
            record(*self._seen[0])
            self._seen.popleft()


@transaction.atomic
def record(now: datetime, found: Mapping[str, Finding]) -> None:
    """Add to the day what was seen of each part; nothing where another has looked just before."""
    today = now.date()
    rows = UptimeDay.objects.filter(day__in=(today, today - timedelta(days=1)), part__in=found)
    # In one order, as others lock them too.
    latest = {row.part: row for row in rows.select_for_update().order_by("day", "part")}
    changed: list[UptimeDay] = []
    begun: list[UptimeDay] = []
    for part, finding in found.items():
        before = latest.get(part)
        if before is not None and now - before.seen_at < EVERY / 2:
            continue
        if before is not None and before.day == today:
            row = before
            changed.append(row)
        else:
            row = UptimeDay(part=part, day=today, state=finding.state, changes=[])
            begun.append(row)
        _add(row, before, finding, now)
    # Of two processes that begin a day at once, one does.
    UptimeDay.objects.bulk_create(begun, ignore_conflicts=True)
    UptimeDay.objects.bulk_update(
        changed,
        ("ok_seconds", "degraded_seconds", "down_seconds", "state", "seen_at", "changes"),
    )


def _add(row: UptimeDay, before: UptimeDay | None, finding: Finding, now: datetime) -> None:
    """Count the time since the look before as the state that it found."""
    if before is not None and now - before.seen_at <= LONGEST_GAP:
        since = max(before.seen_at, datetime.combine(row.day, time.min, UTC))
        seconds = f"{before.state}_seconds"
        setattr(row, seconds, getattr(row, seconds) + round((now - since).total_seconds()))
    if (before.state if before else "ok") != finding.state and len(row.changes) < MOST_CHANGES:
        row.changes.append([f"{now:%H:%M}", finding.state, finding.detail[:MOST_DETAIL]])
    row.state, row.seen_at = finding.state, now
