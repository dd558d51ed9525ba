"""Exports for staff: how far each is, what of, why it came to nothing, and the files."""

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.importexport.models import ExportJob, ExportPart
from apps.importexport.services.downloads import download_address
from apps.importexport.services.exports import cancel_export, retry_export
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
    row_of,
    table,
)
from kernel.errors import DomainError
from kernel.staff import tell_changes
from kernel.tenancy.context import in_tenant

_KINDS = {"ready": "success", "failed": "danger", "cancelled": "warning", "expired": "warning"}
_SHOWN = 20


@admin.register(ExportJob)
class ExportJobAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_before_template = "importexport/admin_exports.html"
    list_display = ("name", "source", "written_as", "standing", "row_count", "created_at", "tenant")
    list_filter = (TenantFilter, "state", "format")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = (
        *("name", "standing", "problem", "source", "columns", "filters", "order"),
        *("written_as", "compression", "guard", "series", "since", "until"),
        *("row_count", "size", "files", "who", "created_at", "started_at", "finished_at"),
        *("expires_at", "job_id", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("download", "retry", "cancel")

    @display(description="state", ordering="state")
    def standing(self, row: ExportJob) -> SafeString:
        return badge(row.get_state_display(), _KINDS.get(row.state, "info"))

    @display(description="error")
    def problem(self, row: ExportJob) -> SafeString | str:
        if not row.error_code:
            return "-"
        return format_html("<code>{}</code>: {}", row.error_code, row.error_message)

    @display(description="of")
    def source(self, row: ExportJob) -> SafeString | str:
        if not row.query:
            return row.dataset
        where = row.query["service"] or "the graph"
        return format_html(
            'asked of {}:<pre class="septet-json">{}</pre>', where, row.query["query"]
        )

    @display(description="format", ordering="format")
    def written_as(self, row: ExportJob) -> str:
        return row.format.upper()

    @display(description="asked by")
    def who(self, row: ExportJob) -> str:
        return str(row.asked_by.get("name", "the platform"))

    @display(description="size", ordering="size_bytes")
    def size(self, row: ExportJob) -> str:
        return filesizeformat(row.size_bytes) if row.size_bytes else "-"

    @display(description="files")
    def files(self, row: ExportJob) -> SafeString:
        parts = ExportPart.across_tenants.filter(export=row).order_by("position")[:_SHOWN]
        told = [(one.name, f"{one.row_count:,}", filesizeformat(one.size_bytes)) for one in parts]
        return table(("file", "rows", "size"), told, "none")

    @action(
        description="Download",
        url_path="download",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the first file, and put on record who took it."""
        row: ExportJob = row_of(self, request, object_id)
        try:
            with in_tenant(row.tenant_id):
                address = download_address(row)
        except DomainError as error:
            messages.error(request, f"There is nothing to download: {error}.")
            return redirect(_page(row))
        with transaction.atomic():
            tell_changes([row], "downloaded")
        return HttpResponseRedirect(address)

    @action(description="Write once more", url_path="retry", permissions=["operate"])
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then have it written once more."""
        causes = (
            "A job writes it anew, of the rows that there are by then, with the rights that who"
            " asked for it has by then."
        )
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Write once more", causes, retry_export)

    @action(
        description="Stop",
        url_path="cancel",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then stop it."""
        causes = "Its job ends, and nothing of it is kept. It may be written once more later."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Stop", causes, cancel_export)


def _page(row: ExportJob) -> str:
    return reverse("admin:importexport_exportjob_change", args=[row.pk])
