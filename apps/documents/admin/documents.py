"""Documents for staff: what was made of what, why it was not, and the file."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from apps.documents.admin.making import MadeAdmin
from apps.documents.models import Document, DocumentState
from apps.documents.models.documents import UNFINISHED
from apps.documents.services.documents import cancel_document, retry_document
from kernel.admin import ActionVariant, TenantFilter, action, ask_then, display, row_of


@admin.register(Document)
class DocumentAdmin(MadeAdmin):
    """The newest first."""

    list_display = ("title", "kind", "standing", "size", "created_at", "tenant")
    list_filter = (TenantFilter, "format", "state")
    search_fields = ("title",)
    list_select_related = ("version__template",)
    fields = (
        *("title", "standing", "problem", "kind", "pages", "size", "digest", "output_id"),
        *(
            "template",
            "operated",
            "locale",
            "source",
            "protected",
            "who",
            "created_at",
            "finished_at",
            "job_id",
        ),
        *("tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("download", "retry", "cancel")

    def useful(self, row: Document) -> dict[str, bool]:
        """Return what may be done to it as it stands."""
        ended = (DocumentState.FAILED, DocumentState.CANCELLED)
        return {"retry": row.state in ended, "cancel": row.state in UNFINISHED}

    @display(description="made of files")
    def operated(self, row: Document) -> str:
        told = row.operation
        return f"{told['name']}: {', '.join(told['files'])}" if told else "-"

    @action(description="Make once more", url_path="retry", permissions=["operate"])
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then have it made once more."""
        return ask_then(
            self,
            request,
            row_of(self, request, object_id),
            "Make once more",
            "A job makes it anew, of the same version and the same data, with the rights that who"
            " asked for it has by now.",
            retry_document,
        )

    @action(
        description="Cancel",
        url_path="cancel",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then take it back."""
        return ask_then(
            self,
            request,
            row_of(self, request, object_id),
            "Cancel",
            "Its job ends, and nothing of it is kept. It may be made once more later.",
            cancel_document,
        )
