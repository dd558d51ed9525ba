"""How runs end, and what follows from it: another attempt, the next in line, a schedule off."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.scheduler.adapters.clock import database_now
from apps.scheduler.errors import RunTimedOutError
from apps.scheduler.metrics import ENDED
from apps.scheduler.models import (
    OUTCOMES,
    REMEMBERED,
    JobRun,
    JobSchedule,
    OverlapPolicy,
    RunState,
)
from apps.scheduler.services.dropping import drop_run
from apps.scheduler.services.following import fire_following
from apps.scheduler.services.lines import tell
from contracts.scheduler import RunFinished, RunLate, ScheduleDisabled
from kernel.errors import DomainError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.models import Job, JobState
from kernel.jobs.services import enqueue

LONGEST_RETRY = timedelta(days=1)
#: Runs that wait and are looked at when one has ended.
WOKEN_AT_ONCE = 20
#: Of the schedule these say nothing: it was not its work that ended them.
_SAY_NOTHING = (RunState.SKIPPED, RunState.CANCELLED, RunState.TERMINATED)
_LETTERS = {state: letter for letter, state in OUTCOMES.items()}


@transaction.atomic
def finish_run(
    run_id: UUID,
    attempt: int,
    *,
    result: Mapping[str, Any] | None = None,
    error: DomainError | None = None,
    cancelled: bool = False,
) -> JobRun | None:
    """Write down how an attempt ended; None for one that is not the last any more.

    It is `cancelled` where somebody stopped it, and not the scheduler.
    """
    found = JobRun.objects.filter(pk=run_id).values_list("schedule_id", flat=True).first()
    if found is None:
        return None
    schedule = JobSchedule.objects.select_for_update().filter(pk=found).first()
    run = JobRun.objects.select_for_update().filter(pk=run_id).first()
    if schedule is None or run is None:
        return None
    if run.state != RunState.RUNNING or run.attempt != attempt:
        return None
    if isinstance(error, RunTimedOutError):
        drop_run(run)
    if error is None:
        run.result = dict(result or {})
        end_run(run, schedule, RunState.SUCCEEDED)
    elif run.cancel_asked or cancelled:
        end_run(run, schedule, RunState.CANCELLED, error)
    elif error.retryable and run.attempt < schedule.maximum_attempts:
        _try_again(run, schedule, error)
    else:
        end_run(run, schedule, RunState.FAILED, error)
    fault_point("scheduler-run-finished")
    return run


@transaction.atomic
def leave_out(run_id: UUID, attempt: int, error: DomainError) -> None:
    """Skip a run that has begun and is not wanted now: nobody expects it any more."""
    found = JobRun.objects.filter(pk=run_id).values_list("schedule_id", flat=True)
    schedule = JobSchedule.objects.select_for_update().filter(pk__in=found).first()
    run = JobRun.objects.select_for_update().filter(pk=run_id).first()
    if schedule is None or run is None:
        return
    if run.state == RunState.RUNNING and run.attempt == attempt:
        run.late_at = None
        end_run(run, schedule, RunState.SKIPPED, error)


def end_run(
    run: JobRun,
    schedule: JobSchedule,
    state: RunState,
    error: DomainError | None = None,
    *,
    wake: bool = True,
) -> None:
    """Let a run be over, in the caller's transaction, which holds both rows."""
    now = database_now()
    if state == RunState.TERMINATED:
        drop_run(run)
    run.state, run.finished_at, run.deadline_at = state, now, None
    run.forget_at = now + timedelta(days=schedule.keep_runs_days)
    # One that has come to nothing is told of by that; one that never ran is still expected.
    if state != RunState.SKIPPED:
        if run.late_at is not None and run.late_at <= now:
            # Nobody has looked since; a job outside that never told ends at that very moment.
            tell_late(run, schedule, state)
        run.late_at = None
    if error is not None:
        run.error_code, run.error_message = error.code, str(error)[:1000]
        tell(run, f"{state}: {error.code}: {error}")
    else:
        run.error_code = run.error_message = ""
        tell(run, str(state))
    run.save()
    publish(
        RunFinished(
            run_id=str(run.pk),
            schedule_id=str(schedule.pk),
            name=schedule.name,
            fire_time=run.fire_time.isoformat(),
            kind=run.kind,
            state=state,
            attempts=run.attempt,
            error_code=run.error_code,
        )
    )
    transaction.on_commit(partial(ENDED.labels(str(state)).inc))
    schedule.recent = (schedule.recent + _LETTERS[state])[-REMEMBERED:]
    schedule.save(update_fields=["recent"])
    if state not in _SAY_NOTHING:
        _judge(schedule, run, succeeded=state == RunState.SUCCEEDED)
    if state == RunState.SUCCEEDED:
        fire_following(schedule, run)
    if wake:
        wake_waiting(schedule)


