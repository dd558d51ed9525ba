"""Schedules as rows, read as timetables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
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


def never_due(schedule: JobSchedule, now: datetime) -> tuple[str, str] | None:
    """Return which column keeps a schedule from being due after a moment, and why.

    None where nothing does, and of one that follows another.
    """
    timetable = timetable_of(schedule)
    if timetable is None or timetable.next_after(now) is not None:
        return None
    if schedule.kind == ScheduleKind.ONCE and schedule.anchor_at and schedule.anchor_at <= now:
        told = f"it is due once, at {schedule.anchor_at:%Y-%m-%d %H:%M:%S %Z}, and that is past"
        return "anchor_at", f"{told}: choose a later moment"
    if schedule.ends_at and replace(timetable, ends_at=None).next_after(now) is not None:
        told = f"it ends at {schedule.ends_at:%Y-%m-%d %H:%M:%S %Z}, before it is due once more"
        return "ends_at", f"{told}: choose a later end"
    if not timetable.calendar.is_empty and timetable.times.next_after(now) is not None:
        told = "its calendar closes each day on which it would be due"
        return "calendar", f"{told}: open some, or say by `roll` where it goes"
    return str(schedule.kind), "it never fires: no such day comes in 60 years"


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
