"""What the pages of documents and of batches have in common."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.documents.models.making import Made
from apps.documents.services.downloads import download_address
from kernel.admin import (
    ActionVariant,
    KeysetAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    action,
    badge,
    display,
    row_of,
)
from kernel.errors import DomainError
from kernel.staff import tell_changes
from kernel.tenancy.context import in_tenant

_KINDS = {"ready": "success", "failed": "danger", "cancelled": "warning"}


def standing_of(row: Any) -> SafeString:
    """Return the state of a row as a badge."""
    return badge(row.get_state_display(), _KINDS.get(row.state, "info"))


def problem_of(row: Any) -> SafeString | str:
    """Return why there is no document, where, and by which code."""
    if not row.error_code:
        return "-"
    place = format_html(" at <code>{}</code>", row.error_place) if row.error_place else ""
    return format_html("<code>{}</code>{}: {}", row.error_code, place, row.error_message)


class MadeAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """Rows that a job makes a file of."""

    ordering = ("-id",)

    @display(description="state", ordering="state")
    def standing(self, row: Made) -> SafeString:
        return standing_of(row)

    @display(description="error")
    def problem(self, row: Made) -> SafeString | str:
        return problem_of(row)

    @display(description="template")
    def template(self, row: Made) -> str:
        return str(row.version) if row.version else "-"

    @display(description="data")
    def source(self, row: Made) -> SafeString | str:
        if row.data_file_id:
            return f"the file {row.data_file_id}"
        if row.import_job_id:
            return f"the import {row.import_job_id}"
        if row.query:
            where = row.query["service"] or "the graph"
            return format_html(
                'asked of {}:<pre class="septet-json">{}</pre>', where, row.query["query"]
            )
        return f"{len(row.data):,} characters, with the request" if row.data else "none"

    @display(description="asked by")
    def who(self, row: Made) -> str:
        return str(row.asked_by.get("name", "the platform"))

    @display(description="password")
    def protected(self, row: Made) -> str:
        return "it takes one" if row.protection is not None else "none"

    @display(description="format", ordering="format")
    def kind(self, row: Made) -> str:
        return row.format.upper()

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer what can be done to it as it stands."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, str(object_id))
        if row is None:
            return []
        useful = self.useful(row) | {"download": row.output_id is not None}
        return [one for one in offered if useful[one.path]]

    def useful(self, row: Any) -> dict[str, bool]:
        """Return which other actions are of use to a row, by their paths."""
        raise NotImplementedError

    @display(description="size", ordering="size_bytes")
    def size(self, row: Made) -> str:
        return filesizeformat(row.size_bytes) if row.size_bytes else "-"

    @display(description="SHA-256")
    def digest(self, row: Made) -> SafeString:
        return format_html('<code class="septet-long">{}</code>', row.sha256 or "-")

    @action(
        description="Download",
        url_path="download",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the file, and put on record who took it."""
        row: Made = row_of(self, request, object_id)
        try:
            with in_tenant(row.tenant_id):
                address = download_address(row)
        except DomainError as error:
            messages.error(request, f"There is nothing to download: {error}.")
            return redirect(self.page(row))
        with transaction.atomic():
            tell_changes([row], "downloaded")
        return HttpResponseRedirect(address)

    def page(self, row: Any) -> str:
        """Return the address of a row's page."""
        return reverse(f"admin:documents_{self.opts.model_name}_change", args=[row.pk])
