"""One attempt at a run, from its beginning to its end."""

import logging
from uuid import UUID

from apps.scheduler.errors import FlagOffError, RunCancelledError
from apps.scheduler.models import JobSchedule, TargetKind
from apps.scheduler.services.beginning import begin_run
from apps.scheduler.services.ending import finish_run, leave_out
from apps.scheduler.services.pings import already_pinged
from apps.scheduler.services.targets import do_target
from apps.scheduler.services.works import await_work
from kernel.dynamic.flagging import flag
from kernel.errors import DomainError
from kernel.faults import fault_point
from kernel.jobs.running import JobStopError

logger = logging.getLogger(__name__)


class UnexpectedError(DomainError):
    """Something of ours went wrong; it is tried again."""

    retryable = True


def do_run(run_id: UUID, job_id: UUID) -> None:
    """Do what a run is for, if it is its turn by this job, and write down how that ended.

    It may be done twice, even at the same time, if a worker is lost: both have the key of the run.
    """
    run = begin_run(run_id, job_id)
    if run is None:
        return
    fault_point("scheduler-run-begun")
    schedule = run.schedule
    if not _is_let(schedule):
        leave_out(run.pk, run.attempt, FlagOffError(f"the flag {schedule.flag} is not on"))
        return
    if schedule.target_kind == TargetKind.PING:
        if already_pinged(schedule, run):
            finish_run(run.pk, run.attempt, result={"ping": "before its time"})
        return
    try:
        begun = do_target(schedule, run)
        fault_point("scheduler-run-done")
        if begun.goes_on:
            await_work(run.pk, run.attempt, schedule.target, begun.result)
        else:
            finish_run(run.pk, run.attempt, result=begun.result)
    except JobStopError:
        finish_run(run.pk, run.attempt, error=RunCancelledError("it was told to stop"))
        raise
    except DomainError as error:
        finish_run(run.pk, run.attempt, error=error)
    except Exception as error:
        logger.exception("run %s failed", run.pk)
        finish_run(run.pk, run.attempt, error=UnexpectedError(type(error).__name__))


def _is_let(schedule: JobSchedule) -> bool:
    """Say whether the flag of a schedule is on: for it, not for whoever asks for a run."""
    seen = {"targetingKey": str(schedule.pk), "schedule": schedule.name}
    return not schedule.flag or flag(schedule.flag, False, seen)
