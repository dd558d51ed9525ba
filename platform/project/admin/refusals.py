"""Why a request was refused: for staff, who are asked by those who got no answer to that."""

from django.contrib import admin

from kernel.admin import SeenOnlyAdmin, display
from kernel.identity.models import Refusal, Tenant
from kernel.identity.refusals import explain


@admin.register(Refusal)
class RefusalAdmin(SeenOnlyAdmin):
    """The newest first; the id that a caller was told finds theirs."""

    list_display = ("when", "why", "credential", "operation", "scopes", "request_id")
    list_display_links = ("when", "why")
    search_fields = ("=request_id", "credential")
    search_help_text = (
        "Paste the id of the request (X-Request-Id, or `id` of the error), or a key's"
    )
    ordering = ("-id",)
    fields = (
        "what",
        "advice",
        "detail",
        "credential",
        "tenant",
        "operation",
        "scopes",
        "when",
        "request_id",
    )
    readonly_fields = fields

    @display(description="when", ordering="id")
    def when(self, refusal: Refusal) -> str:
        return f"{refusal.at:%Y-%m-%d %H:%M:%S}"

    @display(description="why", ordering="reason")
    def why(self, refusal: Refusal) -> str:
        return explain(refusal).what

    @display(description="why it was refused")
    def what(self, refusal: Refusal) -> str:
        return explain(refusal).what

    @display(description="what to do")
    def advice(self, refusal: Refusal) -> str:
        return explain(refusal).advice

    @display(description="tenant")
    def tenant(self, refusal: Refusal) -> str:
        if refusal.tenant_id is None:
            return "-"
        slugs = Tenant.objects.filter(pk=refusal.tenant_id).values_list("slug", flat=True)
        return slugs.first() or str(refusal.tenant_id)
