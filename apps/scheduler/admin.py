"""Job schedules for staff."""

from django.contrib import admin

from apps.scheduler.models import JobSchedule
from kernel.admin import ReadOnlyAdmin, TenantFilter


@admin.register(JobSchedule)
class JobScheduleAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("name", "cron", "time_zone", "enabled", "created_at", "tenant")
    list_filter = (TenantFilter, "enabled")
    search_fields = (
        "name",
        "cron",
        "time_zone",
    )
    ordering = ("-id",)
    fields = ("name", "cron", "time_zone", "enabled", "created_at", "tenant", "id")
    readonly_fields = fields
