"""What is due on a closed day rolls to an open one: by hand, and against all days one by one."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.scheduler.domain.calendars import Calendar, CalendarError
from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.timetables import CronTimes, Interval, Timetable
from tests.scheduler.cron.oracle import ZONES

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
#: Good Friday is 3 April 2026, Easter Monday the 6th, King's Day Monday the 27th.
DUTCH = {"country": "NL", "business_days": True, "holidays": True}
DAY = timedelta(days=1)


def due(cron: str, roll: str, since: str, count: int, **more: object) -> list[str]:
    times = Timetable(
        CronTimes(read(cron), AMSTERDAM), AMSTERDAM, Calendar.of(DUTCH | {"roll": roll} | more)
    )
    after = datetime.fromisoformat(since).replace(tzinfo=AMSTERDAM)
    return [
        f"{one.astimezone(AMSTERDAM):%a %m-%d %H:%M}" for one in times.first_after(after, count)
    ]


@pytest.mark.parametrize(
    ("roll", "found"),
    [
        ("skip", ["Wed 07-01 09:00", "Wed 07-15 09:00"]),
        ("previous", ["Fri 05-29 09:00", "Fri 06-12 09:00", "Wed 07-01 09:00"]),
        ("next", ["Mon 06-01 09:00", "Mon 06-15 09:00", "Wed 07-01 09:00"]),
    ],
)
def test_the_1st_and_15th_go_to_an_open_day(roll: str, found: list[str]) -> None:
    # 1 and 15 June 2026 are Mondays: let them be closed.
    closed = {"except": ["2026-06-01", "2026-06-15"]} if roll != "next" else {}

    told = due("0 9 1,15 6-8 *", roll, "2026-05-25", len(found), **closed)

    assert told == found


def test_the_nearest_is_the_one_behind_where_both_are_as_near() -> None:
    # Saturday 4 July goes back, Sunday 5 July on; of a single closed day both are as near.
    assert due("0 9 4 7 *", "nearest", "2026-06-25", 1) == ["Fri 07-03 09:00"]
    assert due("0 9 5 7 *", "nearest", "2026-06-25", 1) == ["Mon 07-06 09:00"]
    assert due("0 9 8 7 *", "nearest", "2026-06-25", 1, **{"except": ["2026-07-08"]}) == [
        "Thu 07-09 09:00"
    ]


def test_over_easter_four_days_roll_to_one() -> None:
    assert due("0 9 * * *", "next", "2026-04-01T12:00", 3) == [
        "Thu 04-02 09:00",
        "Tue 04-07 09:00",
        "Wed 04-08 09:00",
    ]
    assert due("0 9 4 4 *", "previous", "2026-03-25", 1) == ["Thu 04-02 09:00"]
    assert due("0 9 5 4 *", "nearest", "2026-03-25", 1) == ["Tue 04-07 09:00"]


def test_several_times_of_closed_days_meet_the_open_ones_in_their_order() -> None:
    assert due("0 9,17 * * 6,0", "next", "2026-06-05", 4) == [
        "Mon 06-08 09:00",
        "Mon 06-08 17:00",
        "Mon 06-15 09:00",
        "Mon 06-15 17:00",
    ]


def test_a_time_that_the_open_day_does_not_have_is_due_right_after_the_change() -> None:
    # The clocks change on Sunday 29 March 2026, which alone is open.
    calendar = Calendar.of({"roll": "next", "except": [f"2026-03-{day}" for day in (26, 27, 28)]})
    times = Timetable(CronTimes(read("30 2 28 3 *"), AMSTERDAM), AMSTERDAM, calendar)

    found = times.next_after(datetime(2026, 3, 20, tzinfo=UTC))

    assert found == datetime(2026, 3, 29, 1, tzinfo=UTC)


@pytest.mark.parametrize("roll", ["forward", 3, None, ["next"]])
def test_an_unknown_way_to_roll_is_refused(roll: object) -> None:
    with pytest.raises(CalendarError, match="roll is skip, previous, next, nearest"):
        Calendar.of(DUTCH | {"roll": roll})


def test_with_no_open_day_nothing_is_due() -> None:
    first = date(2026, 1, 1)
    closed = [str(first + number * DAY) for number in range(400)]
    times = Timetable(
        CronTimes(read("0 9 * * *"), UTC),
        UTC,
        Calendar.of({"roll": "previous", "except": closed}),
        ends_at=datetime(2027, 2, 4, tzinfo=UTC),
    )

    assert times.next_after(datetime(2026, 1, 1, tzinfo=UTC)) is None


def reached(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment at which clocks show a local time or a later one."""
    found = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == local.replace(fold=0):
        return found
    found -= timedelta(hours=26)
    while found.astimezone(zone).replace(tzinfo=None) < local:
        found += timedelta(minutes=1)
    return found


_CRONS = st.sampled_from(
    ["0 9 * * *", "30 2 * * *", "0 9,17 1,15 * *", "0 */6 * * 6", "15 1-3 * * 0", "45 23 28-31 * *"]
)
_CLOSED = st.sets(st.integers(0, 59), max_size=30)


@settings(max_examples=120, deadline=None)
@given(
    cron=_CRONS,
    zone=st.sampled_from(sorted(ZONES)),
    roll=st.sampled_from(["previous", "next", "nearest"]),
    weekend=st.booleans(),
    closed=_CLOSED,
)
def test_nothing_differs_from_rolling_each_moment_by_itself(
    cron: str, zone: str, roll: str, weekend: bool, closed: set[int]
) -> None:
    first = date(*ZONES[zone]) - 30 * DAY
    calendar = Calendar.of(
        {
            "roll": roll,
            "business_days": weekend,
            "except": [str(first + number * DAY) for number in closed],
        }
    )
    here = ZoneInfo(zone)
    since = datetime(first.year, first.month, first.day, tzinfo=here).astimezone(UTC)
    until = since + 60 * DAY
    plain = Timetable(CronTimes(read(cron), here))
    rolled = Timetable(CronTimes(read(cron), here), here, calendar)

    expected = set()
    for moment in plain.between(since - 40 * DAY, until + 40 * DAY, 10_000):
        local = moment.astimezone(here)
        day = calendar.rolled(local.date())
        assert day is not None
        if day == local.date():
            expected.add(moment)
            continue
        expected.add(reached(datetime.combine(day, local.time()), here))

    found = list(rolled.between(since, until, 10_000))
    assert found == sorted(one for one in expected if since <= one < until)
    assert all(one < other for one, other in pairwise(found))


def test_an_interval_rolls_as_well() -> None:
    every = Interval(timedelta(hours=12), datetime(2026, 6, 5, 6, tzinfo=UTC))
    times = Timetable(every, UTC, Calendar.of({"business_days": True, "roll": "next"}))

    found = list(times.first_after(datetime(2026, 6, 5, 12, tzinfo=UTC), 3))

    assert [f"{one:%a %H:%M}" for one in found] == ["Fri 18:00", "Mon 06:00", "Mon 18:00"]
