"""Exports for staff: who took logs out, and how far it is; their content is the tenants'."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.audit.admin.questions import QuestionForm, told_of
from apps.audit.domain.queries import LogQuery
from apps.audit.models import AuditExport, ExportFormat, ExportState
from apps.audit.models.exports import UNFINISHED
from apps.audit.selectors.staff import found_by
from apps.audit.services.exporting import KEPT, cancel_export, export_logs
from kernel.admin import (
    ActionVariant,
    Errand,
    KeysetAdmin,
    SeenOnlyAdmin,
    SelectInput,
    TenantAdmin,
    TenantField,
    TenantFilter,
    action,
    badge,
    display,
    row_of,
    table,
)
from kernel.tenancy.context import in_tenant

_KINDS = {
    ExportState.DONE: "success",
    ExportState.FAILED: "danger",
    ExportState.WAITING: "info",
    ExportState.RUNNING: "info",
}


class ExportForm(QuestionForm):
    """Which logs of which tenant, and how."""

    tenant = TenantField()
    format = forms.ChoiceField(choices=ExportFormat.choices, widget=SelectInput())
    field_order = ("tenant", "format")


@admin.register(AuditExport)
class AuditExportAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """Files with logs that members or staff have asked for, the newest first."""

    list_display = ("created_at", "standing", "format", "count", "size", "who", "tenant")
    list_filter = (TenantFilter, "state")
    ordering = ("-id",)
    fields = (
        "created_at",
        "standing",
        "problem",
        "place",
        "format",
        "personal",
        "what",
        "count",
        "size",
        "digest",
        "who",
        "tenant",
        "finished_at",
        "expires_at",
        "job_id",
        "id",
    )
    readonly_fields = fields
    actions_list = ("start",)
    actions_detail = ("cancel",)

    @display(description="state", ordering="state")
    def standing(self, export: AuditExport) -> SafeString:
        kind = _KINDS.get(ExportState(export.state), "warning")
        return badge(export.get_state_display(), kind)

    @display(description="filter")
    def what(self, export: AuditExport) -> SafeString | str:
        parts = [(name.replace("_", " "), value) for name, value in export.query.items()]
        return table(("part", "value"), parts, "") if parts else "every log of the tenant"

    @display(description="logs", ordering="logs")
    def count(self, export: AuditExport) -> str:
        return f"{export.logs:,}"

    @display(description="size", ordering="size_bytes")
    def size(self, export: AuditExport) -> str:
        return filesizeformat(export.size_bytes)

    @display(description="SHA-256")
    def digest(self, export: AuditExport) -> SafeString:
        return format_html('<code class="septet-long">{}</code>', export.sha256 or "-")

    @display(description="file")
    def place(self, export: AuditExport) -> str:
        if export.file_key == "":
            return f"in the files service as {export.file_id}" if export.file_id else "-"
        return export.storing_problem or "here, and soon in the files service"

    @display(description="by", ordering="owner_name")
    def who(self, export: AuditExport) -> str:
        return export.owner_name or export.owner_id

    @action(
        description="Export logs",
        url_path="start",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def start(self, request: HttpRequest) -> HttpResponse:
        """Ask for which logs, say how many they are, and let a job export them."""

        def causes(given: dict[str, Any]) -> list[str]:
            with in_tenant(given["tenant"]):
                count = found_by(LogQuery.of(given["query"]))
            which = told_of(given["query"]) or "every log of the tenant"
            return [
                f"It is on {which}: {count} in the database now, and archived ones.",
                "Personal fields are not in it.",
                f"Who may take logs of the tenant out has the file, for {KEPT.days * 24} hours.",
                "It is on record in the tenant's log under your name.",
            ]

        def act(given: dict[str, Any]) -> str:
            with in_tenant(given["tenant"]):
                made = export_logs(format=given["format"], query=LogQuery.of(given["query"]))
            return f"A job makes the export {made}."

        return Errand(
            title="Export logs",
            introduction="Live and archived logs go into one file, the oldest first.",
            asks=lambda given: f"Export logs as {given['format'].upper()}?",
            causes=causes,
            act=act,
            back=reverse("admin:audit_auditexport_changelist"),
            yes="Yes, export them",
        ).run(self, request, ExportForm(request.POST or None))

    @action(
        description="Cancel",
        url_path="cancel",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then take it back."""
        export: AuditExport = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with in_tenant(export.tenant_id):
                cancel_export(id=str(export.pk))
            return f"The export {export} is cancelled."

        return Errand(
            asks=lambda _: f"Cancel the export {export} of {self.who(export)}?",
            causes=lambda _: [
                "Its job ends, and what it has written goes."
                if export.state in UNFINISHED
                else f"It is {export.state} already: nothing is changed.",
                "It is on record in the tenant's log under your name.",
            ],
            act=act,
            back=reverse("admin:audit_auditexport_change", args=[export.pk]),
            yes="Yes, cancel it",
        ).run(self, request)
