"""Tenants take turns: a job is given its place when it becomes ready, so a claim only reads on.

A tenant's next job stands one turn behind its last one, and never before the turn that is being
served. So the first of a newcomer comes next, whatever the others have waiting, and the k-th of
each tenant comes before the (k+1)-th of any. Start-time fair queueing; each step is a look into an
index. Writers that do not see each other yet may give a turn twice, which is as good.
"""

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from kernel import clock
from kernel.jobs.models import Job, JobState, WaitsFor

#: How many jobs one look makes ready: a transaction stays short.
READIED_AT_ONCE = 100

_READY = "FROM jobs_job WHERE state = 'queued' AND waits_for = '' AND queue = %s AND priority = %s"
_PLACES = (
    f"SELECT (SELECT turn {_READY} AND tenant_id = %s ORDER BY turn DESC LIMIT 1),"
    f" (SELECT turn {_READY} ORDER BY turn LIMIT 1)"
)
_PLACES_OF_NO_TENANT = _PLACES.replace("tenant_id = %s", "tenant_id IS NULL")
_TENANT = Job._meta.get_field("tenant_id")


def next_turn(queue: str, priority: int, tenant_id: UUID | None) -> int:
    """Return the turn of a job of this tenant that becomes ready now."""
    lane: list[Any] = [queue, priority]
    with connection.cursor() as cursor:
        if tenant_id is None:
            cursor.execute(_PLACES_OF_NO_TENANT, [*lane, *lane])
        else:
            tenant = _TENANT.get_db_prep_value(tenant_id, connection)
            cursor.execute(_PLACES, [*lane, tenant, *lane])
        last, served = cursor.fetchone()
    return max(-1 if last is None else last, (served or 0) - 1) + 1


def make_ready(jobs: QuerySet[Job]) -> int:
    """Let the first of these queued jobs wait for nothing but a worker; return how many.

    Called in a transaction, with jobs in their order.
    """
    if connection.features.has_select_for_update_skip_locked:
        jobs = jobs.select_for_update(skip_locked=True)
    found = list(jobs[:READIED_AT_ONCE])
    for job in found:
        # One after the other: each sees the turn of the one before it.
        Job.objects.filter(pk=job.pk).update(
            waits_for=WaitsFor.NOTHING, turn=next_turn(job.queue, job.priority, job.tenant_id)
        )
    return len(found)


def make_due_ready() -> int:
    """Let jobs whose time has come wait for nothing but a worker; return how many."""
    timed = Job.objects.filter(state=JobState.QUEUED, waits_for=WaitsFor.TIME)
    return make_ready(timed.filter(run_at__lte=clock.now()).order_by("run_at", "id"))
