"""Until when a message is put off: a moment, or as people say it, by the clock on their wall."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LATER = timedelta(hours=3)
LONGEST = timedelta(days=366)
MORNING = time(9)
_MONDAY = 0


def wakes_at(told: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment of `later` (in three hours), `tomorrow`, `monday` (at nine), or of a time.

    A time is one of ISO 8601 with its offset. What a zone leaves out is read as PEP 495 has it.
    Raises ValueError for what is no moment of the next year.
    """
    said = _WORDS.get(told)
    until = datetime.fromisoformat(told) if said is None else said(now, zone)
    if until.tzinfo is None:
        raise ValueError("a time is told with its offset")
    if not now < until <= now + LONGEST:
        raise ValueError(f"a message is put off for at most {LONGEST.days} days, from now on")
    return until.astimezone(UTC)


def _later(now: datetime, _zone: ZoneInfo) -> datetime:
    return now + LATER


def _tomorrow(now: datetime, zone: ZoneInfo) -> datetime:
    return _morning(now.astimezone(zone).date() + timedelta(days=1), zone)


def _monday(now: datetime, zone: ZoneInfo) -> datetime:
    today = now.astimezone(zone).date()
    return _morning(today + timedelta(days=(_MONDAY - today.weekday() - 1) % 7 + 1), zone)


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, MORNING, zone)


_WORDS: dict[str, Callable[[datetime, ZoneInfo], datetime]] = {
    "later": _later,
    "tomorrow": _tomorrow,
    "monday": _monday,
}
