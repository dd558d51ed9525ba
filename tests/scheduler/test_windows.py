"""Windows of time, by clocks that are changed too; runs beside each other in lanes."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.scheduler.domain.windows import (
    MOST_STEPS,
    Zoom,
    days_of,
    edges,
    lanes_of,
    window_at,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
#: Its clocks are put on at midnight.
SANTIAGO = ZoneInfo("America/Santiago")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zoom", "moment", "since", "hours"),
    [
        (Zoom.HOUR, "2026-06-01T12:34:56", "2026-06-01T12:00:00", 1),
        (Zoom.DAY, "2026-06-01T23:30:00", "2026-06-01T22:00:00", 24),
        (Zoom.DAY, "2026-03-29T12:00:00", "2026-03-28T23:00:00", 23),
        (Zoom.DAY, "2026-10-25T12:00:00", "2026-10-24T22:00:00", 25),
        (Zoom.WEEK, "2026-03-29T12:00:00", "2026-03-22T23:00:00", 167),
        (Zoom.MONTH, "2026-10-31T12:00:00", "2026-09-30T22:00:00", 31 * 24 + 1),
        (Zoom.MONTH, "2026-12-31T22:59:00", "2026-11-30T23:00:00", 31 * 24),
    ],
)
def test_a_window_is_as_clocks_have_it(zoom: Zoom, moment: str, since: str, hours: int) -> None:
    window = window_at(at(moment), zoom, AMSTERDAM)

    assert (window.since, window.until - window.since) == (at(since), timedelta(hours=hours))
    assert window_at(window.before, zoom, AMSTERDAM).until == window.since


@given(st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)), st.sampled_from(Zoom))  # noqa: DTZ001  the zone comes below
def test_windows_follow_each_other_without_a_gap(moment: datetime, zoom: Zoom) -> None:
    for zone in (AMSTERDAM, SANTIAGO, ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")):
        one = window_at(moment.replace(tzinfo=UTC), zoom, zone)
        nxt = window_at(one.until, zoom, zone)

        assert one.since <= moment.replace(tzinfo=UTC) < one.until
        assert nxt.since == one.until or zoom is Zoom.HOUR


def test_a_month_is_shown_by_whole_weeks_and_says_how_long_days_are() -> None:
    days = window_at(at("2026-03-10T12:00:00"), Zoom.MONTH, AMSTERDAM).days()

    assert (days[0].date, days[-1].date) == (date(2026, 2, 23), date(2026, 4, 5))
    assert {one.date: one.hours for one in days if one.hours != 24} == {date(2026, 3, 29): 23}
    assert all(one.until == other.since for one, other in pairwise(days))


def test_an_axis_names_hours_and_days() -> None:
    day = window_at(at("2026-03-29T12:00:00"), Zoom.DAY, AMSTERDAM)
    week = window_at(at("2026-03-29T12:00:00"), Zoom.WEEK, AMSTERDAM)
    hour = window_at(at("2026-03-29T12:00:00"), Zoom.HOUR, AMSTERDAM)

    assert [f"{one.astimezone(AMSTERDAM):%H}" for one in day.marks()] == [
        *("00", "03", "06", "09", "12", "15", "18", "21")
    ]
    assert [f"{one.astimezone(AMSTERDAM):%d %H}" for one in week.marks()] == [
        f"{day} 00" for day in range(23, 30)
    ]
    assert len(list(hour.marks())) == 6


def test_steps_are_few_and_cover_a_window() -> None:
    since = at("2026-06-01T00:00:00")
    for span in (timedelta(seconds=7), timedelta(hours=1), timedelta(hours=25), timedelta(days=42)):
        found = edges(since, since + span)

        assert (found[0], found[-1]) == (since, since + span)
        assert 2 <= len(found) <= MOST_STEPS + 2
        assert found == sorted(set(found))


def test_days_are_told_from_one_to_another() -> None:
    (one,) = days_of(date(2026, 9, 6), date(2026, 9, 6), SANTIAGO)

    assert one.hours == 23


@pytest.mark.parametrize(
    ("spans", "lanes"),
    [
        ([(0, 5), (5, 9)], [0, 0]),
        ([(0, 5), (4, 9), (5, 6)], [0, 1, 0]),
        ([(0, 9), (1, 9), (2, 9), (3, 9)], [0, 1, 2, 2]),
        ([], []),
    ],
)
def test_what_overlaps_lies_in_lanes_of_its_own(
    spans: list[tuple[int, int]], lanes: list[int]
) -> None:
    start = at("2026-06-01T00:00:00")
    told = [(start + timedelta(hours=a), start + timedelta(hours=b)) for a, b in spans]

    assert lanes_of(told, 3) == lanes
