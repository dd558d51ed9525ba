"""Quiet hours by the clock on the wall, in every zone and over every change of offset."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.notifications.domain.quiet_hours import QuietHours, released_at

NIGHT = QuietHours(time(22), time(7))
ZONES = sorted(available_timezones() - {"localtime"})
#: Zones in which an hour is left out and another is twice, and what is odd about them.
CHANGING = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour
    "America/Havana",  # at midnight
    "Africa/Casablanca",  # around Ramadan
    "America/St_Johns",
    "Asia/Tehran",
    "Antarctica/Troll",  # by two hours
    "Pacific/Apia",  # left out a day
]


def quiet_at(moment: datetime, zone: ZoneInfo, quiet: QuietHours) -> bool:
    return quiet.hold(moment.astimezone(zone).time())


def by_looking(now: datetime, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    """Return the first minute that is not quiet, by looking at each: slow, and plainly right."""
    if not quiet_at(now, zone, quiet):
        return now
    minute = now.replace(second=0, microsecond=0)
    while quiet_at(minute, zone, quiet):
        minute += timedelta(minutes=1)
    return minute


def naive(now: datetime, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    """Return the end of the hours as arithmetic on the wall has it, which forgets the changes."""
    wall = now.astimezone(zone)
    if not quiet.hold(wall.time()):
        return now
    ends = datetime.combine(wall.date(), quiet.ends, tzinfo=zone)
    return (ends if ends > wall else ends + timedelta(days=1)).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "zone", "quiet", "released"),
    [
        # A night like others, from both sides of midnight.
        ("2026-01-10T21:59:59", "UTC", NIGHT, "2026-01-10T21:59:59"),
        ("2026-01-10T22:00:00", "UTC", NIGHT, "2026-01-11T07:00:00"),
        ("2026-01-11T06:59:59", "UTC", NIGHT, "2026-01-11T07:00:00"),
        ("2026-01-11T07:00:00", "UTC", NIGHT, "2026-01-11T07:00:00"),
        # The night that is an hour shorter, and the one that is longer.
        ("2026-03-28T22:00:00", "Europe/Berlin", NIGHT, "2026-03-29T05:00:00"),
        ("2026-10-24T22:00:00", "Europe/Berlin", NIGHT, "2026-10-25T06:00:00"),
        # Half past two is left out: the first moment behind the gap is not quiet any more.
        (
            "2026-03-29T00:30:00",
            "Europe/Berlin",
            QuietHours(time(1), time(2, 30)),
            "2026-03-29T01:00:00",
        ),
        # It is half past two twice: between them it is quiet once more.
        (
            "2026-10-25T00:10:00",
            "Europe/Berlin",
            QuietHours(time(2), time(2, 30)),
            "2026-10-25T00:30:00",
        ),
        (
            "2026-10-25T01:10:00",
            "Europe/Berlin",
            QuietHours(time(2), time(2, 30)),
            "2026-10-25T01:30:00",
        ),
    ],
)
def test_hours_end_by_the_wall(now: str, zone: str, quiet: QuietHours, released: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    found = released_at(moment, ZoneInfo(zone), quiet)

    assert found == datetime.fromisoformat(released).replace(tzinfo=UTC)


times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
#: Around the changes of offset there are, where mistakes are.
minutes = st.integers(0, 60 * 24 * 365 * 12).map(
    lambda number: datetime(2015, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
)


@given(minutes, st.sampled_from(CHANGING), times, times)
def test_it_is_as_whoever_looks_at_the_clock_each_minute_sees_it(
    now: datetime, zone: str, begins: time, ends: time
) -> None:
    assume(begins != ends)
    quiet, where = QuietHours(begins, ends), ZoneInfo(zone)

    assert released_at(now, where, quiet) == by_looking(now, where, quiet)


@pytest.mark.parametrize("zone", ZONES[::7])
def test_no_zone_is_wrong_on_the_days_of_its_changes(zone: str) -> None:
    where, quiet = ZoneInfo(zone), QuietHours(time(1, 15), time(2, 45))

    for day in _changes(where):
        for minutes_on in range(0, 60 * 6, 25):
            now = day + timedelta(minutes=minutes_on)
            assert released_at(now, where, quiet) == by_looking(now, where, quiet)


def test_a_naive_way_fails_where_this_one_does_not() -> None:
    """Or the cases above would show nothing."""
    quiet, where = QuietHours(time(1, 15), time(2, 45)), ZoneInfo("Europe/Berlin")
    cases = [
        day + timedelta(minutes=minute) for day in _changes(where) for minute in range(0, 360, 25)
    ]

    wrong = [now for now in cases if naive(now, where, quiet) != by_looking(now, where, quiet)]

    assert wrong


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"from": "22:00"}, "quiet hours are"),
        ({"from": "24:00", "until": "07:00"}, "a time of the day"),
        ({"from": "22:00", "until": "22:00"}, "another time"),
        ({"from": 22, "until": "07:00"}, "a time of the day"),
    ],
)
def test_what_are_no_quiet_hours_is_refused(told: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        QuietHours.of(told)

    assert QuietHours.of({}) is None


def _changes(zone: ZoneInfo) -> list[datetime]:
    """Return three hours before each change of offset in two years."""
    hours = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=one) for one in range(24 * 366)]
    offsets = [one.astimezone(zone).utcoffset() for one in hours]
    found = [
        hours[number] for number in range(1, len(hours)) if offsets[number] != offsets[number - 1]
    ]
    return [one - timedelta(hours=3) for one in found]
