"""Templates and workflows for staff: as they are, and how they look."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.notifications.models import NotificationTemplate, Workflow
from kernel.admin import KeysetAdmin, ReadOnlyAdmin, TenantFilter, badge, display, table


@admin.register(NotificationTemplate)
class NotificationTemplateAdmin(KeysetAdmin, ReadOnlyAdmin):
    """The newest first."""

    list_display = ("name", "number", "languages", "created_at", "tenant")
    list_filter = (TenantFilter,)
    search_fields = ("name",)
    ordering = ("-id",)
    fields = ("name", "number", "default_locale", "written", "created_at", "tenant", "id")
    readonly_fields = fields

    @display(description="channels and languages")
    def languages(self, row: NotificationTemplate) -> str:
        return "; ".join(f"{one}: {', '.join(by)}" for one, by in row.texts.items())

    @display(description="texts")
    def written(self, row: NotificationTemplate) -> SafeString:
        told = [
            (
                channel,
                locale,
                parts["subject"],
                format_html('<pre class="septet-json">{}</pre>', parts["body"]),
            )
            for channel, by_locale in row.texts.items()
            for locale, parts in by_locale.items()
        ]
        return table(("channel", "locale", "subject", "body"), told, "none")


@admin.register(Workflow)
class WorkflowAdmin(KeysetAdmin, ReadOnlyAdmin):
    """The newest first."""

    list_display = ("name", "category", "standing", "number", "created_at", "tenant")
    list_filter = (TenantFilter, "enabled")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = (
        *("name", "category", "standing", "critical", "number", "steps", "rules"),
        *("created_at", "tenant", "id"),
    )
    readonly_fields = fields

    @display(description="state")
    def standing(self, row: Workflow) -> SafeString:
        return badge("on", "success") if row.enabled else badge("off", "warning")
