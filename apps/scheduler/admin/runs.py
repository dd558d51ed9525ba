"""Runs for staff: what was due, how it went, what it told."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.scheduler.admin.showing import RUN_KINDS, progress_of, took
from apps.scheduler.models import FINISHED, JobRun, JobRunLine, RunState
from apps.scheduler.selectors.schedules import MOST_LINES
from apps.scheduler.services.life import cancel_run, run_now, terminate_run
from kernel.admin import (
    ActionVariant,
    Errand,
    KeysetAdmin,
    Listed,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    acting_staff,
    action,
    ask_then,
    badge,
    display,
    labelled,
    row_of,
    table,
)
from kernel.federation.windows import Window


@admin.register(JobRun)
class JobRunAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["scheduler/admin.css"]}
        js = (Script("scheduler/run.js", type="module"),)

    list_display = ("fire_time", "of", "standing", "kind", "attempt", "took", "tenant")
    list_filter = (TenantFilter, "state", "kind")
    list_select_related = ("schedule",)
    ordering = ("-id",)
    fields = (
        *("of", "fire_time", "standing", "problem", "kind", "attempt", "took"),
        *("progress_told", "lines_told", "parameters", "result", "version", "who"),
        *("created_at", "started_at", "finished_at", "deadline_at", "job", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("again", "cancel", "terminate")

    def read(self, request: HttpRequest, rows: QuerySet[Any], window: Window) -> Listed:
        """Say of runs that go on that they have not ended: those few have an index."""
        state = request.GET.get("state__exact")
        going_on = state is not None and state not in FINISHED
        return super().read(request, rows.filter(finished_at=None) if going_on else rows, window)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        actions: list[Any] = super().get_actions_detail(request, object_id)
        run = self.get_object(request, object_id)
        ended = run is not None and run.state in FINISHED
        offered = {"again"} if ended else {"cancel", "terminate"}
        return [one for one in actions if one.method.__name__ in offered]

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
        return took(row)

    @display(description="progress")
    def progress_told(self, row: JobRun) -> SafeString | str:
        return progress_of(row)

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
        rows = JobRunLine.across_tenants.filter(run=row).order_by("-id")
        lines = list(rows[: MOST_LINES + 1])
        told = [(f"{one.created_at:%H:%M:%S}", one.attempt, one.text) for one in lines[:MOST_LINES]]
        return format_html(
            '<div class="sched-log" data-run="{}" data-live="{}">{}{}<p class="sched-live"'
            ' role="status"></p></div>',
            row.pk,
            "" if row.state in FINISHED else "yes",
            f"The last {MOST_LINES} lines." if len(lines) > MOST_LINES else "",
            table(("at", "attempt", "what"), told[::-1], "nothing yet"),
        )

    @action(
        description="Run again",
        url_path="again",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then have its schedule run now with the same parameters."""
        run: JobRun = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with acting_staff(request, run.tenant_id):
                run_now(id=str(run.schedule_id), parameters=run.parameters)
            return f"{run.schedule.name} runs once more."

        return Errand(
            asks=lambda _: f"Run {run.schedule.name} again?",
            causes=lambda _: [
                "Another run is made now, with the parameters of this one, which stays as it is.",
                "It has the rights of whoever is signed in here.",
            ],
            act=act,
            back=reverse("admin:scheduler_jobschedule_change", args=[run.schedule_id]),
            yes="Yes, run again",
        ).run(self, request)

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
