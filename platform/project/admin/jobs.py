"""Jobs for staff: what waits, what failed and why; tried again or taken back."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from kernel.admin import ModelAdmin, confirmed, display
from kernel.jobs.models import Job, JobState
from kernel.jobs.services import cancel_all, retry_all


@admin.register(Job)
class JobAdmin(ModelAdmin):
    """The newest first."""

    list_display = ("name", "target", "shown_state", "attempts", "run_at", "finished_at")
    list_filter = ("state", "name")
    ordering = ("-id",)
    actions = ("retry", "cancel")
    fields = ("name", "target", "state", "attempts", "run_at", "lease_until", "last_error", "key")

    @display(
        description="state",
        ordering="state",
        label={
            JobState.QUEUED: "info",
            JobState.RUNNING: "warning",
            JobState.DONE: "success",
            JobState.FAILED: "danger",
        },
    )
    def shown_state(self, job: Job) -> str:
        return job.state

    @admin.action(
        description="Try the selected failed jobs again, from their first attempt",
        permissions=["operate"],
    )
    @confirmed
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        messages.success(request, f"{retry_all(jobs)} jobs are queued again.")

    @admin.action(
        description="Cancel the selected jobs that have not begun", permissions=["operate"]
    )
    @confirmed
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        messages.success(request, f"{cancel_all(jobs)} jobs will not run.")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Say whether somebody may act on jobs: who may change them, in Django's words."""
        allowed: bool = super().has_change_permission(request)
        return allowed

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Its page has nothing to save.
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
