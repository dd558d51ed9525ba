"""Work that a run began elsewhere, such as an export: the run ends as that does."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.scheduler.adapters.clock import database_now
from apps.scheduler.errors import RunCancelledError, WorkFailedError
from apps.scheduler.models import FINISHED, JobRun, RunState
from apps.scheduler.services.dropping import drop_run
from apps.scheduler.services.ending import finish_run
from apps.scheduler.services.lines import tell, tell_progress
from apps.scheduler.services.rights import acting_for
from contracts.chores import Work, WorkState
from kernel.chores import client
from kernel.errors import DomainError, NotFoundError
from kernel.jobs.services import enqueue

#: Seconds before the first looks; the last holds for all that follow.
_PAUSES = (1, 2, 4, 8, 15, 30)


@transaction.atomic
def await_work(run_id: UUID, attempt: int, chore: str, result: Mapping[str, Any]) -> None:
    """Write down what work an attempt has begun, and look after it from now on.

    If the run was given up meanwhile, that work is stopped.
    """
    run = JobRun.objects.select_for_update().filter(pk=run_id).first()
    ended = run is not None and run.state in FINISHED and not run.work
    if run is None or not (ended or (run.state == RunState.RUNNING and run.attempt == attempt)):
        return
    run.work = {"chore": chore, "told": dict(result), "begun_anew": run.begun_anew}
    run.result, run.progress, run.progress_done, run.progress_total = dict(result), "", 0, None
    run.save(update_fields=["work", "result", "progress", "progress_done", "progress_total"])
    if ended or run.cancel_asked:
        drop_run(run)
    if not ended:
        tell(run, f"{chore} has begun its work")
        _look_again(run, 0)


def look_at_work(run_id: UUID, attempt: int, looks: int) -> None:
    """Look once how the work of an attempt stands; while it goes on, look again later.

    A service that gives no answer is asked again until the run has taken too long.
    """
    run = _going_on(run_id, attempt)
    if run is None:
        return
    try:
        with acting_for(run.schedule, run):
            work = client.look(run.work["chore"], run.work["told"])
    except DomainError as error:
        if error.retryable:
            _look_again(run, looks + 1)
        else:
            finish_run(run.pk, attempt, error=error)
        return
    _tell_progress(run, work)
    match work.state:
        case WorkState.GOING_ON:
            _look_again(run, looks + 1)
        case WorkState.DONE:
            finish_run(run.pk, attempt, result={**run.work["told"], **work.result})
        case WorkState.CANCELLED:
            told = RunCancelledError("its work was cancelled")
            finish_run(run.pk, attempt, error=told, cancelled=True)
        case WorkState.FAILED:
            failed = WorkFailedError(work.error_message or "its work failed", work.error_code)
            finish_run(run.pk, attempt, error=failed)


def stop_work(run_id: UUID) -> None:
    """Stop the work of a run that has ended, was asked to stop, or begins anew; then look at it."""
    run = JobRun.objects.select_related("schedule").filter(pk=run_id).first()
    if run is None or not run.work:
        return
    if run.state == RunState.RUNNING and not run.cancel_asked and not is_stale(run):
        return
    stop_begun(run)
    look_at_work(run.pk, run.attempt, len(_PAUSES))


def stop_begun(run: JobRun) -> None:
    """Ask the service that does the work of a run to stop that; raises what its answer is.

    Of what is gone nothing has to be stopped.
    """
    with suppress(NotFoundError), acting_for(run.schedule, run):
        client.stop(run.work["chore"], run.work["told"])


def is_stale(run: JobRun) -> bool:
    """Say whether the work of a run came to nothing, and it is to be begun anew."""
    return bool(run.work) and run.work["begun_anew"] < run.begun_anew


def _going_on(run_id: UUID, attempt: int) -> JobRun | None:
    rows = JobRun.objects.select_related("schedule").filter(pk=run_id, attempt=attempt)
    run = rows.filter(state=RunState.RUNNING).first()
    return None if run is None or not run.work or is_stale(run) else run


@transaction.atomic
def _look_again(run: JobRun, looks: int) -> None:
    pause = timedelta(seconds=_PAUSES[min(looks, len(_PAUSES) - 1)])
    # By its key a look that is repeated, because its worker was lost, is followed by one other.
    enqueue(
        "scheduler.look_at_work",
        f"{run.pk}:{run.attempt}:{looks}",
        run_at=database_now() + pause,
        key=f"scheduler.look_at_work {run.pk}:{run.attempt}:{looks}",
    )


def _tell_progress(run: JobRun, work: Work) -> None:
    known = (run.progress_done, run.progress_total)
    # What has ended counts no more.
    count = (work.done, work.total) if work.state is WorkState.GOING_ON else known
    if (work.message and work.message != run.progress) or count != known:
        tell_progress(run, work.message, *count)
