"""What people do to jobs and queues: cancel, retry, pause, resume."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from kernel import clock
from kernel.jobs.batches import follow
from kernel.jobs.models import Job, JobState, Queue, WaitsFor
from kernel.jobs.nudge import nudge

#: Jobs that one transaction changes, so that it stays short.
CHANGED_AT_ONCE = 500


@dataclass(slots=True)
class Cancelled:
    """How many jobs will not run, and how many run and were asked to stop."""

    at_once: int = 0
    asked: int = 0


def cancel_all(jobs: QuerySet[Job]) -> Cancelled:
    """Take back those of the jobs that have not begun, and ask those that run to stop."""
    done = Cancelled()
    for some in _in_slices(jobs.filter(state__in=[JobState.QUEUED, JobState.RUNNING])):
        with transaction.atomic():
            now = clock.now()
            queued = some.filter(state=JobState.QUEUED)
            of_batches = queued.exclude(batch_id=None).values_list("batch_id", flat=True)
            batches = {batch for batch in of_batches.distinct() if batch}
            done.at_once += queued.update(state=JobState.CANCELLED, finished_at=now)
            # What was claimed meanwhile runs, and is asked.
            running = some.filter(state=JobState.RUNNING, cancel_asked_at=None)
            done.asked += running.update(cancel_asked_at=now)
            follow(batches)
            transaction.on_commit(nudge)
    return done


def retry_all(jobs: QuerySet[Job]) -> int:
    """Queue those of the jobs that failed once more, from their first attempt; return how many.

    One stays as it is whose live key another job holds by now.
    """
    queued = 0
    for some in _in_slices(jobs.filter(state=JobState.FAILED)):
        with transaction.atomic():
            rows = Job.objects.filter(pk__in=_whose_key_is_free(some), state=JobState.FAILED)
            again = {
                "state": JobState.QUEUED,
                "attempts": 0,
                "run_at": clock.now(),
                "finished_at": None,
                "cancel_asked_at": None,
            }
            following = list(rows.exclude(after="").values_list("pk", flat=True))
            queued += rows.filter(after="").update(waits_for=WaitsFor.TIME, **again)
            queued += rows.filter(pk__in=following).update(waits_for=WaitsFor.BATCH, **again)
            follow(following)
            transaction.on_commit(nudge)
    return queued


def pause_queue(name: str) -> bool:
    """Let nobody take jobs of a queue until it is resumed; False when it rests already."""
    Queue.objects.bulk_create([Queue(pk=name)], ignore_conflicts=True)
    return Queue.objects.filter(pk=name, paused_at=None).update(paused_at=clock.now()) > 0


def resume_queue(name: str) -> bool:
    """Let jobs of a queue be taken again; False when it was not paused."""
    resumed = Queue.objects.filter(pk=name).exclude(paused_at=None).update(paused_at=None)
    transaction.on_commit(nudge)
    return resumed > 0


def _whose_key_is_free(jobs: QuerySet[Job]) -> list[UUID]:
    by_key = {live_key or str(pk): pk for pk, live_key in jobs.values_list("pk", "live_key")}
    taken = Job.objects.filter(live_key__in=by_key, finished_at=None)
    for key in taken.values_list("live_key", flat=True):
        by_key.pop(str(key))
    return list(by_key.values())


def _in_slices(jobs: QuerySet[Job]) -> Iterator[QuerySet[Job]]:
    """Yield the jobs some at a time; each is changed, or passed over, once."""
    last = None
    while True:
        rest = jobs.order_by("pk") if last is None else jobs.filter(pk__gt=last).order_by("pk")
        some = list(rest.values_list("pk", flat=True)[:CHANGED_AT_ONCE])
        if not some:
            return
        yield Job.objects.filter(pk__in=some)
        last = some[-1]
