"""Watching over jobs that are being done: leases, progress, and who asked them to stop."""

import logging
from collections.abc import Iterator, Sequence

from django.db import transaction

from kernel.jobs.errors import JobCancelledError, WorkerLostError
from kernel.jobs.running import Running
from kernel.jobs.services import Ended, held

logger = logging.getLogger(__name__)

#: How often it is done: progress is written, and a cancellation is heard, within this time.
WATCH_SECONDS = 1.0
#: How long a job that was told to end may go on before it is ended.
GRACE_SECONDS = 10.0


def watch(running: Sequence[Running]) -> None:
    """Write progress down, and tell those jobs to end that were cancelled or lost their lease.

    One of those that are done together is not cancelled any more: the others would end with it.
    """
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
        elif asked[one.job.pk] is not None and not (one.thread and len(one.together) > 1):
            one.stop(JobCancelledError("cancelled while it ran"))
        else:
            one.stopped_by()


def end_overdue(running: Sequence[Running]) -> Iterator[tuple[Running, list[Ended]]]:
    """End jobs that were told to and go on, and yield each with all that ended by that.

    Nobody counts on its thread any more. One that has not begun is ended at once.
    """
    for one in running:
        grace = GRACE_SECONDS if one.thread else 0
        first = one.doing
        if first.overdue_seconds() > grace and (together := one.abandon()):
            error = first.stopped_by()
            logger.error("job %s does not end by itself: %s", one.job.name, error)
            yield one, [Ended(it.job, error, it.unwritten(), it.seconds()) for it in together]
