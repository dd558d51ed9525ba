"""Schedules as rows, read as timetables."""

from datetime import UTC, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from apps.scheduler.domain.calendars import Calendar
from apps.scheduler.domain.cron.evaluating import DstPolicy
from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.rules import RuleTimes, anchor_of
from apps.scheduler.domain.timetables import CronTimes, Interval, OneTime, Times, Timetable
from apps.scheduler.models import JobSchedule, ScheduleKind


def zone_of(name: str) -> tzinfo:
    """Return a time zone that is known to be there."""
    return UTC if name == "UTC" else ZoneInfo(name)


def timetable_of(schedule: JobSchedule) -> Timetable | None:
    """Return when a schedule is due; None of one that follows another."""
    times = _times(schedule)
    if times is None:
        return None
    return Timetable(
        times,
        zone=zone_of(schedule.time_zone),
        calendar=Calendar.of(schedule.calendar),
        starts_at=schedule.starts_at,
        ends_at=schedule.ends_at,
    )


def _times(schedule: JobSchedule) -> Times | None:
    zone, policy = zone_of(schedule.time_zone), DstPolicy(schedule.dst_policy)
    anchor: Any = anchor_of(schedule.anchor_at, schedule.created_at)
    match schedule.kind:
        case ScheduleKind.CRON:
            return CronTimes(read(schedule.cron), zone, policy)
        case ScheduleKind.ONCE:
            return OneTime(anchor)
        case ScheduleKind.INTERVAL:
            return Interval(timedelta(seconds=schedule.every_seconds), anchor)
        case ScheduleKind.RULE:
            return RuleTimes(schedule.rule, anchor, zone, policy)
    return None
