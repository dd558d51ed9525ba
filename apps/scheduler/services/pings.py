"""Jobs of others that tell that they ran."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from apps.scheduler.adapters.clock import database_now
from apps.scheduler.errors import NoPingError
from apps.scheduler.models import JobRun, JobSchedule, RunState, TargetKind
from apps.scheduler.services.ending import finish_run
from kernel.errors import NotFoundError
from kernel.rows import locked
from kernel.secrets.signatures import BadSignatureError, check_signature, sign

PURPOSE = "scheduler.ping"
_PATH = "/scheduler/api/pings"


def ping_path(schedule: JobSchedule) -> str:
    """Return where the job of a schedule tells that it ran; who has the address may do that."""
    signature = sign(_signed(schedule), purpose=PURPOSE)
    return f"{_PATH}/{schedule.tenant_id}/{schedule.pk}/{signature}"


def schedule_pinged(schedule_id: UUID, signature: str) -> JobSchedule:
    """Return the schedule of an address, in its tenant; raises NotFoundError for a wrong one."""
    schedule = JobSchedule.objects.filter(pk=schedule_id, target_kind=TargetKind.PING).first()
    try:
        if schedule is not None:
            check_signature(_signed(schedule), signature, purpose=PURPOSE)
            return schedule
    except BadSignatureError:
        pass
    raise NotFoundError("there is nothing to be told of here")


@transaction.atomic
def take_ping(schedule: JobSchedule, *, failed: bool = False) -> None:
    """Write down that a job ran, or that it failed: the run that waits for it ends by that.

    A ping that comes before its time, by no more than the grace, is taken for it as well.
    """
    row = JobSchedule.objects.select_for_update().get(pk=schedule.pk)
    if not failed:
        row.last_ping_at = database_now()
        row.save(update_fields=["last_ping_at"])
    waiting = JobRun.objects.filter(schedule=row, state=RunState.RUNNING).order_by("fire_time")
    for run in list(waiting):
        error = NoPingError("the job told that it failed") if failed else None
        finish_run(run.pk, run.attempt, result={"ping": "in time"}, error=error)


@transaction.atomic
def renew_ping_address(*, id: str) -> JobSchedule:
    """Give a schedule another address for pings; the one before is good for nothing."""
    schedule = locked(JobSchedule, id)
    schedule.ping_generation += 1
    schedule.save(update_fields=["ping_generation"])
    return schedule


def already_pinged(schedule: JobSchedule, run: JobRun) -> bool:
    """Say whether the job of a run told that it ran before it was expected to."""
    grace = timedelta(seconds=schedule.grace_seconds)
    return schedule.last_ping_at is not None and schedule.last_ping_at >= run.fire_time - grace


def _signed(schedule: JobSchedule) -> str:
    return f"{schedule.tenant_id}/{schedule.pk}/{schedule.ping_generation}"
