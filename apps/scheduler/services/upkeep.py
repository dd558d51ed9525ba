"""Runs that take too long, come late, or are kept no more."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.scheduler.adapters.clock import database_now
from apps.scheduler.errors import NoPingError, RunTimedOutError
from apps.scheduler.models import FINISHED, JobRun, RunState, TargetKind
from apps.scheduler.services.ending import finish_run, tell_late
from kernel.errors import DomainError
from kernel.tenancy.context import in_tenant

#: Runs that one look takes up.
AT_ONCE = 500


def look_at_runs(now: datetime | None = None) -> None:
    """End attempts that took too long, and tell of runs that are late."""
    now = now or database_now()
    overdue = JobRun.across_tenants.filter(state=RunState.RUNNING, deadline_at__lte=now)
    _each(overdue, _end_overdue)
    _each(JobRun.across_tenants.filter(late_at__lte=now), _tell_late)


def forget_runs(now: datetime | None = None) -> int:
    """Remove runs that were kept for as long as their schedule says; return how many."""
    now = now or database_now()
    removed = 0
    old = JobRun.across_tenants.filter(forget_at__lte=now).order_by("forget_at")
    while some := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        removed += JobRun.across_tenants.filter(pk__in=some, state__in=FINISHED).delete()[0]
    return removed


def _each(rows: QuerySet[JobRun], do: Callable[[UUID], None]) -> None:
    for run_id, tenant_id in list(rows.order_by().values_list("pk", "tenant_id")[:AT_ONCE]):
        with in_tenant(tenant_id):
            do(run_id)


@transaction.atomic
def _end_overdue(run_id: UUID) -> None:
    run = JobRun.objects.select_related("schedule").filter(pk=run_id).first()
    if run is None or run.state != RunState.RUNNING:
        return
    error: DomainError = RunTimedOutError(f"it took over {run.schedule.timeout_seconds} s")
    if run.schedule.target_kind == TargetKind.PING:
        error = NoPingError(f"no ping within {run.schedule.grace_seconds} s")
    finish_run(run.pk, run.attempt, error=error)


@transaction.atomic
def _tell_late(run_id: UUID) -> None:
    run = (
        JobRun.objects.select_for_update(of=("self",))
        .select_related("schedule")
        .filter(pk=run_id, late_at__isnull=False)
        .first()
    )
    if run is None:
        return
    tell_late(run, run.schedule, run.state)
    run.save(update_fields=["late_at"])
