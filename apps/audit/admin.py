"""The audit log for staff: searched and read, never changed."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.audit.models import AuditLog
from apps.audit.selectors import logs_over_time, searched
from kernel.admin import (
    Bar,
    RangeDateTimeFilter,
    ReadOnlyAdmin,
    TenantFilter,
    display,
    table,
)


@admin.register(AuditLog)
class AuditLogAdmin(ReadOnlyAdmin):
    """Who did what to which thing, the newest first."""

    list_display = ("when", "who", "action", "what", "from_where", "tenant")
    list_display_links = ("when", "action")
    list_filter = (TenantFilter, ("occurred_at", RangeDateTimeFilter))
    list_filter_submit = True
    list_before_template = "kernel/admin/bars.html"
    search_fields = ("words",)
    search_help_text = "Words or beginnings of words: an action, a name, an address, a target"
    ordering = ("-occurred_at", "-id")
    fieldsets = (
        (None, {"fields": ("summary", "tenant", "occurred_at", "recorded_at", "id")}),
        ("Who", {"fields": ("actor_name", "actor_type", "actor_id", "where")}),
        ("What", {"fields": ("action", "target_table", "change_table")}),
        ("More", {"fields": ("metadata_text", "idempotency_key")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditLog], search_term: str
    ) -> tuple[QuerySet[AuditLog], bool]:
        return searched(queryset, search_term), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        listed = getattr(response, "context_data", {}).get("cl")
        if listed is not None:
            bars = Bar.of(logs_over_time(listed.queryset))
            response.context_data |= {
                "bars": bars,
                "bars_last": bars[-1] if bars else None,
                "bars_title": "Logs over time (the newest 10,000 at most)",
            }
        return response

    @display(description="when", ordering="occurred_at")
    def when(self, log: AuditLog) -> str:
        return f"{log.occurred_at:%Y-%m-%d %H:%M:%S}"

    @display(description="who", ordering="actor_name")
    def who(self, log: AuditLog) -> str:
        return log.actor_name or log.actor_id

    @display(description="to what")
    def what(self, log: AuditLog) -> str:
        if not log.targets:
            return "-"
        first = log.targets[0]
        more = f" and {len(log.targets) - 1} more" if len(log.targets) > 1 else ""
        return f"{(first['name'] or first['id'])[-60:]}{more}"

    @display(description="from")
    def from_where(self, log: AuditLog) -> str:
        return log.context["ip_address"] or "-"

    @display(description="in a sentence")
    def summary(self, log: AuditLog) -> str:
        to_what = self.what(log)
        suffix = "" if to_what == "-" else f" on {to_what}"
        return f"{self.who(log)} did {log.action}{suffix} at {self.when(log)} UTC"

    @display(description="from where")
    def where(self, log: AuditLog) -> SafeString:
        told = [(name.replace("_", " "), value) for name, value in log.context.items() if value]
        return table(("part", "value"), told, "Nothing was told.")

    @display(description="targets")
    def target_table(self, log: AuditLog) -> SafeString:
        rows = [(target["type"], target["name"] or "-", target["id"]) for target in log.targets]
        return table(("type", "name", "id"), rows, "No target was named.")

    @display(description="changes")
    def change_table(self, log: AuditLog) -> SafeString:
        rows = [
            (change["field"], json.dumps(change["before"]), json.dumps(change["after"]))
            for change in log.changes
        ]
        return table(("field", "before", "after"), rows, "No change of a field was told.")

    @display(description="metadata")
    def metadata_text(self, log: AuditLog) -> SafeString:
        text = json.dumps(log.metadata, indent=2, ensure_ascii=False)
        return format_html('<pre class="septet-json">{}</pre>', text)
