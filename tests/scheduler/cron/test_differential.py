"""Ours against a walk through time, and against what others make of the same expressions."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.scheduler.domain.cron.evaluating import DstPolicy, next_after
from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.cron.fields import CronError
from apps.scheduler.domain.timetables import CronTimes, Timetable
from tests.nights import at_night
from tests.scheduler.cron import oracle

HOURS = 56


def ours(text: str, zone: tzinfo, after: datetime, until: datetime, policy: str) -> list[datetime]:
    times = Timetable(CronTimes(read(text), zone, DstPolicy(policy)))
    found = list(times.between(after + timedelta(microseconds=1), until, 100_000))
    assert all(one < other for one, other in pairwise(found))
    return found


@pytest.mark.parametrize("policy", ["vixie", "skip"])
@pytest.mark.parametrize(("seed", "count"), [(1, 250), *at_night((2, 20_000))])
def test_nothing_differs_from_a_walk_through_time(policy: str, seed: int, count: int) -> None:
    chance = random.Random(f"{seed} {policy}")
    for _ in range(count):
        expression, (name, after) = oracle.expressions(chance), oracle.starts(chance)
        zone = ZoneInfo(name)
        expected = oracle.due(expression, zone, after, HOURS, policy)

        until = after.replace(second=0, microsecond=0) + timedelta(hours=HOURS, seconds=1)
        assert ours(expression.text, zone, after, until, policy) == expected, (
            f"{expression.text} in {name} after {after}, {policy}"
        )


def by_cronsim(text: str, after: datetime) -> datetime:
    return next(CronSim(text, after)).astimezone(UTC)


def by_croniter(text: str, after: datetime) -> datetime:
    found: datetime = croniter(text, after).get_next(datetime)
    return found.astimezone(UTC)


@pytest.mark.parametrize(
    ("other", "most"), [(by_cronsim, 0.02), (by_croniter, 0.08)], ids=["cronsim", "croniter"]
)
def test_others_differ_only_where_the_walk_says_that_they_are_wrong(
    other: Callable[[str, datetime], datetime], most: float
) -> None:
    chance = random.Random(3)
    count = differing = 0
    while count < 300:
        expression, (name, after) = oracle.expressions(chance), oracle.starts(chance)
        zone = ZoneInfo(name)
        found = next_after(read(expression.text), zone, after)
        if found is None or found - after > timedelta(hours=HOURS):
            continue
        count += 1
        if other(expression.text, after.astimezone(zone)) != found:
            differing += 1
            expected = oracle.due(expression, zone, after, HOURS, "vixie")
            assert found == expected[0], f"{expression.text} in {name} after {after}"

    # Were it more, the walk itself would be in doubt.
    assert differing <= count * most


EXTENDED = [
    *("0 0 L * *", "0 0 LW * *", "30 4 L 2 *", "0 12 * * 5L", "0 12 * * 0L", "15 6 * * 1#1"),
    *("0 0 * * 3#5", "0 0 * * FRI#2,TUE#1", "0 0 1,L * *", "0 0 LW,15 2,6 *", "0 0 * * 7#1"),
    *("0 0 13 * 5", "0 0 */2 * 1", "0 0 29 2 *", "0 0 31 * *", "*/7 3-5 * JAN-MAR MON-FRI"),
    *("0 0 1-7/2 * *", "10 0 4/5 * *", "0 22/1 * * *", "0 0 5 8 THU"),
]


@pytest.mark.parametrize("text", EXTENDED)
def test_letters_mean_what_cronsim_takes_them_for(text: str) -> None:
    moment = datetime(2023, 1, 31, 12, 34, 56, tzinfo=UTC)
    theirs = CronSim(text, moment)

    for _ in range(60):
        moment_of_ours = next_after(read(text), UTC, moment)
        assert moment_of_ours == next(theirs)
        assert moment_of_ours is not None
        moment = moment_of_ours


@pytest.mark.parametrize("text", ["0 0 0 * * *", "*/10 */20 * * * *", "5,50 59 23 L * *"])
def test_seconds_mean_what_cronsim_takes_them_for(text: str) -> None:
    moment = datetime(2023, 1, 31, 12, 34, 56, tzinfo=UTC)
    theirs = CronSim(text, moment)

    for _ in range(60):
        found = next_after(read(text), UTC, moment)
        assert found == next(theirs)
        assert found is not None
        moment = found


def nearest_by_hand(year: int, month: int, day: int) -> int:
    """Return the working day nearest to a day of a month, tried one after the other."""
    for away in (0, 1, -1, 2, -2):
        try:
            tried = datetime(year, month, day + away, tzinfo=UTC)
        except ValueError:
            continue
        if tried.weekday() < 5:
            return tried.day
    raise AssertionError


@pytest.mark.parametrize("day", [1, 2, 14, 15, 28, 30, 31])
def test_the_nearest_working_day_is_of_the_same_month(day: int) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC) - timedelta(seconds=1)
    expected = []
    for year in range(2020, 2030):
        for month in range(1, 13):
            try:
                datetime(year, month, day, tzinfo=UTC)
            except ValueError:
                continue
            near = nearest_by_hand(year, month, day)
            expected.append(datetime(year, month, near, tzinfo=UTC))

    found = []
    for _ in expected:
        following = next_after(read(f"0 0 {day}W * *"), UTC, moment)
        assert following is not None
        found.append(following)
        moment = following

    assert found == expected


_NUMBERS = st.integers(0, 23).map(str)
_TEXTS = st.tuples(
    st.sampled_from(["*", "0", "*/15", "30", "59", "10-20"]),
    st.one_of(st.sampled_from(["*", "*/5", "1-3"]), _NUMBERS),
    st.sampled_from(["*", "1", "L", "LW", "15W", "*/9", "31"]),
    st.sampled_from(["*", "2", "3,10", "JAN-JUN"]),
    st.sampled_from(["*", "0", "MON-FRI", "5L", "2#2"]),
).map(" ".join)
_ZONES = st.sampled_from(sorted(oracle.ZONES)).map(ZoneInfo)
_MOMENTS = st.integers(0, 22 * 365 * 86_400).map(
    lambda seconds: datetime(2009, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@settings(max_examples=150, deadline=None)
@given(text=_TEXTS, zone=_ZONES, moment=_MOMENTS)
def test_the_next_is_later_and_the_previous_of_it_is_not(
    text: str, zone: ZoneInfo, moment: datetime
) -> None:
    times = Timetable(CronTimes(read(text), zone))
    following = times.next_after(moment)
    if following is None:
        return

    assert following > moment
    before = times.previous_before(following)
    assert before is None or before <= moment
    assert times.previous_before(following + timedelta(microseconds=1)) == following
    if before is not None:
        assert times.next_after(before) == following


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="0123456789*/-,?LW#@+ ABCFIJNORSUabz", max_size=30))
def test_whatever_is_written_is_read_or_refused_with_a_place(text: str) -> None:
    refused = None
    try:
        read(text)
    except CronError as error:
        refused = error

    assert refused is None or 0 <= refused.position <= len(text)
