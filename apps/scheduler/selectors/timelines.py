"""Runs and times to come, schedule by schedule, between two moments.

Nothing here is read without end: a page of schedules, of each so many runs; where there are more,
they are counted in the database by steps, and no more than so many of them.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from apps.scheduler.domain.windows import edges
from apps.scheduler.models import JobRun, JobSchedule
from apps.scheduler.selectors.timetables import timetable_of
from kernel.errors import InvalidInputError, LimitExceededError, NotFoundError
from kernel.ids import parse_id

#: Six weeks, as a calendar shows a month.
LONGEST_WINDOW = timedelta(days=42)
YEARS = (1970, 2200)
MOST_SCHEDULES = 50
#: Runs of a schedule that are told one by one.
MOST_RUNS = 100
#: Runs of all schedules that have more, which are counted.
MOST_COUNTED = 100_000
#: Times to come of a schedule.
MOST_COMING = 100
#: How long before the window a run may have been due that still goes on in it.
LOOKED_BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which schedules, and which of their runs."""

    schedule_ids: Sequence[str] = ()
    #: Part of its name.
    name: str = ""
    tag: str = ""
    #: Then only schedules are told that have such a run.
    states: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """How many runs were due in a step, by their states."""

    since: datetime
    until: datetime
    states: dict[str, int]

    @property
    def total(self) -> int:
        """Return how many they are together."""
        return sum(self.states.values())


@dataclass(slots=True)
class Lane:
    """One schedule in a window: its runs, or how many there were in each step."""

    schedule: JobSchedule
    runs: list[JobRun] = field(default_factory=list)
    counts: list[Counted] = field(default_factory=list)
    #: From this moment on runs were too many to count; None if all are.
    counted_until: datetime | None = None
    coming: list[datetime] = field(default_factory=list)
    #: Whether there are more times to come in the window than these.
    more_coming: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of schedules in a window, by their names."""

    since: datetime
    until: datetime
    lanes: list[Lane]
    #: The schedule behind which the next page begins; None of the last one.
    after: str | None


def timeline(
    since: datetime,
    until: datetime,
    wanted: Wanted | None = None,
    *,
    first: int = 25,
    after: str | None = None,
) -> Timeline:
    """Return runs that were due, and times that are to come, from a moment on and before another.

    A run that was due up to a day before and went on into the window is among them, unless its
    schedule has more than 100. Raises InvalidInputError, LimitExceededError.
    """
    check_window(since, until)
    if not 1 <= first <= MOST_SCHEDULES:
        raise LimitExceededError(f"1 to {MOST_SCHEDULES} schedules are told, found {first}")
    wanted = wanted or Wanted()
    in_window = _runs_in(since, until, wanted.states)
    rows = _schedules(wanted, in_window, after)
    found = list(rows.annotate(many=_time_of_run(in_window, MOST_RUNS))[: first + 1])
    lanes = {row.pk: Lane(row) for row in found[:first]}
    _add_runs([lane for lane in lanes.values() if not _many(lane)], since, until, wanted.states)
    _add_counts([lane for lane in lanes.values() if _many(lane)], since, until, in_window)
    for lane in lanes.values():
        coming = list(islice(times_to_come(lane.schedule, since, until), MOST_COMING + 1))
        lane.coming, lane.more_coming = coming[:MOST_COMING], len(coming) > MOST_COMING
    last = str(found[first - 1].pk) if len(found) > first else None
    return Timeline(since, until, list(lanes.values()), last)


def check_window(since: datetime, until: datetime) -> None:
    """Raise InvalidInputError for what is no window, LimitExceededError for one too long."""
    if since.tzinfo is None or until.tzinfo is None:
        raise InvalidInputError("moments are told with their offset, such as 2026-06-01T00:00:00Z")
    if since >= until:
        raise InvalidInputError("a window begins before it ends")
    check_years(since, until)
    if until - since > LONGEST_WINDOW + timedelta(hours=2):
        raise LimitExceededError(f"a window has at most {LONGEST_WINDOW.days} days")


def check_years(since: date, until: date) -> None:
    """Raise InvalidInputError for days that no calendar of ours has."""
    if not YEARS[0] <= since.year <= until.year <= YEARS[1]:
        raise InvalidInputError(f"a window is within the years {YEARS[0]} to {YEARS[1]}")


def times_to_come(schedule: JobSchedule, since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield when a schedule is due from now on in a window; nothing of one that is off."""
    timetable = timetable_of(schedule)
    if timetable is None or not schedule.enabled or schedule.next_run_at is None:
        return
    most = schedule.maximum_runs - schedule.runs_made if schedule.maximum_runs else sys.maxsize
    yield from timetable.between(max(since, schedule.next_run_at), until, most)


