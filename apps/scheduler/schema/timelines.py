"""Runs and times to come, for timelines and calendars."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import graphene

from apps.scheduler.access import JOB_SCHEDULE
from apps.scheduler.domain.times import TimesError, check_time_zone
from apps.scheduler.domain.windows import days_of
from apps.scheduler.models import FINISHED, RunState
from apps.scheduler.schema.types import RunKindEnum, RunStateEnum
from apps.scheduler.selectors.days import DayCount, count_days
from apps.scheduler.selectors.timelines import (
    LONGEST_WINDOW,
    MOST_COMING,
    MOST_RUNS,
    Lane,
    Timeline,
    Wanted,
    check_years,
    timeline,
)
from apps.scheduler.selectors.timetables import zone_of
from kernel.errors import InvalidInputError, LimitExceededError
from kernel.tenancy.context import require


class JobRunCounts(graphene.ObjectType):
    """How many runs there were, by how they ended."""

    total = graphene.Int(required=True)
    succeeded = graphene.Int(required=True)
    failed = graphene.Int(required=True, description="Terminated ones as well.")
    left_out = graphene.Int(required=True, description="Skipped or cancelled.")
    unfinished = graphene.Int(required=True)


class JobTimelineRun(graphene.ObjectType):
    """A run, as a bar shows it; `jobRun` has the rest of it."""

    id = graphene.ID(required=True)
    fire_time = graphene.DateTime(required=True)
    state = RunStateEnum(required=True)
    kind = RunKindEnum(required=True)
    attempt = graphene.Int(required=True)
    started_at = graphene.DateTime()
    finished_at = graphene.DateTime()


class JobTimelineStep(graphene.ObjectType):
    """The runs of one step of the window."""

    since = graphene.DateTime(required=True)
    until = graphene.DateTime(required=True)
    runs = graphene.Field(JobRunCounts, required=True)

    @staticmethod
    def resolve_runs(step: Any, _info: Any) -> dict[str, int]:
        return counts_of(step.states)


class JobTimelineLane(graphene.ObjectType):
    """One schedule in a window."""

    schedule_id = graphene.ID(required=True)
    name = graphene.String(required=True)
    runs = graphene.List(
        graphene.NonNull(JobTimelineRun),
        required=True,
        description=f"The earliest first; none of a schedule that has more than {MOST_RUNS}.",
    )
    steps = graphene.List(
        graphene.NonNull(JobTimelineStep),
        required=True,
        description="Of a schedule that has more: how many there were, without steps of none.",
    )
    counted_until = graphene.DateTime(
        description="From then on there were too many to count; null if all are."
    )
    coming = graphene.List(
        graphene.NonNull(graphene.DateTime),
        required=True,
        description=f"When it is due from now on; the first {MOST_COMING}.",
    )
    more_coming = graphene.Boolean(required=True)

    @staticmethod
    def resolve_schedule_id(lane: Lane, _info: Any) -> str:
        return str(lane.schedule.pk)

    @staticmethod
    def resolve_name(lane: Lane, _info: Any) -> str:
        return lane.schedule.name

    @staticmethod
    def resolve_steps(lane: Lane, _info: Any) -> Sequence[Any]:
        return lane.counts


class JobTimeline(graphene.ObjectType):
    """A page of schedules, by their names, in a window."""

    lanes = graphene.List(graphene.NonNull(JobTimelineLane), required=True)
    after = graphene.ID(description="Behind which the next page begins; null of the last one.")


class JobCalendarDay(graphene.ObjectType):
    """A day of a time zone."""

    date = graphene.Date(required=True)
    hours = graphene.Float(required=True, description="24, but where clocks are changed.")
    runs = graphene.Field(JobRunCounts, required=True)
    more_runs = graphene.Boolean(
        required=True, description="Of a calendar with over 5,000 runs each day counts to 1,000."
    )
    coming = graphene.Int(required=True)
    more_coming = graphene.Boolean(
        required=True, description="3,000 times of the 200 schedules that are due first are told."
    )

    @staticmethod
    def resolve_date(one: DayCount, _info: Any) -> Any:
        return one.day.date

    @staticmethod
    def resolve_hours(one: DayCount, _info: Any) -> float:
        return one.day.hours

    @staticmethod
    def resolve_runs(one: DayCount, _info: Any) -> dict[str, int]:
        return counts_of(one.states)

    @staticmethod
    def resolve_more_runs(one: DayCount, _info: Any) -> bool:
        return one.more


class Timelines:
    """Questions of what was, and what is to come."""

    job_timeline = graphene.Field(
        JobTimeline,
        required=True,
        since=graphene.DateTime(required=True),
        until=graphene.DateTime(
            required=True, description=f"Before this; at most {LONGEST_WINDOW.days} days later."
        ),
        schedule_ids=graphene.List(graphene.NonNull(graphene.ID), description="At most 50."),
        name=graphene.String(description="Part of it."),
        tag=graphene.String(),
        states=graphene.List(
            graphene.NonNull(RunStateEnum), description="Only these, and schedules that have some."
        ),
        first=graphene.Int(default_value=25, description="Schedules; at most 50."),
        after=graphene.ID(),
        description="Runs that were due, and times that are to come, schedule by schedule.",
    )
    job_calendar = graphene.List(
        graphene.NonNull(JobCalendarDay),
        required=True,
        first_day=graphene.Date(required=True),
        last_day=graphene.Date(required=True, description="At most 42 days together."),
        time_zone=graphene.String(default_value="UTC"),
        description="How many runs there were on each day, and how many are to come.",
    )

    @staticmethod
    def resolve_job_timeline(
        _root: Any, _info: Any, since: datetime, until: datetime, **asked: Any
    ) -> Timeline:
        require(JOB_SCHEDULE.read)
        page = {name: asked.pop(name) for name in ("first", "after") if name in asked}
        said = {name: value for name, value in asked.items() if value is not None}
        said["states"] = [str(RunState(one)) for one in said.get("states", ())]
        return timeline(since, until, Wanted(**said), **page)

    @staticmethod
    def resolve_job_calendar(
        _root: Any, _info: Any, first_day: date, last_day: date, time_zone: str = "UTC"
    ) -> list[DayCount]:
        require(JOB_SCHEDULE.read)
        try:
            check_time_zone(time_zone)
        except TimesError as error:
            raise InvalidInputError(str(error)) from None
        if not 0 <= (last_day - first_day).days < LONGEST_WINDOW.days:
            raise LimitExceededError(f"a calendar has 1 to {LONGEST_WINDOW.days} days")
        check_years(first_day, last_day)
        return count_days(days_of(first_day, last_day, zone_of(time_zone)))


def counts_of(states: Mapping[str, int]) -> dict[str, int]:
    """Return how many runs ended how."""
    counted = Counter(states)
    return {
        "total": counted.total(),
        "succeeded": counted[RunState.SUCCEEDED],
        "failed": counted[RunState.FAILED] + counted[RunState.TERMINATED],
        "left_out": counted[RunState.SKIPPED] + counted[RunState.CANCELLED],
        "unfinished": sum(many for one, many in counted.items() if one not in FINISHED),
    }
