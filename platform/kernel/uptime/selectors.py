"""The history of each part, by one question."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from kernel import clock
from kernel.uptime.models import UptimeDay

#: Days that are shown, today among them.
DAYS = 90


@dataclass(frozen=True, slots=True)
class Day:
    """How a part was on a day; `unknown` where nobody has looked."""

    day: date
    state: str
    ok: int = 0
    degraded: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A part became something else, at a minute of a day in UTC."""

    day: date
    at: str
    part: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class History:
    """The days of a part, the oldest first, and the share of them that it was not down."""

    part: str
    days: tuple[Day, ...]
    uptime: float | None
    changes: tuple[Change, ...]


def histories() -> dict[str, History]:
    """Return what is known of each part that anybody has looked at, by its name."""
    today = clock.now().date()
    first = today - timedelta(days=DAYS - 1)
    rows: dict[str, list[UptimeDay]] = defaultdict(list)
    for row in UptimeDay.objects.filter(day__gte=first).order_by("part", "day"):
        rows[row.part].append(row)
    dates = [first + timedelta(days=number) for number in range(DAYS)]
    return {part: _history(part, found, dates) for part, found in rows.items()}


def _history(part: str, rows: list[UptimeDay], dates: list[date]) -> History:
    days = {row.day: _day(row) for row in rows}
    down = sum(day.down for day in days.values())
    seen = down + sum(day.ok + day.degraded for day in days.values())
    return History(
        part,
        tuple(days.get(day, Day(day, "unknown")) for day in dates),
        1 - down / seen if seen else None,
        tuple(Change(row.day, at, part, *told) for row in rows for at, *told in row.changes),
    )


def _day(row: UptimeDay) -> Day:
    seconds = row.ok_seconds, row.degraded_seconds, row.down_seconds
    changed = {state for _, state, _ in row.changes}
    for state, known in (("down", seconds[2]), ("degraded", seconds[1])):
        if known or state in changed:
            return Day(row.day, state, *seconds)
    return Day(row.day, "ok", *seconds)
