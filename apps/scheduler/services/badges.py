"""Pictures of how a schedule stands, by addresses that are good for nothing else."""

from uuid import UUID

from apps.scheduler.models import JobSchedule
from apps.scheduler.selectors.schedules import last_state
from kernel.errors import NotFoundError
from kernel.secrets.signatures import BadSignatureError, check_signature, sign

PURPOSE = "scheduler.badge"
_PATH = "/scheduler/api/badges"


def badge_path(schedule: JobSchedule) -> str:
    """Return where the picture is: whoever has it sees the name and the last state, and no more."""
    signature = sign(_signed(schedule), purpose=PURPOSE)
    return f"{_PATH}/{schedule.tenant_id}/{schedule.pk}/{signature}.svg"


def schedule_of_badge(schedule_id: UUID, signature: str) -> JobSchedule:
    """Return the schedule of an address, in its tenant; raises NotFoundError for a wrong one."""
    schedule = JobSchedule.objects.filter(pk=schedule_id).first()
    try:
        if schedule is not None:
            check_signature(_signed(schedule), signature, purpose=PURPOSE)
            return schedule
    except BadSignatureError:
        pass
    raise NotFoundError("there is no picture here")


def state_told(schedule: JobSchedule) -> str:
    """Return how the last run ended that has; `new` without one, `off` of what is due no more."""
    return (last_state(schedule) or "new") if schedule.enabled else "off"


def _signed(schedule: JobSchedule) -> str:
    return f"{schedule.tenant_id}/{schedule.pk}"
