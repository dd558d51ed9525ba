"""JobSchedules as rows."""

from django.db import models

from apps.scheduler.access import JOB_SCHEDULE
from kernel import clock
from kernel.tenancy.models import TenantModel


class JobSchedule(TenantModel):
    """Something to be done again and again, at given times of a time zone."""

    access = JOB_SCHEDULE

    name = models.CharField(max_length=200)
    cron = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64, default="UTC")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "job schedule"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="scheduler_newest"),
            models.Index(fields=("tenant_id", "name", "id"), name="scheduler_by_name"),
        ]

    def __str__(self) -> str:
        return self.name
