"""Intervals, rules, single moments, calendars, jitter."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.scheduler.domain.calendars import Calendar, CalendarError
from apps.scheduler.domain.cron.evaluating import DstPolicy
from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.jitter import jitter
from apps.scheduler.domain.rules import RuleError, RuleTimes, check_rule
from apps.scheduler.domain.timetables import CronTimes, Interval, OneTime, Times, Timetable

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
START = datetime(2026, 3, 20, 9, 30, tzinfo=UTC)


def local(times: Times | Timetable, since: datetime, count: int) -> list[str]:
    found, moment = [], since
    for _ in range(count):
        following = times.next_after(moment)
        if following is None:
            break
        found.append(f"{following.astimezone(AMSTERDAM):%m-%d %H:%M}")
        moment = following
    return found


def test_an_interval_is_counted_in_real_time_from_its_anchor() -> None:
    times = Interval(timedelta(hours=12), START)

    assert local(times, START - timedelta(days=9), 2) == ["03-20 10:30", "03-20 22:30"]
    assert local(times, datetime(2026, 3, 28, 12, tzinfo=UTC), 2) == ["03-28 22:30", "03-29 11:30"]


def test_a_moment_comes_once() -> None:
    assert local(OneTime(START), START - timedelta(seconds=1), 2) == ["03-20 10:30"]
    assert local(OneTime(START), START, 1) == []


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("FREQ=MONTHLY;BYDAY=-1FR", ["03-27 10:30", "04-24 10:30", "05-29 10:30"]),
        ("FREQ=DAILY;INTERVAL=5", ["03-20 10:30", "03-25 10:30", "03-30 10:30"]),
        ("FREQ=WEEKLY;BYDAY=SU;BYHOUR=2", ["03-22 02:30", "03-29 03:00", "04-05 02:30"]),
        ("RRULE:FREQ=DAILY;COUNT=2", ["03-20 10:30", "03-21 10:30"]),
        ("FREQ=DAILY;UNTIL=20260321T235959Z", ["03-20 10:30", "03-21 10:30"]),
    ],
)
def test_rules_are_of_local_time(rule: str, found: list[str]) -> None:
    check_rule(rule)
    times = RuleTimes(rule, START, AMSTERDAM)

    assert local(times, START - timedelta(days=30), 3) == found


def test_a_rule_of_years_ago_reads_the_same_as_it_did_then() -> None:
    rule, anchor = "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH", datetime(2001, 1, 1, 8, tzinfo=UTC)
    times = RuleTimes(rule, anchor, AMSTERDAM)
    walked, moment = [], anchor - timedelta(seconds=1)
    for _ in range(900):
        following = times.next_after(moment)
        assert following is not None
        walked.append(following)
        moment = following

    assert all(times.next_after(one - timedelta(seconds=1)) == one for one in walked[::90])
    assert walked[1].astimezone(AMSTERDAM).isoweekday() == 4


def test_a_rule_follows_the_policy_for_gaps() -> None:
    rule, since = "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", datetime(2026, 3, 28, 12, tzinfo=UTC)

    vixie = RuleTimes(rule, START, AMSTERDAM)
    skip = RuleTimes(rule, START, AMSTERDAM, DstPolicy.SKIP)

    assert local(vixie, since, 1) == ["03-29 03:00"]
    assert local(skip, since, 1) == ["03-30 02:30"]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("FREQ=SECONDLY", "FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=DAILY;BYSECOND=1", "'BYSECOND=1' is no part of a rule"),
        ("FREQ=DAILY;FREQ=DAILY", "stands there twice"),
        ("DTSTART=20200101", "is no part of a rule"),
        ("FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5", "at most 24 times a day"),
        ("FREQ=DAILY;COUNT=0", "COUNT is 1 to 10000"),
        ("FREQ=DAILY;BYDAY=XX", "it is no rule"),
        ("FREQ=DAILY;COUNT=2;UNTIL=x", "is no part of a rule"),
    ],
)
def test_what_is_no_rule_is_refused(rule: str, problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        check_rule(rule)


def test_calendars_leave_out_weekends_holidays_and_days_that_are_named() -> None:
    daily = CronTimes(read("0 9 * * *"), AMSTERDAM)
    told = {
        "country": "NL",
        "business_days": True,
        "holidays": True,
        "except": ["2026-04-02"],
    }
    times = Timetable(daily, AMSTERDAM, Calendar.of(told))

    # Good Friday is the 3rd, Easter Monday the 6th.
    found = local(times, datetime(2026, 3, 31, 12, tzinfo=UTC), 4)

    assert found == ["04-01 09:00", "04-07 09:00", "04-08 09:00", "04-09 09:00"]


def test_weekends_are_those_of_the_country() -> None:
    assert not Calendar.of({"business_days": True}).is_open(date(2026, 6, 6))
    assert Calendar.of({"business_days": True}).is_open(date(2026, 6, 5))
    egypt = Calendar.of({"country": "EG", "business_days": True})
    assert [egypt.is_open(date(2026, 6, day)) for day in (5, 6, 7)] == [False, False, True]


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"holidays": True}, "name it, such as NL"),
        ({"country": "XX"}, "no holidays are known of 'XX'"),
        ({"country": "NL", "subdivision": "QQ"}, "NL has no 'QQ'"),
        ({"subdivision": "BY"}, "name that, too"),
        ({"except": ["tomorrow"]}, "'tomorrow' is no day"),
        ({"weekend": True}, "found 'weekend'"),
        ({"business_days": "yes"}, "business_days is true or false"),
    ],
)
def test_what_is_no_calendar_is_refused(told: dict[str, object], problem: str) -> None:
    with pytest.raises(CalendarError, match=problem):
        Calendar.of(told)


def test_a_calendar_that_is_never_open_ends() -> None:
    sundays = CronTimes(read("0 9 * * SUN"), AMSTERDAM)

    times = Timetable(sundays, AMSTERDAM, Calendar.of({"business_days": True}))

    assert times.next_after(START) is None


def test_a_timetable_begins_and_ends() -> None:
    daily = CronTimes(read("0 9 * * *"), UTC)
    start, end = datetime(2026, 5, 1, 9, tzinfo=UTC), datetime(2026, 5, 3, 9, tzinfo=UTC)

    times = Timetable(daily, starts_at=start, ends_at=end)

    found = list(times.between(start - timedelta(days=9), end + timedelta(days=9), 10))
    assert found == [start, start + timedelta(days=1)]
    assert times.previous_before(end + timedelta(days=99)) == start + timedelta(days=1)
    assert times.previous_before(start) is None


def test_jitter_is_the_same_each_time_and_spreads() -> None:
    most = timedelta(seconds=60)
    found = [jitter(f"schedule {number}", START, most) for number in range(500)]

    assert found == [jitter(f"schedule {number}", START, most) for number in range(500)]
    assert min(found) >= timedelta()
    assert max(found) <= most
    assert len(set(found)) > 50
    assert jitter("schedule", START, timedelta()) == timedelta()