def tell_late(run: JobRun, schedule: JobSchedule, state: str) -> None:
    """Tell once of a run that has not succeeded in its time, in the caller's transaction."""
    run.late_at = None
    tell(run, "it is late")
    publish(
        RunLate(
            run_id=str(run.pk),
            schedule_id=str(schedule.pk),
            name=schedule.name,
            fire_time=run.fire_time.isoformat(),
            state=state,
        )
    )


def ask_to_stop(run: JobRun) -> None:
    """Ask a run that is going on to stop, in the caller's transaction, which holds its row."""
    if not run.cancel_asked:
        run.cancel_asked = True
        run.save(update_fields=["cancel_asked"])
        tell(run, "was asked to stop")
    drop_run(run)


def wake_waiting(schedule: JobSchedule) -> None:
    """Let runs that wait for this schedule, or for its group, be looked at again.

    In the caller's transaction, which holds the row of the schedule. Those behind another of their
    schedule wait for that one, and one that is about to be looked at is not asked for twice.
    """
    of_schedule = Q(schedule=schedule)
    of_group = Q(schedule__concurrency_group=schedule.concurrency_group)
    wanted = of_schedule | of_group if schedule.concurrency_group else of_schedule
    waiting = JobRun.objects.filter(state=RunState.WAITING)
    earlier = Q(fire_time__lt=OuterRef("fire_time")) | Q(
        fire_time=OuterRef("fire_time"), pk__lt=OuterRef("pk")
    )
    before = waiting.filter(earlier, schedule=OuterRef("schedule"))
    first = Q(schedule__overlap=OverlapPolicy.ALLOW_ALL) | ~Exists(before)
    for run in waiting.filter(wanted & first).order_by("fire_time", "pk")[:WOKEN_AT_ONCE]:
        queued = Job.objects.filter(state=JobState.QUEUED)
        if run.job_id is None or not queued.filter(pk=run.job_id).exists():
            run.job_id = enqueue("scheduler.run", str(run.pk))
            run.save(update_fields=["job_id"])


def _try_again(run: JobRun, schedule: JobSchedule, error: DomainError) -> None:
    pause = timedelta(seconds=schedule.retry_seconds) * 2 ** min(run.attempt - 1, 20)
    # What was said by whoever answered, and not what holds of all errors of its kind.
    asked = timedelta(seconds=vars(error).get("retry_after_seconds", 0))
    pause = min(max(pause, asked), LONGEST_RETRY)
    if run.work:
        run.begun_anew += 1
    run.state, run.deadline_at = RunState.QUEUED, None
    run.error_code, run.error_message = error.code, str(error)[:1000]
    again_at = database_now() + pause
    run.job_id = enqueue("scheduler.run", str(run.pk), run_at=again_at)
    run.save()
    which = f"attempt {run.attempt} of {schedule.maximum_attempts}"
    told = f"again in {pause}, at {again_at:%Y-%m-%d %H:%M:%S} UTC"
    tell(run, f"{which}: {error.code}: {error}; {told}")


def _judge(schedule: JobSchedule, run: JobRun, *, succeeded: bool) -> None:
    """Count failures in a row, and turn a schedule off that has too many."""
    schedule.failures_in_a_row = 0 if succeeded else schedule.failures_in_a_row + 1
    schedule.last_run_at = run.finished_at
    saved = ["failures_in_a_row", "last_run_at"]
    most = schedule.disable_after
    if most and schedule.enabled and schedule.failures_in_a_row >= most:
        schedule.enabled, schedule.next_run_at = False, None
        schedule.note = f"turned off after {schedule.failures_in_a_row} failures in a row"
        saved += ["enabled", "next_run_at", "note"]
        publish(
            ScheduleDisabled(
                schedule_id=str(schedule.pk),
                name=schedule.name,
                failures=schedule.failures_in_a_row,
            )
        )
    schedule.save(update_fields=saved)
