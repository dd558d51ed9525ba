"""Signing keys for staff: whose they are and until when, never the keys."""

from django.contrib import admin

from apps.documents.models import SigningKey
from kernel.admin import ReadOnlyAdmin, TenantFilter


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("name", "subject", "not_after", "created_at", "tenant")
    list_filter = (TenantFilter,)
    search_fields = ("name", "subject")
    ordering = ("-id",)
    fields = (
        *("name", "subject", "issuer", "fingerprint", "not_before", "not_after"),
        *("created_at", "tenant", "id"),
    )
    readonly_fields = fields
