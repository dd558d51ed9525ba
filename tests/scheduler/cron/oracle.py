"""A judge of expressions that knows nothing of ours: it walks through time minute by minute."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
#: Zones with changes of an hour, half an hour, two hours, a day; at midnight; and with none.
ZONES = {
    "Europe/Amsterdam": (2026, 3, 29),
    "America/New_York": (2026, 11, 1),
    "America/St_Johns": (2026, 3, 8),
    "Australia/Lord_Howe": (2026, 4, 5),
    "America/Santiago": (2026, 9, 6),
    "America/Havana": (2026, 11, 1),
    "Asia/Beirut": (2026, 3, 29),
    "Africa/Cairo": (2026, 4, 24),
    "Atlantic/Azores": (2026, 10, 25),
    "Pacific/Chatham": (2026, 9, 27),
    "Pacific/Apia": (2011, 12, 30),
    "Africa/Casablanca": (2026, 2, 15),
    "America/Sao_Paulo": (2018, 11, 4),
    "Antarctica/Troll": (2026, 3, 29),
    "Asia/Kolkata": (2026, 6, 1),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field as text, and the numbers that it stands for."""

    text: str
    values: frozenset[int]

    @property
    def star(self) -> bool:
        return self.text.startswith("*")


@dataclass(frozen=True, slots=True)
class Expression:
    """Minute, hour, day, month and weekday."""

    fields: tuple[Field, Field, Field, Field, Field]

    @property
    def text(self) -> str:
        return " ".join(field.text for field in self.fields)

    @property
    def fixed(self) -> bool:
        return not (self.fields[0].star or self.fields[1].star)

    def fits(self, local: datetime) -> bool:
        minute, hour, day, month, weekday = self.fields
        by_day = local.day in day.values
        by_weekday = local.isoweekday() % 7 in weekday.values
        both = day.star or weekday.star
        return (
            local.minute in minute.values
            and local.hour in hour.values
            and local.month in month.values
            and ((by_day and by_weekday) if both else (by_day or by_weekday))
        )


def due(
    expression: Expression, zone: ZoneInfo, after: datetime, hours: int, policy: str
) -> list[datetime]:
    """Return every moment in the hours after one at which an expression is due."""
    found = []
    seen = _locals_before(zone, after)
    moment = after.replace(second=0, microsecond=0)
    before = moment.astimezone(zone).replace(tzinfo=None)
    for _ in range(hours * 60):
        moment += MINUTE
        local = moment.astimezone(zone).replace(tzinfo=None, fold=0)
        if expression.fixed:
            skipped = _between(before, local)
            in_gap = policy == "vixie" and any(expression.fits(one) for one in skipped)
            if in_gap or (local not in seen and expression.fits(local)):
                found.append(moment)
            seen.add(local)
        elif expression.fits(local):
            found.append(moment)
        before = local
    return found


def _locals_before(zone: ZoneInfo, after: datetime) -> set[datetime]:
    """Return the local times of the day before a moment, and of the moment."""
    start = after.replace(second=0, microsecond=0)
    return {
        (start - number * MINUTE).astimezone(zone).replace(tzinfo=None, fold=0)
        for number in range(24 * 60)
    }


def _between(before: datetime, local: datetime) -> Iterator[datetime]:
    one = before + MINUTE
    while one < local:
        yield one
        one += MINUTE


def starts(chance: random.Random) -> tuple[str, datetime]:
    """Return a zone, and a moment that is most often in the two days around a change of clocks."""
    name, (year, month, day) = chance.choice(sorted(ZONES.items()))
    changed = datetime(year, month, day, tzinfo=UTC)
    return name, changed + timedelta(minutes=chance.randrange(-30 * 60, 26 * 60))


def expressions(chance: random.Random) -> Expression:
    """Return an expression of five fields, of a kind that people write."""
    return Expression(
        (
            _field(chance, 0, 59, (0, 30, 15, 59)),
            _field(chance, 0, 23, (0, 1, 2, 3, 23)),
            _field(chance, 1, 31, (1, 29, 30)) if chance.random() < 0.3 else _all(1, 31),
            _field(chance, 1, 12, (3, 4, 9, 11)) if chance.random() < 0.15 else _all(1, 12),
            _field(chance, 0, 6, (0, 6)) if chance.random() < 0.3 else _all(0, 6),
        )
    )


def _all(least: int, most: int) -> Field:
    return Field("*", frozenset(range(least, most + 1)))


def _field(chance: random.Random, least: int, most: int, favourites: tuple[int, ...]) -> Field:
    kind = chance.randrange(6)
    if kind == 0:
        return _all(least, most)
    if kind == 1:
        step = chance.choice((2, 3, 5, 7, 15))
        return Field(f"*/{step}", frozenset(range(least, most + 1, step)))
    if kind == 2:
        first = chance.randint(least, most)
        last = chance.randint(first, most)
        step = chance.choice((1, 1, 2))
        text = f"{first}-{last}" + (f"/{step}" if step > 1 else "")
        return Field(text, frozenset(range(first, last + 1, step)))
    if kind == 3:
        several = sorted({chance.randint(least, most) for _ in range(3)})
        return Field(",".join(map(str, several)), frozenset(several))
    number = chance.choice(favourites)
    return Field(str(number), frozenset({number}))
