"""The engine: what is due is claimed, gets its runs and jobs, and is due anew, all at once.

Any number of processes may do this at the same time. A schedule is claimed by its row, and each of
its times has one run, which the table says a second time.

Whole claims go through by a statement for each step, and no object is made of a row: that is what
lets it keep up when very many are due in the same minute.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.scheduler.adapters.clock import database_now
from apps.scheduler.domain.misfires import Plan, Policy, plan
from apps.scheduler.metrics import FIRED, LEFT_OUT
from apps.scheduler.models import JobSchedule, RunKind
from apps.scheduler.selectors.timetables import timetable_of
from apps.scheduler.services.claiming import CLAIMED_AT_ONCE, Due, Timing, claim, held_already
from apps.scheduler.services.definitions import window_of
from apps.scheduler.services.making import NewRun, make_runs
from contracts.scheduler import ScheduleMisfired
from kernel import clock
from kernel.events.publishing import publish_all
from kernel.faults import fault_point
from kernel.ids import new_ids
from kernel.rowsets import update_rows
from kernel.tenancy.context import in_tenant

logger = logging.getLogger(__name__)

#: Runs after which a claim gives back what it has not looked at: a transaction stays short, also
#: where each schedule has a hundred times to make up for.
MOST_RUNS = 1_000
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
            more = True
            while more:
                some, more = fire_some(now)
                fired += some
    return fired


def _tenants_due(now: datetime) -> list[UUID]:
    # A look that takes no lock: with nothing due it is one step in an index. Asked for distinct
    # tenants, SQLite would read all of another.
    due = JobSchedule.across_tenants.filter(enabled=True, next_run_at__lte=now)
    first = due.order_by("next_run_at").values_list("tenant_id", flat=True)[:LOOKED_AT]
    return list(dict.fromkeys(first))


@transaction.atomic
def fire_some(now: datetime) -> tuple[int, bool]:
    """Claim schedules of the current tenant that are due, make their runs, and move them on.

    Return how many, and whether more may be due.
    """
    due = claim(now)
    fired = _fire(due, now) if due else 0
    return fired, fired < len(due) or fired == CLAIMED_AT_ONCE


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
        _fire(held_already(schedule), now)
        schedule.refresh_from_db(fields=["next_run_at", "runs_made", "enabled", "note"])


def _fire(claimed: Sequence[Due], now: datetime) -> int:
    """Make the runs of schedules that are due and held, and move them on; return how many were.

    They are the first of those that are given.
    """
    # Most that are due together are due by the same words.
    plans: dict[Timing, Plan | None] = {}
    planned: list[tuple[Due, Plan | None]] = []
    times: list[tuple[Due, datetime]] = []
    for due in claimed:
        if due.timing not in plans:
            plans[due.timing] = _plan(due, now)
        found = plans[due.timing]
        planned.append((due, found))
        times += ((due, fire_time) for fire_time in _fires_of(due, found))
        if len(times) >= MOST_RUNS:
            break
    runs = _runs_of(times)
    made = make_runs(RunKind.SCHEDULED, runs, {due.id: due.jitter_seconds for due, _ in planned})
    fault_point("scheduler-runs-made")
    _move_on(planned, made)
    misfired = [
        ScheduleMisfired(schedule_id=str(due.id), name=due.name, left_out=found.left_out)
        for due, found in planned
        if found and found.left_out
    ]
    publish_all(misfired)
    fault_point("scheduler-claimed")
    transaction.on_commit(lambda: FIRED.inc(len(made)))
    transaction.on_commit(lambda: LEFT_OUT.inc(sum(one.left_out for one in misfired)))
    return len(planned)


def _plan(due: Due, now: datetime) -> Plan | None:
    """Return what is run now and when is next; None, and a line in the log, where none can say."""
    timing, schedule = due.timing, due.timing.schedule()
    try:
        timetable = timetable_of(schedule)
        if timetable is None:
            return Plan(fires=(), left_out=0, next=None)
        return plan(
            timetable,
            timing.next_run_at,
            now,
            policy=Policy(timing.misfire),
            window=window_of(schedule),
            cap=timing.misfire_cap,
        )
    except (ValueError, LookupError):
        # Such as a time zone that is gone: one such schedule must not hold up all others.
        logger.exception("schedule %s cannot be due", due.id)
        return None


def _fires_of(due: Due, found: Plan | None) -> Sequence[datetime]:
    fires = found.fires if found else ()
    return fires[: max(0, due.maximum_runs - due.runs_made)] if due.maximum_runs else fires


def _runs_of(times: Sequence[tuple[Due, datetime]]) -> list[NewRun]:
    ids = new_ids(2 * len(times))
    return [
        NewRun(
            id_,
            due.id,
            due.version,
            fire_time,
            due.parameters_text,
            due.asked_by_text,
            fire_time + timedelta(seconds=due.grace_seconds) if due.grace_seconds else None,
            job_id,
        )
        for (due, fire_time), id_, job_id in zip(times, ids[::2], ids[1::2], strict=True)
    ]


def _move_on(planned: Sequence[tuple[Due, Plan | None]], made: Sequence[NewRun]) -> None:
    counts = Counter(run.schedule_id for run in made)
    rows: list[tuple[UUID, datetime | None, int]] = []
    for due, found in planned:
        if found is None:
            JobSchedule.objects.filter(pk=due.id).update(
                enabled=False,
                next_run_at=None,
                note="turned off: its times cannot be told any more",
            )
            continue
        runs_made = due.runs_made + counts[due.id]
        ended = due.maximum_runs and runs_made >= due.maximum_runs
        rows.append((due.id, None if ended else found.next, runs_made))
    update_rows(JobSchedule, ("id", "next_run_at", "runs_made"), rows)
