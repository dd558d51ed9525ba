"""The engine: what is due is claimed, gets its runs and jobs, and is due anew, all at once.

Any number of processes may do this at the same time. A schedule is claimed by its row, and each of
its times has one run, which the table says a second time.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from apps.scheduler.adapters.clock import database_now
from apps.scheduler.domain.misfires import Plan, Policy, plan
from apps.scheduler.metrics import FIRED, LEFT_OUT
from apps.scheduler.models import JobRun, JobSchedule, RunKind
from apps.scheduler.selectors.timetables import timetable_of
from apps.scheduler.services.definitions import window_of
from apps.scheduler.services.making import make_runs, new_run
from contracts.scheduler import ScheduleMisfired
from kernel import clock
from kernel.events.publishing import publish_all
from kernel.faults import fault_point
from kernel.tenancy.context import in_tenant

logger = logging.getLogger(__name__)

#: Schedules that one transaction claims: it stays short.
CLAIMED_AT_ONCE = 100
#: How far the clocks of a process and of the database may be apart.
MOST_SKEW = timedelta(minutes=1)
#: Schedules whose tenants one look serves; the others are for the next.
LOOKED_AT = 1_000


def fire_due(now: datetime | None = None) -> int:
    """Make the runs of everything that is due; return how many schedules were."""
    now = now or database_now()
    fired = 0
    for tenant_id in _tenants_due(now):
        with in_tenant(tenant_id):
            while claimed := fire_some(now):
                fired += claimed
                if claimed < CLAIMED_AT_ONCE:
                    break
    return fired


def _tenants_due(now: datetime) -> list[UUID]:
    # A look that takes no lock: with nothing due it is one step in an index. Asked for distinct
    # tenants, SQLite would read all of another.
    due = JobSchedule.across_tenants.filter(enabled=True, next_run_at__lte=now)
    first = due.order_by("next_run_at").values_list("tenant_id", flat=True)[:LOOKED_AT]
    return list(dict.fromkeys(first))


@transaction.atomic
def fire_some(now: datetime) -> int:
    """Claim schedules of the current tenant that are due, make their runs, and move them on."""
    schedules = list(
        _locked(
            JobSchedule.objects.filter(enabled=True, next_run_at__lte=now).order_by("next_run_at")
        )[:CLAIMED_AT_ONCE]
    )
    if schedules:
        _fire(schedules, now)
    return len(schedules)


def fire_before_change(schedule: JobSchedule) -> None:
    """Make the runs of what is due already, as it was said until now.

    In the caller's transaction, which holds the row and is about to change when it is due.
    """
    due = schedule.next_run_at if schedule.enabled else None
    # Nobody asks the database for the time of what is far away.
    if due is None or due > clock.now() + MOST_SKEW:
        return
    now = database_now()
    if due <= now:
        _fire([schedule], now)


def _fire(schedules: Sequence[JobSchedule], now: datetime) -> None:
    """Make the runs of schedules that are due and held, and move them on."""
    runs: list[JobRun] = []
    misfired: list[ScheduleMisfired] = []
    for schedule in schedules:
        planned = _planned(schedule, now)
        runs += _runs_of(schedule, planned.fires)
        schedule.next_run_at = planned.next
        if planned.left_out:
            misfired.append(
                ScheduleMisfired(
                    schedule_id=str(schedule.pk), name=schedule.name, left_out=planned.left_out
                )
            )
    made = make_runs(runs, schedules)
    fault_point("scheduler-runs-made")
    _move_on(schedules, made)
    publish_all(misfired)
    fault_point("scheduler-claimed")
    transaction.on_commit(lambda: FIRED.inc(len(made)))
    transaction.on_commit(lambda: LEFT_OUT.inc(sum(one.left_out for one in misfired)))


def _planned(schedule: JobSchedule, now: datetime) -> Plan:
    try:
        return _plan(schedule, now)
    except (ValueError, LookupError) as error:
        # Such as a time zone that is gone: one such schedule must not hold up all others.
        logger.exception("schedule %s cannot be due", schedule.pk)
        schedule.note = f"turned off: {error}"[:500]
        schedule.enabled = False
        return Plan(fires=(), left_out=0, next=None)


def _plan(schedule: JobSchedule, now: datetime) -> Plan:
    timetable = timetable_of(schedule)
    if timetable is None or schedule.next_run_at is None:
        return Plan(fires=(), left_out=0, next=None)
    return plan(
        timetable,
        schedule.next_run_at,
        now,
        policy=Policy(schedule.misfire),
        window=window_of(schedule),
        cap=schedule.misfire_cap,
    )


def _runs_of(schedule: JobSchedule, fires: Sequence[datetime]) -> list[JobRun]:
    if schedule.maximum_runs:
        fires = fires[: max(0, schedule.maximum_runs - schedule.runs_made)]
    return [new_run(schedule, RunKind.SCHEDULED, fire_time) for fire_time in fires]


def _move_on(schedules: Sequence[JobSchedule], made: Sequence[JobRun]) -> None:
    counts: dict[UUID, int] = {}
    for run in made:
        counts[run.schedule_id] = counts.get(run.schedule_id, 0) + 1
    for schedule in schedules:
        schedule.runs_made += counts.get(schedule.pk, 0)
        if schedule.maximum_runs and schedule.runs_made >= schedule.maximum_runs:
            schedule.next_run_at = None
    JobSchedule.objects.bulk_update(schedules, ["next_run_at", "runs_made", "enabled", "note"])


def _locked(rows: QuerySet[JobSchedule]) -> QuerySet[JobSchedule]:
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True)
    return rows
