"""The job schedule as the graph shows it."""

from apps.scheduler.models import JobSchedule
from kernel.federation.directives import key
from kernel.federation.entities import Entity


@key("id")
class JobScheduleType(Entity):
    """Something to be done again and again, at given times of a time zone."""

    class Meta:
        model = JobSchedule
        name = "JobSchedule"
        fields = ("id", "name", "cron", "time_zone", "enabled", "created_at")
