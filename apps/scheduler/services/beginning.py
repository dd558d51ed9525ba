"""Whether a run begins now: never twice at a time, and not beside others that it may not meet."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.scheduler.adapters.clock import database_now
from apps.scheduler.metrics import LATENESS
from apps.scheduler.models import (
    FINISHED,
    JobRun,
    JobSchedule,
    OverlapPolicy,
    RunKind,
    RunState,
    TargetKind,
)
from apps.scheduler.services.ending import ask_to_stop, end_run
from apps.scheduler.services.lines import tell
from kernel.errors import DomainError


class OverlappedError(DomainError):
    """Another run of the schedule was going on when this one was due."""

    code = "SCHEDULER_OVERLAPPED"
    status = 409


@transaction.atomic
def begin_run(run_id: UUID, job_id: UUID | None = None) -> JobRun | None:
    """Let a run go on, by its next attempt; None when it is over, or has to wait for others.

    One that goes on already has lost its worker: it is begun again, and what the attempt before
    reports late is ignored. Of several jobs for one run the last that was enqueued begins it: that
    another comes by is no sign that a worker was lost.
    """
    found = JobRun.objects.filter(pk=run_id).values_list("schedule_id", flat=True).first()
    if found is None:
        return None
    schedule = _held_with_its_group(found)
    run = JobRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None or run.state in FINISHED or (job_id and job_id != run.job_id):
        return None
    if run.state != RunState.RUNNING and not _may_begin(schedule, run):
        return None
    now = database_now()
    if run.attempt and run.state == RunState.RUNNING:
        tell(run, "its worker was lost; it is begun again")
    run.state, run.attempt, run.cancel_asked = RunState.RUNNING, run.attempt + 1, False
    if run.started_at is None:
        run.started_at = now
        if run.kind == RunKind.SCHEDULED:
            LATENESS.observe(max(0.0, (now - run.fire_time).total_seconds()))
    limit = timedelta(seconds=schedule.timeout_seconds)
    if schedule.target_kind == TargetKind.PING:
        limit = run.fire_time + timedelta(seconds=schedule.grace_seconds) - now
    run.deadline_at = now + limit
    run.save(update_fields=["state", "attempt", "cancel_asked", "started_at", "deadline_at"])
    run.schedule = schedule
    return run


def _held_with_its_group(schedule_id: UUID) -> JobSchedule:
    """Return a schedule, locked together with all that share its group, in one order."""
    group = JobSchedule.objects.filter(pk=schedule_id).values_list("concurrency_group", flat=True)
    name = group.first()
    wanted = Q(pk=schedule_id) | (Q(concurrency_group=name) if name else Q())
    rows = JobSchedule.objects.select_for_update().filter(wanted if name else Q(pk=schedule_id))
    return next(one for one in rows.order_by("pk") if one.pk == schedule_id)


def _may_begin(schedule: JobSchedule, run: JobRun) -> bool:
    """Say whether it begins; if not, it waits or is over from now on."""
    others = _going_on(schedule, run)
    if others and not _passes(schedule, run, others):
        return False
    if _group_is_full(schedule):
        _wait(run, f"waits for its group {schedule.concurrency_group}")
        return False
    return True


def _going_on(schedule: JobSchedule, run: JobRun) -> list[JobRun]:
    """Return the runs that are in its way: those that run, and those that waited before it."""
    rows = JobRun.objects.select_for_update().filter(schedule=schedule, finished_at=None)
    before = Q(state=RunState.WAITING, fire_time__lt=run.fire_time)
    return list(rows.filter(Q(state=RunState.RUNNING) | before).exclude(pk=run.pk).order_by("pk"))


def _passes(schedule: JobSchedule, run: JobRun, others: list[JobRun]) -> bool:
    """Say whether a run begins although others go on, by the policy of its schedule."""
    waiting = [one for one in others if one.state == RunState.WAITING]
    match _policy(schedule, run):
        case OverlapPolicy.ALLOW_ALL:
            return True
        case OverlapPolicy.TERMINATE_OTHER:
            for other in others:
                end_run(other, schedule, RunState.TERMINATED, wake=False)
            return True
        case OverlapPolicy.CANCEL_OTHER:
            for other in others:
                if other.state == RunState.WAITING:
                    end_run(other, schedule, RunState.CANCELLED, wake=False)
                else:
                    ask_to_stop(other)
            _wait(run, "waits until the run before it has stopped")
            return False
        case OverlapPolicy.BUFFER_ALL:
            _wait(run, "waits for the runs before it")
            return False
        case OverlapPolicy.BUFFER_ONE if not waiting or run.state == RunState.WAITING:
            _wait(run, "waits for the run before it")
            return False
    end_run(run, schedule, RunState.SKIPPED, OverlappedError("another run is going on"))
    return False


def _policy(schedule: JobSchedule, run: JobRun) -> OverlapPolicy:
    policy = OverlapPolicy(schedule.overlap)
    if run.kind == RunKind.BACKFILL and policy != OverlapPolicy.ALLOW_ALL:
        # Whoever asks for times that are past wants each of them.
        return OverlapPolicy.BUFFER_ALL
    if policy == OverlapPolicy.CANCEL_OTHER and schedule.target_kind == TargetKind.PING:
        # Nobody is there who could be asked to stop.
        return OverlapPolicy.TERMINATE_OTHER
    return policy


def _group_is_full(schedule: JobSchedule) -> bool:
    if not schedule.concurrency_group:
        return False
    going = JobRun.objects.filter(
        schedule__concurrency_group=schedule.concurrency_group, state=RunState.RUNNING
    )
    return going.count() >= schedule.concurrency_limit


def _wait(run: JobRun, why: str) -> None:
    if run.state != RunState.WAITING:
        tell(run, why)
        run.state = RunState.WAITING
        run.save(update_fields=["state"])
