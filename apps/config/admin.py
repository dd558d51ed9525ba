"""Feature flags for staff."""

from django.contrib import admin

from apps.config.models import FeatureFlag
from kernel.admin import ReadOnlyAdmin, TenantFilter


@admin.register(FeatureFlag)
class FeatureFlagAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("key", "description", "enabled", "created_at", "tenant")
    list_filter = (TenantFilter, "enabled")
    search_fields = (
        "key",
        "description",
    )
    ordering = ("-id",)
    fields = ("key", "description", "enabled", "created_at", "tenant", "id")
    readonly_fields = fields
