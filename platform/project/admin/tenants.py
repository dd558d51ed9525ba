"""Tenants for staff: their life, their exports, and the reports of those that are gone."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from kernel.admin import ModelAdmin, confirmed, display, table
from kernel.errors import DomainError
from kernel.identity.departures import ExportState, TenantDeletion, TenantExport
from kernel.identity.exports import read_export
from kernel.identity.lifecycle import delete_tenant, export_tenant, resume_tenant, suspend_tenant
from kernel.identity.models import Tenant
from kernel.identity.services import create_tenant


@admin.register(Tenant)
class TenantsAdmin(ModelAdmin):
    """Organisations; what is done to one is said before it is done."""

    list_display = ("name", "slug", "shown_state", "delete_after", "created_at")
    search_fields = ("name", "slug")
    fields = ("name", "slug", "shown_state", "delete_after", "created_at", "id", "exports")
    readonly_fields = ("shown_state", "delete_after", "created_at", "id", "exports")
    actions = ("suspend", "resume", "export", "delete_with_data")

    @display(
        description="state",
        label={"active": "success", "suspended": "warning", "deleting": "danger"},
    )
    def shown_state(self, tenant: Tenant) -> str:
        return tenant.state

    @display(description="exports")
    def exports(self, tenant: Tenant) -> str:
        rows = [
            (one.requested_at, one.state, one.requested_by, file_of(one))
            for one in tenant.exports.all()[:10]
        ]
        head = ("asked for", "state", "by", "file")
        return table(head, rows, "None; the action “Export” makes one.")

    @admin.action(description="Suspend the selected tenants", permissions=["change"])
    @confirmed
    def suspend(self, request: HttpRequest, tenants: QuerySet[Tenant]) -> None:
        """Their members are signed out of everything and their keys open nothing, at once. No data
        is lost; “Resume” lets them in again."""
        for_each(request, tenants, suspend_tenant, "suspended")

    @admin.action(description="Resume the selected tenants", permissions=["change"])
    @confirmed
    def resume(self, request: HttpRequest, tenants: QuerySet[Tenant]) -> None:
        """Their members and keys get in again. A deletion is called off, as long as nothing has
        been erased."""
        for_each(request, tenants, resume_tenant, "active")

    @admin.action(description="Export the selected tenants", permissions=["change"])
    @confirmed
    def export(self, request: HttpRequest, tenants: QuerySet[Tenant]) -> None:
        """Everything that the services have of them is written into a file each, which staff with
        the permission can download for seven days."""
        by = partial(export_tenant, requested_by=request.user.get_username())
        for_each(request, tenants, by, "being exported")

    @admin.action(
        description="Delete the selected tenants with all their data", permissions=["delete"]
    )
    @confirmed
    def delete_with_data(self, request: HttpRequest, tenants: QuerySet[Tenant]) -> None:
        """Nobody of them gets in any more, at once. When the grace period has ended, every service
        erases what it has of them, audit logs included, and people who belong to no other tenant
        are removed. Until then “Resume” calls it off; afterwards nothing brings the data back. A
        report of how many rows were erased stays."""
        by = partial(delete_tenant, requested_by=request.user.get_username())
        for_each(request, tenants, by, "to be deleted")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Django's own would remove this one row, and leave those of every service.
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.pk = create_tenant(slug=obj.slug, name=obj.name).pk

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        return super().render_change_form(
            request, context | {"show_delete": False}, *args, **kwargs
        )

    def delete_view(self, *_arguments: Any, **_options: Any) -> Any:
        raise PermissionDenied


def for_each(
    request: HttpRequest, tenants: QuerySet[Tenant], act: Callable[..., Any], what: str
) -> None:
    """Do something to each tenant, and tell what became of it."""
    for tenant in tenants:
        try:
            act(tenant_id=tenant.pk)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{tenant.slug} is {what}.")


def file_of(export: TenantExport) -> str:
    """Return a link to the file of an export, or how far it has come."""
    if export.state != ExportState.DONE:
        return f"{export.rows_done} of {export.rows_total} rows"
    url = reverse("admin:identity_tenantexport_file", args=[export.pk])
    return format_html(
        '<a href="{}">{}</a>, {}', url, export.file_name, filesizeformat(export.size_bytes)
    )


class _Report(ModelAdmin):
    """Rows that only the platform writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(TenantExport)
class TenantExportAdmin(_Report):
    """Files with everything of a tenant; each is removed after seven days."""

    list_display = ("tenant", "state", "file", "requested_at", "requested_by", "finished_at")
    list_select_related = ("tenant",)
    fields = (*list_display, "rows_done", "rows_total", "digest")
    readonly_fields = fields

    @display(description="file")
    def file(self, export: TenantExport) -> str:
        return file_of(export)

    @display(description="SHA-256")
    def digest(self, export: TenantExport) -> str:
        return format_html('<code class="septet-long">{}</code>', export.sha256 or "-")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download)
        name = "identity_tenantexport_file"
        urls: list[URLPattern] = super().get_urls()
        return [path("<uuid:export_id>/file/", view, name=name), *urls]

    def download(self, request: HttpRequest, export_id: Any) -> HttpResponseBase:
        """Send the file, and put on record who was given it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        export = self.get_object(request, str(export_id))
        if export is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(export_id))
        chunks = read_export(export)
        self.log_change(request, export, "Downloaded the file.")
        response = StreamingHttpResponse(chunks, content_type="application/zip")
        response["Content-Length"] = str(export.size_bytes)
        response["Content-Disposition"] = f'attachment; filename="{export.file_name}"'
        return response


@admin.register(TenantDeletion)
class TenantDeletionAdmin(_Report):
    """Deletions of tenants and their reports, which outlast them."""

    list_display = (
        "slug",
        "shown_state",
        "requested_at",
        "requested_by",
        "delete_after",
        "finished_at",
    )
    search_fields = ("slug", "tenant_id")
    fields = (*list_display, "started_at", "cancelled_at", "not_reached", "erased", "tenant_id")
    readonly_fields = fields

    @display(
        description="state",
        label={
            "waiting": "info",
            "erasing": "warning",
            "finished": "success",
            "called off": "info",
        },
    )
    def shown_state(self, deletion: TenantDeletion) -> str:
        return deletion.state

    @display(description="not reached")
    def not_reached(self, deletion: TenantDeletion) -> str:
        return ", ".join(deletion.unreached) or "-"

    @display(description="erased")
    def erased(self, deletion: TenantDeletion) -> str:
        rows = [
            (part.app, name, count, part.finished_at or "not finished")
            for part in deletion.parts.all()
            for name, count in sorted(part.tables.items() or [("nothing", 0)])
        ]
        return table(("app", "table", "rows", "finished"), rows, "Nothing yet.")
