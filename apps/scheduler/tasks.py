"""What the scheduler does by itself."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError

from apps.scheduler.services import firing, running, upkeep, works
from kernel.jobs.registry import job, periodic
from kernel.jobs.running import current_job
from kernel.keeping import keep

logger = logging.getLogger(__name__)

#: How long after its time a schedule is claimed at most.
TICK_SECONDS = 1.0


@job("scheduler.run", timeout=timedelta(hours=24))
def run(run_id: str) -> None:
    """Do one run of a schedule."""
    running.do_run(UUID(run_id), current_job().job.pk)


@job("scheduler.look_at_work", timeout=timedelta(minutes=2))
def look_at_work(target: str) -> None:
    """Look once how the work stands that a run began."""
    run_id, attempt, looks = target.split(":")
    works.look_at_work(UUID(run_id), int(attempt), int(looks))


@job("scheduler.stop_work", timeout=timedelta(minutes=2))
def stop_work(run_id: str) -> None:
    """Stop the work that a run began, and that is not to go on."""
    works.stop_work(UUID(run_id))


@periodic("scheduler.look_at_runs", every=timedelta(seconds=10))
def look_at_runs(_target: str) -> None:
    """End runs that take too long, and tell of those that are late."""
    upkeep.look_at_runs()


@periodic("scheduler.fire_due", every=timedelta(seconds=10))
def fire_due(_target: str) -> None:
    """Make the runs of what is due, where no process that serves looks each second."""
    firing.fire_due()


@periodic("scheduler.forget_runs", every=timedelta(hours=1))
def forget_runs(_target: str) -> None:
    """Remove runs that were kept for long enough."""
    upkeep.forget_runs()


def tick() -> None:
    """Look once whether something is due."""
    try:
        firing.fire_due()
    except DatabaseError:
        raise
    except Exception:
        # Nothing ends the looking: the next may find it well.
        logger.exception("what is due could not be claimed")


keep("scheduler-tick", tick, every_seconds=TICK_SECONDS)
