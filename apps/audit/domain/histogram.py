"""How many logs a span of time has: spans are chosen by what there is, and are of a time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

#: The greatest number of spans.
MOST_SPANS = 400
#: Offsets of zones are multiples of this.
QUARTER = timedelta(minutes=15)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STEPS = {
    "MINUTE": _MINUTE,
    "QUARTER_HOUR": QUARTER,
    "HOUR": _HOUR,
    "DAY": _DAY,
    "WEEK": 7 * _DAY,
    "MONTH": 28 * _DAY,
    "YEAR": 365 * _DAY,
}


@dataclass(frozen=True, slots=True)
class Span:
    """So many logs from this moment on."""

    start: datetime
    count: int


def step_for(first: datetime, last: datetime, most: int) -> str:
    """Return the shortest step of which no more than so many are from one quarter to the other."""
    for name, least in STEPS.items():
        if (last + QUARTER - first) / least <= most - 2:
            return name
    return "YEAR"


def spans(counts: Mapping[datetime, int], step: str, zone: ZoneInfo) -> list[Span]:
    """Return the spans from the first moment to the last, also those without any.

    The moments begin spans of a minute, or of a quarter of an hour if a step is not shorter.
    """
    found: dict[datetime, int] = {}
    for moment, count in sorted(counts.items()):
        start = start_of(moment, step, zone)
        found[start] = found.get(start, 0) + count
    if not found:
        return []
    starts, last = [min(found)], max(found)
    while starts[-1] < last and len(starts) <= MOST_SPANS:
        starts.append(_next(starts[-1], step, zone))
    return [Span(start, found.get(start, 0)) for start in starts]


def start_of(moment: datetime, step: str, zone: ZoneInfo) -> datetime:
    """Return when the span began that a moment is in, by the clocks of the zone."""
    local = moment.astimezone(zone)
    if step in {"MINUTE", "QUARTER_HOUR", "HOUR"}:
        minutes = {"MINUTE": 1, "QUARTER_HOUR": 15, "HOUR": 60}[step]
        over = timedelta(
            minutes=local.minute % minutes, seconds=local.second, microseconds=local.microsecond
        )
        # By UTC: an hour that clocks show twice is two spans.
        return (moment - over).astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if step == "WEEK":
        return midnight - timedelta(days=midnight.weekday())
    if step == "MONTH":
        return midnight.replace(day=1)
    return midnight.replace(month=1, day=1) if step == "YEAR" else midnight


def _next(start: datetime, step: str, zone: ZoneInfo) -> datetime:
    if step in {"MINUTE", "QUARTER_HOUR", "HOUR"}:
        return start_of(start + STEPS[step], step, zone)
    # Into the next span whatever its length, and back to where it begins.
    beyond = {"DAY": 1.5, "WEEK": 8, "MONTH": 32, "YEAR": 370}[step]
    return start_of(start + timedelta(days=beyond), step, zone)
