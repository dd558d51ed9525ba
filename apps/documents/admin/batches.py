"""Batches for staff: how far each is, which of its items failed and why, and the file."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.documents.admin.making import MadeAdmin, problem_of, standing_of
from apps.documents.models import BatchItem, BatchState, DocumentBatch, ItemState
from apps.documents.models.batches import OPEN
from apps.documents.services.batches import cancel_batch, resume_batch
from kernel.admin import (
    ActionVariant,
    KeysetAdmin,
    ReadOnlyAdmin,
    TenantFilter,
    action,
    ask_then,
    display,
    row_of,
    table,
)

_SHOWN = 20


@admin.register(DocumentBatch)
class DocumentBatchAdmin(MadeAdmin):
    """The newest first."""

    list_display = ("title", "standing", "progress", "kind", "packing", "created_at", "tenant")
    list_filter = (TenantFilter, "state", "format")
    search_fields = ("title",)
    list_select_related = ("version__template",)
    fields = (
        *("title", "standing", "progress", "problem", "failures", "kind", "packing", "pages"),
        *("size", "digest", "output_id", "template", "locale", "source", "protected", "who"),
        *("created_at", "finished_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("download", "resume", "cancel")

    def useful(self, row: DocumentBatch) -> dict[str, bool]:
        """Return what may be done to it as it stands."""
        goes_on = row.state in OPEN
        left = row.failed > 0 or row.state != BatchState.READY
        return {"resume": left and not goes_on, "cancel": goes_on}

    @display(description="made")
    def progress(self, batch: DocumentBatch) -> SafeString:
        done, failed = batch.made + batch.failed, batch.failed
        more = format_html(", {} failed", f"{failed:,}") if failed else ""
        return format_html(
            '<progress value="{}" max="{}" aria-label="{} of {} items"></progress> {} of {}{}',
            done,
            max(batch.total, 1),
            done,
            batch.total,
            f"{batch.made:,}",
            f"{batch.total:,}",
            more,
        )

    @display(description="items that failed")
    def failures(self, batch: DocumentBatch) -> SafeString:
        rows = BatchItem.across_tenants.filter(batch=batch, state=ItemState.FAILED)
        found = [
            (item.position, item.error_code, item.error_place or "-", item.error_message)
            for item in rows.order_by("position")[:_SHOWN]
        ]
        return table(("item", "code", "place", "why"), found, "none")

    @action(description="Go on", url_path="resume", permissions=["operate"])
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then go on with what is not made."""
        batch: DocumentBatch = row_of(self, request, object_id)
        left = max(batch.total - batch.made, 0)
        return ask_then(
            self,
            request,
            batch,
            "Go on with",
            f"Jobs make the {left:,} documents that are not made, and join all into a new file.",
            resume_batch,
        )

    @action(
        description="Stop",
        url_path="cancel",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then stop it."""
        batch: DocumentBatch = row_of(self, request, object_id)
        left = max(batch.total - batch.made - batch.failed, 0)
        return ask_then(
            self,
            request,
            batch,
            "Stop",
            f"{left:,} items are not made. What was made is kept, so that it may go on.",
            cancel_batch,
        )


@admin.register(BatchItem)
class BatchItemAdmin(KeysetAdmin, ReadOnlyAdmin):
    """The newest first."""

    list_display = ("position", "batch", "title", "standing", "problem", "tenant")
    list_filter = (TenantFilter, "state")
    list_select_related = ("batch",)
    ordering = ("-id",)
    fields = (
        *("batch", "position", "title", "standing", "problem", "pages", "size_bytes", "sha256"),
        *("tenant", "id"),
    )
    readonly_fields = fields

    @display(description="state", ordering="state")
    def standing(self, item: BatchItem) -> SafeString:
        return standing_of(item)

    @display(description="error")
    def problem(self, item: BatchItem) -> SafeString | str:
        return problem_of(item)
