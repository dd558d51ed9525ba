"""Schedules, their versions and their runs as rows."""

from apps.scheduler.models.runs import (
    FINISHED,
    OUTCOMES,
    REMEMBERED,
    JobRun,
    JobRunLine,
    RunKind,
    RunState,
)
from apps.scheduler.models.schedules import (
    JobSchedule,
    JobScheduleVersion,
    MisfirePolicy,
    OverlapPolicy,
    ScheduleDstPolicy,
    ScheduleKind,
    TargetKind,
)

__all__ = [
    "FINISHED",
    "OUTCOMES",
    "REMEMBERED",
    "JobRun",
    "JobRunLine",
    "JobSchedule",
    "JobScheduleVersion",
    "MisfirePolicy",
    "OverlapPolicy",
    "RunKind",
    "RunState",
    "ScheduleDstPolicy",
    "ScheduleKind",
    "TargetKind",
]
