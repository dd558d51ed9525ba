"""Signing keys for staff: whose they are and until when, never the keys."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.documents.models import SigningKey
from kernel.admin import ReadOnlyAdmin, TenantFilter, display


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("name", "subject", "not_after", "created_at", "tenant")
    list_filter = (TenantFilter,)
    search_fields = ("name", "subject")
    ordering = ("-id",)
    fields = (
        *("name", "subject", "issuer", "digest", "not_before", "not_after"),
        *("created_at", "tenant", "id"),
    )
    readonly_fields = fields

    @display(description="SHA-256 of the certificate")
    def digest(self, row: SigningKey) -> SafeString:
        return format_html('<code class="septet-long">{}</code>', row.fingerprint)
