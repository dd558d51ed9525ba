"""What may be done to job schedules."""

from apps.scheduler.models import JobSchedule


def create_schedule(*, name: str, cron: str, time_zone: str) -> JobSchedule:
    """Make one in the current tenant."""
    return JobSchedule.objects.create(name=name, cron=cron, time_zone=time_zone)
