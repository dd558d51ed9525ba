"""What is run of times that have come while nobody was there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.misfires import MOST_COUNTED, Policy, plan
from apps.scheduler.domain.timetables import CronTimes, Interval, OneTime, Timetable

START = datetime(2026, 6, 1, tzinfo=UTC)
MINUTELY = Timetable(CronTimes(read("* * * * *"), UTC))
WEEK = timedelta(days=7)


def minutes(*numbers: int) -> tuple[datetime, ...]:
    return tuple(START + timedelta(minutes=number) for number in numbers)


def planned(policy: Any, *, late: int, cap: int = 3, window: timedelta = WEEK) -> Any:
    now = START + timedelta(minutes=late, seconds=30)
    return plan(MINUTELY, START, now, policy=Policy(policy), window=window, cap=cap)


@pytest.mark.parametrize("policy", ["skip", "fire_once", "fire_all"])
def test_what_is_on_time_is_run_whatever_the_policy(policy: str) -> None:
    found = planned(policy, late=0)

    assert found.fires == minutes(0)
    assert (found.left_out, found.next) == (0, *minutes(1))


@pytest.mark.parametrize(
    ("policy", "fires", "left_out"),
    [
        # Of each minute: one is on time when the tenth has come.
        ("skip", (10,), 10),
        ("fire_once", (10,), 10),
        ("fire_all", (7, 8, 9, 10), 7),
    ],
)
def test_policies_say_what_is_made_up_for(
    policy: str, fires: tuple[int, ...], left_out: int
) -> None:
    found = planned(policy, late=10)

    assert found.fires == minutes(*fires)
    assert found.left_out == left_out
    assert found.next == START + timedelta(minutes=11)


def test_the_last_is_made_up_for_when_none_is_on_time() -> None:
    nightly = Timetable(CronTimes(read("0 3 * * *"), UTC))
    due, now = START + timedelta(hours=3), START + timedelta(days=2, hours=5)

    once = plan(nightly, due, now, policy=Policy.FIRE_ONCE, window=timedelta(hours=6), cap=1)
    none = plan(nightly, due, now, policy=Policy.SKIP, window=timedelta(hours=6), cap=1)
    late = plan(nightly, due, now, policy=Policy.FIRE_ONCE, window=timedelta(hours=1), cap=1)

    assert once.fires == (due + timedelta(days=2),)
    assert (none.fires, late.fires) == ((), ())
    assert (once.left_out, none.left_out) == (2, 3)


def test_a_million_missed_times_are_no_storm_and_no_walk() -> None:
    secondly = Timetable(Interval(timedelta(seconds=1), START))
    now = START + timedelta(days=12)

    found = plan(secondly, START, now, policy=Policy.FIRE_ALL, window=timedelta(days=31), cap=100)

    assert len(found.fires) <= 100 + 61
    assert found.fires[-1] == now
    assert found.left_out == MOST_COUNTED
    assert found.next == now + timedelta(seconds=1)


def test_what_is_due_once_is_due_once() -> None:
    once = Timetable(OneTime(START))

    found = plan(once, START, START, policy=Policy.FIRE_ONCE, window=WEEK, cap=1)

    assert (found.fires, found.left_out, found.next) == ((START,), 0, None)
