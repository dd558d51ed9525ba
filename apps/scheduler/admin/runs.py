"""Runs for staff: what was due, how it went, what it told."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.scheduler.admin.showing import RUN_KINDS
from apps.scheduler.models import JobRun, JobRunLine, RunState
from apps.scheduler.selectors.schedules import MOST_LINES
from apps.scheduler.services.life import cancel_run, terminate_run
from kernel.admin import (
    ActionVariant,
    KeysetAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    action,
    ask_then,
    badge,
    display,
    labelled,
    row_of,
    table,
)


@admin.register(JobRun)
class JobRunAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("fire_time", "of", "standing", "kind", "attempt", "took", "tenant")
    list_filter = (TenantFilter, "state", "kind")
    list_select_related = ("schedule",)
    ordering = ("-id",)
    fields = (
        *("of", "fire_time", "standing", "problem", "kind", "attempt", "took"),
        *("lines_told", "parameters", "result", "version", "who"),
        *("created_at", "started_at", "finished_at", "deadline_at", "job", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("cancel", "terminate")

    @display(description="schedule")
    def of(self, row: JobRun) -> SafeString:
        href = reverse("admin:scheduler_jobschedule_change", args=[row.schedule_id])
        return labelled(href, row.schedule.name)

    @display(description="state", ordering="state")
    def standing(self, row: JobRun) -> SafeString:
        return badge(row.get_state_display(), RUN_KINDS.get(RunState(row.state), "info"))

    @display(description="error")
    def problem(self, row: JobRun) -> SafeString | str:
        if not row.error_code:
            return "-"
        return format_html("<code>{}</code>: {}", row.error_code, row.error_message)

    @display(description="took")
    def took(self, row: JobRun) -> str:
        if row.started_at is None or row.finished_at is None:
            return "-"
        return f"{(row.finished_at - row.started_at).total_seconds():,.1f} s"

    @display(description="asked by")
    def who(self, row: JobRun) -> str:
        return str(row.asked_by.get("name", "the platform"))

    @display(description="job")
    def job(self, row: JobRun) -> SafeString | str:
        if row.job_id is None:
            return "-"
        return labelled(reverse("admin:jobs_job_change", args=[row.job_id]), row.job_id)

    @display(description="log")
    def lines_told(self, row: JobRun) -> SafeString:
        lines = JobRunLine.across_tenants.filter(run=row).order_by("id")[:MOST_LINES]
        told = [(f"{one.created_at:%H:%M:%S}", one.attempt, one.text) for one in lines]
        return table(("at", "attempt", "what"), told, "nothing yet")

    @action(description="Stop", url_path="cancel", permissions=["operate"])
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then stop it."""
        causes = "If it has not begun it never does; else it ends as soon as it looks."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Stop", causes, cancel_run)

    @action(
        description="Give up",
        url_path="terminate",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def terminate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then give it up."""
        causes = "It counts as over at once; what it may still do and tell is ignored."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Give up", causes, terminate_run)
