"""Reads of job schedules, always within the current tenant."""

from django.db.models import QuerySet

from apps.scheduler.models import JobSchedule
from kernel.errors import NotFoundError
from kernel.ids import parse_id


def by_id(job_schedule_id: str) -> JobSchedule:
    """Return one; raises NotFoundError when this tenant has none of that id."""
    found = JobSchedule.objects.filter(pk=parse_id(job_schedule_id)).first()
    if found is None:
        raise NotFoundError(f"no job schedule {job_schedule_id}")
    return found


def all_job_schedules() -> QuerySet[JobSchedule]:
    """Return every one of this tenant."""
    return JobSchedule.objects.all()
