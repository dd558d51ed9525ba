"""Places outside and deliveries for staff: how they stand, why they fail, and what may be done."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.importexport.admin.places import PlaceForm, saved
from apps.importexport.models import DataEndpoint, EndpointKind, EndpointState, ExportDelivery
from apps.importexport.services.deliveries import retry_delivery
from apps.importexport.services.endpoints import (
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    try_endpoint,
    update_endpoint,
)
from kernel.admin import (
    ActionVariant,
    Errand,
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
from kernel.tenancy.context import in_tenant

_DELIVERIES = {"delivered": "success", "failed": "danger", "queued": "info", "waiting": "info"}
_SHOWN = 20
_LIST = "admin:importexport_dataendpoint_changelist"


@admin.register(DataEndpoint)
class DataEndpointAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("name", "kind", "standing", "delivered_at", "last_error", "tenant")
    list_filter = (TenantFilter, "kind", "state")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = (
        *("name", "kind", "standing", "said", "secrecy", "delivered_at", "failures"),
        *("failing_since", "last_error", "deliveries", "created_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_list = ("add_s3", "add_sftp", "add_webhook", "add_email")
    actions_detail = ("try_it", "edit", "enable", "disable", "forget")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        actions: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        used = row is not None and row.state == EndpointState.ACTIVE
        other = "enable" if used else "disable"
        return [one for one in actions if one.method.__name__ != other]

    @display(description="state", ordering="state")
    def standing(self, row: DataEndpoint) -> SafeString:
        if row.state == EndpointState.ACTIVE and row.failures:
            return badge(f"failed {row.failures} times", "warning")
        kind = "success" if row.state == EndpointState.ACTIVE else "danger"
        return badge(row.get_state_display(), kind)

    @display(description="settings")
    def said(self, row: DataEndpoint) -> SafeString:
        told = [
            (name, ", ".join(value) if isinstance(value, list) else value or "-")
            for name, value in row.settings.items()
        ]
        return table(("setting", "value"), told, "none")

    @display(description="secret")
    def secrecy(self, row: DataEndpoint) -> str:
        return "kept encrypted" if row.secret else "none"

    @display(description="last deliveries")
    def deliveries(self, row: DataEndpoint) -> SafeString:
        rows = ExportDelivery.across_tenants.filter(endpoint=row).select_related("export")
        found = [
            (one.export.name, one.state, f"{one.attempts:,}", one.error_message or one.location)
            for one in rows.order_by("-id")[:_SHOWN]
        ]
        return table(("export", "state", "attempts", "what came of it"), found, "none yet")

    @action(description="Add a bucket of S3", url_path="add-s3", permissions=["operate"])
    def add_s3(self, request: HttpRequest) -> HttpResponse:
        """Ask where it is, and keep it."""
        return self._add(request, EndpointKind.S3)

    @action(description="Add a server of SFTP", url_path="add-sftp", permissions=["operate"])
    def add_sftp(self, request: HttpRequest) -> HttpResponse:
        """Ask where it is, and keep it."""
        return self._add(request, EndpointKind.SFTP)

    @action(description="Add a webhook", url_path="add-webhook", permissions=["operate"])
    def add_webhook(self, request: HttpRequest) -> HttpResponse:
        """Ask where it is, and keep it."""
        return self._add(request, EndpointKind.WEBHOOK)

    @action(description="Add people with mail", url_path="add-email", permissions=["operate"])
    def add_email(self, request: HttpRequest) -> HttpResponse:
        """Ask who they are, and keep it."""
        return self._add(request, EndpointKind.EMAIL)

    def _add(self, request: HttpRequest, kind: EndpointKind) -> HttpResponse:
        def act(form: PlaceForm) -> DataEndpoint:
            told = {"name": form.cleaned_data["name"], "settings": form.settings()}
            with in_tenant(form.cleaned_data["tenant"]):
                return create_endpoint(kind=kind, secret=form.secret(), **told)

        form = PlaceForm(kind, request.POST or None)
        title = f"Add a place: {kind.label}"
        return saved(self, request, form, act, title=title, back=reverse(_LIST))

    @action(description="Edit", url_path="edit", permissions=["operate"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask what is otherwise, and keep it."""
        row: DataEndpoint = row_of(self, request, object_id)

        def act(form: PlaceForm) -> DataEndpoint:
            told = {"name": form.cleaned_data["name"], "settings": form.settings()}
            with in_tenant(row.tenant_id):
                return update_endpoint(id=str(row.pk), secret=form.secret(), **told)

        form = PlaceForm(row.kind, request.POST or None, now=row.settings, name=row.name)
        back = reverse("admin:importexport_dataendpoint_change", args=[row.pk])
        return saved(self, request, form, act, title=f"Edit {row}", back=back)

    @action(
        description="Forget",
        url_path="forget",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def forget(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then forget it with its secret."""
        row: DataEndpoint = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with in_tenant(row.tenant_id):
                delete_endpoint(id=str(row.pk))
            return f"{row} is forgotten."

        return Errand(
            asks=lambda _: f"Forget {row}?",
            causes=lambda _: [
                "Its secret and its deliveries go; what was delivered stays there.",
                "What is on its way does not arrive, and imports read nothing from it any more.",
            ],
            act=act,
            back=reverse(_LIST),
            yes="Yes, forget it",
        ).run(self, request)

    @action(
        description="Test",
        url_path="test",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def try_it(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then deliver something that tells of nothing."""
        causes = (
            "Something that tells of nothing is sent there now, and removed again where that is"
            " possible."
        )
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Test", causes, try_endpoint)

    @action(description="Enable", url_path="enable", permissions=["operate"])
    def enable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then use it again."""
        causes = "Exports go there again, as if it had not failed. What failed stays so."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Enable", causes, enable_endpoint)

    @action(
        description="Disable",
        url_path="disable",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def disable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let nothing go there."""
        causes = "Nothing goes there any more; what is on its way fails, and may be retried later."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Disable", causes, disable_endpoint)


@admin.register(ExportDelivery)
class ExportDeliveryAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("export", "endpoint", "standing", "attempts", "created_at", "tenant")
    list_select_related = ("export", "endpoint")
    list_filter = (TenantFilter, "state")
    ordering = ("-id",)
    fields = (
        *("export", "endpoint", "standing", "problem", "location", "attempts"),
        *("created_at", "tried_at", "delivered_at", "job_id", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("retry",)

    @display(description="state", ordering="state")
    def standing(self, row: ExportDelivery) -> SafeString:
        return badge(row.get_state_display(), _DELIVERIES[row.state])

    @display(description="error")
    def problem(self, row: ExportDelivery) -> SafeString | str:
        if not row.error_code:
            return "-"
        return format_html("<code>{}</code>: {}", row.error_code, row.error_message)

    @action(description="Try again", url_path="retry", permissions=["operate"])
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then have it tried again."""
        causes = "A job delivers it, at once and then later each time, until it is there."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Try again", causes, retry_delivery)
