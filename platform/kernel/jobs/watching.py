"""Watching over jobs that are being done: leases, progress, and who asked them to stop."""

from collections.abc import Sequence

from django.db import transaction

from kernel.jobs.errors import JobCancelledError, WorkerLostError
from kernel.jobs.running import Running
from kernel.jobs.services import held

#: How often it is done: progress is written, and a cancellation is heard, within this time.
WATCH_SECONDS = 1.0
#: How long a job that was told to end may go on before it is ended.
GRACE_SECONDS = 10.0


def watch(running: Sequence[Running]) -> None:
    """Write progress down, and tell those jobs to end that were cancelled or lost their lease."""
    told = [(one, columns) for one in running if (columns := one.unwritten())]
    if told:
        with transaction.atomic():
            for one, columns in told:
                held([one.job]).update(**columns)
    rows = held([one.job for one in running]).values_list("pk", "cancel_asked_at")
    asked = dict(rows)
    for one in running:
        if one.job.pk not in asked:
            one.stop(WorkerLostError(f"the lease of attempt {one.job.attempts} was lost"))
        elif asked[one.job.pk] is not None:
            one.stop(JobCancelledError("cancelled while it ran"))
        else:
            one.stopped_by()
