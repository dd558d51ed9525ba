"""How many jobs of a kind run at the same time: those beyond are put aside until one has ended.

What is put aside is in nobody's way: a claim does not pass over it again and again.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from kernel.jobs.models import Job, JobState, WaitsFor
from kernel.jobs.registry import REGISTRY, Registered
from kernel.jobs.turns import READIED_AT_ONCE, make_ready

#: How many run, by name and tenant.
Counts: TypeAlias = "Counter[tuple[str, UUID | None]]"

#: Of PostgreSQL's advisory locks, the one under which jobs with a limit are counted.
_LOCK = 0x736A6F62


def admit(jobs: Sequence[Job], room: int, *, chosen: Sequence[Job] = ()) -> list[Job]:
    """Return the first of the locked jobs that may run beside those chosen before them.

    Those that may not are put aside.
    """
    limited = {job.name for job in jobs if REGISTRY[job.name].limited}
    if not limited:
        return list(jobs[:room])
    _one_at_a_time()
    running = _running(limited)
    running.update((job.name, job.tenant_id) for job in chosen)
    admitted: list[Job] = []
    beyond = []
    for job in jobs:
        if len(admitted) == room:
            break
        if job.name in limited and _full(REGISTRY[job.name], job.tenant_id, running):
            beyond.append(job.pk)
        else:
            admitted.append(job)
            running[job.name, job.tenant_id] += 1
    if beyond:
        Job.objects.filter(pk__in=beyond).update(waits_for=WaitsFor.LIMIT)
    return admitted


@transaction.atomic
def let_in(names: Iterable[str]) -> None:
    """Let as many of the jobs that were put aside be claimed as may run now.

    Called when some have ended, in the same transaction.
    """
    limited = [REGISTRY[name] for name in names if name in REGISTRY and REGISTRY[name].limited]
    aside = Job.objects.filter(state=JobState.QUEUED, waits_for=WaitsFor.LIMIT)
    if not limited or not aside.filter(name__in=[job.name for job in limited]).exists():
        return
    _one_at_a_time()
    running = _running(job.name for job in limited)
    for job in limited:
        waiting = aside.filter(name=job.name).order_by("-priority", "turn", "id")
        per_tenant = job.at_once_per_tenant
        if per_tenant is not None:
            full = [
                tenant
                for (name, tenant), count in running.items()
                if name == job.name and count >= per_tenant
            ]
            waiting = waiting.exclude(tenant_id__in=[one for one in full if one])
            if None in full:
                waiting = waiting.exclude(tenant_id=None)
        room = _room(job, running)
        if room > 0:
            make_ready(waiting[:room])


def _running(names: Iterable[str]) -> Counts:
    # There are no more of them than threads of all workers together.
    rows = Job.objects.filter(state=JobState.RUNNING, name__in=list(names))
    counted = rows.values_list("name", "tenant_id").annotate(Count("pk")).order_by()
    return Counter({(name, tenant): count for name, tenant, count in counted})


def _room(job: Registered, running: Counts) -> int:
    if job.at_once is None:
        return READIED_AT_ONCE
    return job.at_once - sum(count for (name, _), count in running.items() if name == job.name)


def _full(job: Registered, tenant_id: UUID | None, running: Counts) -> bool:
    of_tenant = running[job.name, tenant_id]
    return _room(job, running) <= 0 or (
        job.at_once_per_tenant is not None and of_tenant >= job.at_once_per_tenant
    )


def _one_at_a_time() -> None:
    """Let others count only what this transaction leaves; SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