def _runs_in(since: datetime, until: datetime, states: Sequence[str]) -> QuerySet[JobRun]:
    rows = JobRun.visible().filter(fire_time__gte=since, fire_time__lt=until)
    return rows.filter(state__in=states) if states else rows


def _schedules(
    wanted: Wanted, in_window: QuerySet[JobRun], after: str | None
) -> QuerySet[JobSchedule]:
    rows = JobSchedule.visible().order_by("name", "id")
    if wanted.schedule_ids:
        if len(wanted.schedule_ids) > MOST_SCHEDULES:
            raise LimitExceededError(f"at most {MOST_SCHEDULES} schedules are named")
        rows = rows.filter(pk__in=[parse_id(one) for one in wanted.schedule_ids])
    if wanted.name:
        rows = rows.filter(name__icontains=wanted.name)
    if wanted.tag:
        # A JSON text may be kept with its letters escaped, or as they are.
        texts = {json.dumps(wanted.tag, ensure_ascii=ascii_only) for ascii_only in (True, False)}
        rows = rows.filter(Q(*(("tags__icontains", one) for one in texts), _connector=Q.OR))
    if wanted.states:
        rows = rows.filter(Exists(in_window.filter(schedule=OuterRef("pk"))))
    if after is not None:
        key = parse_id(after)
        name = JobSchedule.visible().filter(pk=key).values_list("name", flat=True).first()
        if name is None:
            raise NotFoundError(f"no job schedule {after}")
        rows = rows.filter(Q(name__gt=name) | Q(name=name, pk__gt=key))
    return rows


def _time_of_run(rows: QuerySet[JobRun], number: int) -> Subquery:
    """Return when the run of this number, from 0, of a schedule was due; nothing without one."""
    of_schedule = rows.filter(schedule=OuterRef("pk")).order_by("fire_time", "id")
    return Subquery(of_schedule.values("fire_time")[number : number + 1])


def _many(lane: Lane) -> bool:
    return getattr(lane.schedule, "many", None) is not None


def _add_runs(
    lanes: Sequence[Lane], since: datetime, until: datetime, states: Sequence[str]
) -> None:
    if not lanes:
        return
    by_schedule = {lane.schedule.pk: lane for lane in lanes}
    rows = _runs_in(since - LOOKED_BACK, until, states).filter(schedule__in=by_schedule)
    shown = rows.filter(Q(fire_time__gte=since) | Q(finished_at=None) | Q(finished_at__gt=since))
    most = MOST_RUNS * (len(lanes) + 1)
    for run in shown.order_by("-fire_time", "-id").defer("parameters", "result", "asked_by")[:most]:
        by_schedule[run.schedule_id].runs.append(run)
    for lane in lanes:
        lane.runs.reverse()


def _add_counts(
    lanes: Sequence[Lane], since: datetime, until: datetime, in_window: QuerySet[JobRun]
) -> None:
    """Count the runs of schedules that have many, each up to its share of what is counted."""
    if not lanes:
        return
    by_schedule = {lane.schedule.pk: lane for lane in lanes}
    share = _time_of_run(in_window, MOST_COUNTED // len(lanes))
    cut = JobSchedule.visible().filter(pk__in=by_schedule).annotate(cut=share)
    for pk, moment in cut.values_list("pk", "cut"):
        by_schedule[pk].counted_until = moment
    borders = edges(since, until)
    found = _counted(lanes, in_window, borders)
    for lane in lanes:
        steps = found.get(lane.schedule.pk, {})
        lane.counts = [
            Counted(borders[number], borders[number + 1], dict(states))
            for number, states in sorted(steps.items())
        ]


def _counted(
    lanes: Sequence[Lane], in_window: QuerySet[JobRun], borders: Sequence[datetime]
) -> dict[UUID, dict[int, Counter[str]]]:
    whole = [lane.schedule.pk for lane in lanes if lane.counted_until is None]
    which = Q(schedule__in=whole)
    for lane in lanes:
        if lane.counted_until is not None:
            which |= Q(schedule=lane.schedule.pk, fire_time__lt=lane.counted_until)
    step = Case(
        *(When(fire_time__lt=end, then=Value(at)) for at, end in enumerate(borders[1:])),
        output_field=IntegerField(),
    )
    rows: Any = in_window.filter(which).annotate(step=step).order_by()
    found: dict[UUID, dict[int, Counter[str]]] = {}
    for pk, at, state, many in (
        rows.values("schedule_id", "step", "state")
        .annotate(many=Count("pk"))
        .values_list("schedule_id", "step", "state", "many")
    ):
        found.setdefault(pk, {}).setdefault(at, Counter())[state] = many
    return found
