"""Configuration for staff: what there is, and who said what."""

from django.contrib import admin

from apps.config.models import Configuration, ConfigurationVersion
from apps.config.selectors.places import Place
from kernel.admin import ReadOnlyAdmin, TenantFilter, display


@admin.register(Configuration)
class ConfigurationAdmin(ReadOnlyAdmin):
    """What there is to be said, the newest first; what is said is in the versions."""

    list_display = ("key", "type", "description", "owner", "secret", "shared", "tenant")
    list_filter = (TenantFilter, "type", "secret", "shared")
    search_fields = ("key", "description")
    ordering = ("-id",)
    fields = (
        "key",
        "type",
        "description",
        "owner",
        "secret",
        "merge",
        "shared",
        "schema",
        "created_at",
        "tenant",
        "id",
    )
    readonly_fields = fields


@admin.register(ConfigurationVersion)
class ConfigurationVersionAdmin(ReadOnlyAdmin):
    """Who said what where, the newest first; of secrets never what."""

    list_display = (
        "created_at",
        "key",
        "number",
        "layer",
        "environment",
        "service",
        "said",
        "author_name",
        "tenant",
    )
    list_filter = (TenantFilter, "origin", "environment")
    search_fields = ("key", "reason")
    ordering = ("-id",)
    fields = (
        "created_at",
        "key",
        "number",
        "layer",
        "environment",
        "service",
        "said",
        "origin",
        "of_version",
        "reason",
        "author_name",
        "author_type",
        "author_id",
        "revision",
        "tenant",
        "id",
    )
    readonly_fields = fields

    @display(description="layer")
    def layer(self, version: ConfigurationVersion) -> str:
        return str(Place(version.tenant_id, version.environment, version.service).layer)

    @display(description="value")
    def said(self, version: ConfigurationVersion) -> str:
        if version.sealed:
            return "a secret"
        return version.value[:2_000] or "nothing any more"
