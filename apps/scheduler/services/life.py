"""What people do to schedules and runs: pause, resume, run now, run again, stop."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.scheduler.adapters.clock import database_now
from apps.scheduler.models import FINISHED, JobRun, JobSchedule, RunKind, RunState, TargetKind
from apps.scheduler.selectors.timetables import timetable_of
from apps.scheduler.services.definitions import check_target
from apps.scheduler.services.dropping import drop_run
from apps.scheduler.services.ending import ask_to_stop, end_run
from apps.scheduler.services.firing import fire_before_change
from apps.scheduler.services.making import make_runs, new_run, stored_runs
from apps.scheduler.services.schedules import check_chore, due_anew
from contracts.scheduler import RunRequested, SchedulePaused, ScheduleResumed
from kernel.errors import (
    ConflictError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from kernel.events.publishing import publish
from kernel.identity.rights import remembered_rights
from kernel.ids import parse_id
from kernel.rows import locked

MOST_BACKFILLED = 1_000
LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Backfill:
    """What running the times of a range again comes to."""

    schedule: JobSchedule
    #: Times of the range, the first `MOST_BACKFILLED` of them.
    times: int
    #: Those of them that have succeeded already, and are left out.
    left_out: int
    runs: list[JobRun]


@transaction.atomic
def pause_schedule(*, id: str, note: str = "") -> JobSchedule:
    """Let a schedule be due no more; what was due before runs. Twice changes the note alone."""
    schedule = locked(JobSchedule, id)
    if len(note) > LONGEST_NOTE:
        raise InvalidInputError(f"a note has at most {LONGEST_NOTE} characters")
    fire_before_change(schedule)
    schedule.enabled, schedule.note, schedule.next_run_at = False, note, None
    schedule.save(update_fields=["enabled", "note", "next_run_at"])
    publish(SchedulePaused(schedule_id=str(schedule.pk), name=schedule.name, note=note))
    return schedule


@transaction.atomic
def resume_schedule(*, id: str) -> JobSchedule:
    """Let a schedule be due again, from now on: what it missed meanwhile is not run."""
    schedule = locked(JobSchedule, id)
    if schedule.enabled:
        return schedule
    schedule.enabled, schedule.note, schedule.failures_in_a_row = True, "", 0
    due_anew(schedule)
    schedule.save(update_fields=["enabled", "note", "failures_in_a_row", "next_run_at"])
    publish(ScheduleResumed(schedule_id=str(schedule.pk), name=schedule.name))
    return schedule


@transaction.atomic
def run_now(*, id: str, parameters: Mapping[str, Any] | None = None) -> JobRun:
    """Have a schedule run now, also one that is off, with its own parameters or these.

    It has the rights of whoever asks.
    """
    schedule = locked(JobSchedule, id)
    if parameters is not None:
        if not isinstance(parameters, Mapping):
            raise InvalidInputError("parameters are an object")
        schedule.parameters = dict(parameters)
        check_target(schedule)
        check_chore(schedule)
    (run,) = _make(schedule, RunKind.MANUAL, [database_now()])
    return run


@transaction.atomic
def backfill(*, id: str, since: datetime, until: datetime, dry_run: bool = False) -> Backfill:
    """Run the times of a range, but those that have succeeded; or only say how many they are.

    Raises LimitExceededError for more than 1,000, InvalidInputError for a range that is none.
    """
    schedule = locked(JobSchedule, id)
    timetable = timetable_of(schedule)
    now = database_now()
    if timetable is None:
        raise InvalidInputError("what follows another schedule has no times of its own")
    if since >= until or until > now:
        raise InvalidInputError("a range begins before it ends, and ends before now")
    times = list(timetable.between(since, until, MOST_BACKFILLED + 1))
    if len(times) > MOST_BACKFILLED:
        raise LimitExceededError(f"at most {MOST_BACKFILLED:,} times are run again at a time")
    done = set(
        JobRun.objects.filter(
            schedule=schedule, fire_time__in=times, state=RunState.SUCCEEDED
        ).values_list("fire_time", flat=True)
    )
    left = [one for one in times if one not in done]
    runs = [] if dry_run else _make(schedule, RunKind.BACKFILL, left)
    return Backfill(schedule, len(times), len(times) - len(left), runs)


def backfill_schedule(*, id: str, since: datetime, until: datetime) -> JobSchedule:
    """Run the times of a range that have not succeeded, and return the schedule."""
    return backfill(id=id, since=since, until=until).schedule


@transaction.atomic
def cancel_run(*, id: str) -> JobRun:
    """Stop a run: at once if it has not begun, else as soon as it looks. Twice changes nothing.

    Raises ConflictError when it has ended otherwise.
    """
    run, schedule = _held(id)
    if run.state == RunState.CANCELLED:
        return run
    if run.state in FINISHED:
        raise ConflictError(f"the run has {run.state} already")
    if run.state == RunState.RUNNING and schedule.target_kind != TargetKind.PING:
        ask_to_stop(run)
        return run
    drop_run(run)
    end_run(run, schedule, RunState.CANCELLED)
    return run


@transaction.atomic
def terminate_run(*, id: str) -> JobRun:
    """Give a run up without waiting for its end: whatever it reports later is ignored.

    Raises ConflictError when it has ended.
    """
    run, schedule = _held(id)
    if run.state == RunState.TERMINATED:
        return run
    if run.state in FINISHED:
        raise ConflictError(f"the run has {run.state} already")
    end_run(run, schedule, RunState.TERMINATED)
    return run


def _held(run_id: str) -> tuple[JobRun, JobSchedule]:
    found = JobRun.visible().filter(pk=parse_id(run_id)).first()
    if found is None:
        raise NotFoundError(f"no job run {run_id}")
    # The schedule first, as everybody locks them.
    schedule = JobSchedule.objects.select_for_update().get(pk=found.schedule_id)
    return locked(JobRun, run_id), schedule


def _make(schedule: JobSchedule, kind: RunKind, times: list[datetime]) -> list[JobRun]:
    """Make runs of these times with the rights of whoever asks, where there are none yet."""
    runs = [new_run(schedule, one, remembered_rights()) for one in times]
    made = make_runs(kind, runs, {schedule.pk: schedule.jitter_seconds})
    publish(
        RunRequested(
            schedule_id=str(schedule.pk), name=schedule.name, kind=str(kind), runs=len(made)
        )
    )
    return stored_runs(made)
