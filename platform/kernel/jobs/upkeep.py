"""What the kernel tidies up by itself."""

from datetime import timedelta
from typing import TypeVar

from django.db.models import Model, QuerySet

from kernel import clock
from kernel.jobs.models import Job, JobState
from kernel.jobs.registry import LONGEST_PERIOD, periodic
from kernel.storage import storage

M = TypeVar("M", bound=Model)

#: Not less, or the job of a period could run in it again.
KEPT_DONE = LONGEST_PERIOD
KEPT_FAILED = timedelta(days=30)
#: No upload takes longer than this.
KEPT_DRAFTS = timedelta(days=1)
#: Rows that one transaction deletes, so that it stays short.
DELETED_AT_ONCE = 1_000


@periodic("kernel.clear_jobs", every=timedelta(hours=1))
def clear_jobs(_target: str) -> None:
    """Delete jobs that ended long ago; failed ones are kept longer, for somebody to look at."""
    now = clock.now()
    for state, kept in (
        (JobState.DONE, KEPT_DONE),
        (JobState.CANCELLED, KEPT_DONE),
        (JobState.FAILED, KEPT_FAILED),
    ):
        delete_all(Job.objects.filter(state=state, finished_at__lt=now - kept))


@periodic("kernel.clear_drafts", every=timedelta(days=1))
def clear_drafts(_target: str) -> None:
    """Discard what saves that were cut off have left in the storage."""
    storage().discard_drafts(before=clock.now() - KEPT_DRAFTS)


def delete_all(rows: QuerySet[M]) -> None:
    """Delete rows a thousand at a time, so that no transaction is long."""
    while found := list(rows.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        rows.filter(pk__in=found).delete()
