"""Imports for staff: how far each is, which rows failed and why, and what may be done to it."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.importexport.models import ImportJob, ImportTemplate, RowError
from apps.importexport.selectors.imports import progress_of
from apps.importexport.services.controlling import (
    cancel_import,
    pause_import,
    resume_import,
    undo_import,
)
from apps.importexport.services.imports import check_import, start_import
from kernel.admin import (
    ActionVariant,
    KeysetAdmin,
    ReadOnlyAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    action,
    ask_then,
    badge,
    display,
    row_of,
    table,
)

_KINDS = {
    "done": "success",
    "checked": "success",
    "failed": "danger",
    "cancelled": "warning",
    "paused": "warning",
    "undone": "warning",
}
_SHOWN = 20
_SHOWN_ROWS = 10


@admin.register(ImportJob)
class ImportJobAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_before_template = "importexport/admin_wizard.html"
    list_display = (
        *("name", "dataset", "standing", "progress", "row_count", "failed"),
        *("created_at", "tenant"),
    )
    list_filter = (TenantFilter, "state", "format")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = (
        *("name", "standing", "wizard", "progress", "problem", "failures", "shown", "mapped"),
        *("dataset", "mode", "policy", "stop_after", "format", "source_id", "source_url"),
        *("read", "inserted", "updated", "unchanged", "removed", "failed", "undone", "kept"),
        "errors_id",
        *("who", "job_id", "created_at", "finished_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("dry_run", "start", "pause", "resume", "cancel", "undo")

    @display(description="state", ordering="state")
    def standing(self, job: ImportJob) -> SafeString:
        return badge(job.get_state_display(), _KINDS.get(job.state, "info"))

    @display(description="step by step")
    def wizard(self, job: ImportJob) -> SafeString:
        """Return a link to its page in the portal, where members of its tenant work on it."""
        return format_html(
            '<a class="septet-link" href="{}">Open it in the wizard</a>, as a member of its tenant',
            reverse("imports-wizard", args=[job.pk]),
        )

    @display(description="read")
    def progress(self, job: ImportJob) -> SafeString:
        percent = round(progress_of(job).fraction * 100)
        return format_html(
            '<progress value="{}" max="100" aria-label="{} percent read"></progress> {} rows',
            percent,
            percent,
            f"{job.read:,}",
        )

    @display(description="error")
    def problem(self, job: ImportJob) -> SafeString | str:
        if not job.error_code:
            return "-"
        return format_html("<code>{}</code>: {}", job.error_code, job.error_message)

    @display(description="rows that failed")
    def failures(self, job: ImportJob) -> SafeString:
        rows = RowError.across_tenants.filter(import_id=job.pk).order_by("position", "id")
        found = [
            (f"{one.line:,}", one.column or "-", one.value, one.code, one.message)
            for one in rows[:_SHOWN]
        ]
        return table(("line", "field", "value", "code", "why"), found, "none")

    @display(description="source")
    def shown(self, job: ImportJob) -> SafeString:
        rows = job.preview.get("rows", [])[:_SHOWN_ROWS]
        return table(tuple(job.preview.get("columns", ())), rows, "not looked at yet")

    @display(description="mapping")
    def mapped(self, job: ImportJob) -> SafeString:
        rows = [
            (one["field"], one["source"] or repr(one["constant"]), len(one["transforms"]) or "-")
            for one in job.mapping
        ]
        return table(("field", "column", "transforms"), rows, "none")

    @display(description="asked by")
    def who(self, job: ImportJob) -> str:
        return str(job.asked_by.get("name", "the platform"))

    @action(description="Check", url_path="check", permissions=["operate"])
    def dry_run(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let it be checked."""
        causes = "A job goes over all rows and tells what is wrong; none is brought."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Check", causes, check_import)

    @action(
        description="Start",
        url_path="start",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def start(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let its rows be brought."""
        causes = "A job brings its rows into the dataset. It can be undone afterwards."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Start", causes, start_import)

    @action(description="Pause", url_path="pause", permissions=["operate"])
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let it rest."""
        causes = "It rests after the piece that is being written, and can be resumed."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Pause", causes, pause_import)

    @action(description="Resume", url_path="resume", permissions=["operate"])
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then go on with it."""
        causes = "It goes on from its last checkpoint: no row is brought twice."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Resume", causes, resume_import)

    @action(
        description="Cancel",
        url_path="cancel",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then stop it."""
        causes = "What it has brought stays, and can be undone; the rest is not brought."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Cancel", causes, cancel_import)

    @action(
        description="Undo",
        url_path="undo",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then take it back."""
        job: ImportJob = row_of(self, request, object_id)
        causes = (
            f"{job.inserted:,} rows are deleted again, {job.updated:,} are as they were before and"
            f" {job.removed:,} come back, but for those that somebody has changed since."
        )
        return ask_then(self, request, job, "Undo", causes, undo_import)


@admin.register(RowError)
class RowErrorAdmin(KeysetAdmin, ReadOnlyAdmin):
    """The newest first."""

    list_display = ("line", "column", "value", "code", "message", "tenant")
    list_filter = (TenantFilter, "code")
    ordering = ("-id",)
    fields = (
        *("import_id", "position", "line", "column", "source", "value", "code", "message"),
        *("tenant", "id"),
    )
    readonly_fields = fields


@admin.register(ImportTemplate)
class ImportTemplateAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("name", "dataset", "mode", "created_at", "tenant")
    list_filter = (TenantFilter,)
    search_fields = ("name",)
    ordering = ("-id",)
    fields = ("name", "dataset", "mode", "mapping", "rules", "created_at", "tenant", "id")
    readonly_fields = fields
