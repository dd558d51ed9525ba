"""The audit log for staff: searched and read, never changed; each look at it is on record."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.audit.admin.overview import chips, of_tenant, over_all, seal
from apps.audit.admin.questions import QuestionFilter, address_of, asked_of
from apps.audit.admin.timeline import timeline, timeline_of
from apps.audit.domain.differences import differences
from apps.audit.models import Archive, AuditLog
from apps.audit.selectors.integrity import receipt_for
from apps.audit.selectors.staff import archived_log
from apps.audit.selectors.standing import judged
from apps.audit.selectors.subjects import personal_fields
from apps.audit.selectors.viewers import page_of
from apps.audit.selectors.words import worded
from apps.audit.services.reading import record_opened, record_search
from kernel.admin import (
    KeysetAdmin,
    Listed,
    ReadOnlyAdmin,
    TenantFilter,
    display,
    labelled,
    table,
)
from kernel.errors import InvalidInputError
from kernel.federation.deadline import OperationTimeoutError
from kernel.federation.windows import Window
from kernel.ids import parse_id
from kernel.tenancy.context import PLATFORM, in_tenant


class LogTenantFilter(TenantFilter):
    """Only the logs of one tenant, or those that concern none."""

    def lookups(self, request: HttpRequest, page: Any) -> list[tuple[str, str]]:
        return [*super().lookups(request, page), (str(PLATFORM), "(platform)")]


@admin.register(AuditLog)
class AuditLogAdmin(KeysetAdmin, ReadOnlyAdmin):
    """Who did what to which thing, the newest first."""

    list_display = ("when", "who", "action", "what", "from_where", "tenant")
    list_display_links = ("when", "action")
    list_filter = (LogTenantFilter, QuestionFilter)
    list_filter_submit = list_filter_sheet = True
    list_before_template = "audit/before_list.html"
    search_fields = ("words",)
    # Who looks through it is on record, so it is not looked through beside other lists.
    found_by_name = False
    search_help_text = "Words or beginnings of words: an action, a name, an address, a target"
    fieldsets = (
        (None, {"fields": ("summary", "tenant", "occurred_at", "recorded_at", "kept_in", "id")}),
        ("Who", {"fields": ("actor_name", "actor_type", "actor_id", "timeline", "where")}),
        ("What", {"fields": ("action", "target_table", "change_table")}),
        ("More", {"fields": ("metadata_text", "idempotency_key", "personal")}),
        ("Proof", {"fields": ("proof", "receipt")}),
    )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return an order that an index has: of all tenants, that in which they were recorded."""
        tenant = request.GET.get(TenantFilter.parameter_name)
        return ("-occurred_at", "-id") if tenant else ("-id",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditLog], search_term: str
    ) -> tuple[QuerySet[AuditLog], bool]:
        if request.GET.get(TenantFilter.parameter_name):
            # The page of one tenant is read by another question.
            return queryset, False
        return worded(queryset, asked_of(request).query, ""), False

    def read(self, request: HttpRequest, rows: QuerySet[AuditLog], window: Window) -> Listed:
        """Return a page: of all tenants in the order of recording, of one with archived logs, too.

        That it was shown is on record.
        """
        asked = asked_of(request)
        if asked.tenant_id is None:
            listed = super().read(request, rows.defer("record", "words"), window)
        else:
            with in_tenant(asked.tenant_id):
                try:
                    listed = Listed.of(page_of(asked.query, window))
                except OperationTimeoutError as error:
                    messages.error(request, f"{error}.")
                    listed = Listed([], None, None)
        record_search(asked.tenant_id, asked.query, listed.rows)
        return listed

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        asked = asked_of(request)
        if asked.problem:
            messages.warning(request, f"{asked.problem.capitalize()}.")
        # Before this look is on record, and waits to be sealed itself.
        stands = seal(asked)
        response = super().changelist_view(request, extra_context)
        listed = getattr(response, "context_data", {}).get("cl")
        if listed is not None:
            address = listed.get_query_string
            above = of_tenant(asked, address) or over_all(listed.queryset)
            response.context_data |= stands | above | {"chips": chips(asked, address)}
            if asked.tenant_id and asked.query.told():
                told = urlencode(address_of(asked.query.told(), asked.tenant_id))
                keep = f"{reverse('admin:audit_auditsearch_keep')}?{told}"
                response.context_data["keep_url"] = keep
        return response

    def change_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        response = super().change_view(request, object_id, *args)
        log = getattr(response, "context_data", {}).get("original")
        if log is not None:
            # Before it is rendered, so nobody has seen it yet.
            record_opened(log, archived=archive_of(log) is not None)
        return response

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> AuditLog | None:
        log: AuditLog | None = super().get_object(request, object_id, from_field)
        if log is not None:
            return log
        try:
            kept = archived_log(parse_id(object_id))
        except InvalidInputError:
            return None
        if kept is None:
            return None
        vars(kept.log)["archive"] = kept.archive
        return kept.log

    @display(description="where it is")
    def kept_in(self, log: AuditLog) -> SafeString | str:
        archive = archive_of(log)
        if archive is None:
            return "in the database"
        href = reverse("admin:audit_archive_change", args=[archive.pk])
        told = f"in the archive {archive}, of {archive.logs:,} logs"
        return format_html("{}: {}", labelled(href, told), archive.file_key)

    @display(description="when", ordering="occurred_at")
    def when(self, log: AuditLog) -> str:
        return f"{log.occurred_at:%Y-%m-%d %H:%M:%S}"

    @display(description="who", ordering="actor_name")
    def who(self, log: AuditLog) -> str:
        return log.actor_name or log.actor_id or "(personal)"

    @display(description="to what")
    def what(self, log: AuditLog) -> str:
        if not log.targets:
            return "-"
        first = log.targets[0]
        more = f" and {len(log.targets) - 1} more" if len(log.targets) > 1 else ""
        return f"{(first['name'] or first['id'] or '(personal)')[-60:]}{more}"

    @display(description="from")
    def from_where(self, log: AuditLog) -> str:
        return log.context["ip_address"] or "-"

    @display(description="in a sentence")
    def summary(self, log: AuditLog) -> str:
        to_what = self.what(log)
        suffix = "" if to_what == "-" else f" on {to_what}"
        return f"{self.who(log)} did {log.action}{suffix} at {self.when(log)} UTC"

    @display(description="timeline")
    def timeline(self, log: AuditLog) -> SafeString:
        return labelled(
            timeline_of(log.tenant_id, actor_id=log.actor_id),
            f"Everything that {self.who(log)} did",
        )

    @display(description="from where")
    def where(self, log: AuditLog) -> SafeString:
        told = [(name.replace("_", " "), value) for name, value in log.context.items() if value]
        return table(("part", "value"), told, "Nothing was told.")

    @display(description="targets")
    def target_table(self, log: AuditLog) -> SafeString:
        rows = [
            (
                one["type"],
                one["name"] or "-",
                labelled(
                    timeline_of(log.tenant_id, target_type=one["type"], target_id=one["id"]),
                    one["id"] or "(personal)",
                ),
            )
            for one in log.targets
        ]
        return table(("type", "name", "id"), rows, "No target was named.")

    @display(description="changes")
    def change_table(self, log: AuditLog) -> SafeString:
        rows = [
            row
            for change in log.changes
            for row in differences(change["field"], change["before"], change["after"])
        ]
        return table(("field", "before", "after"), rows, "No change of a field was told.")

    @display(description="integrity")
    def proof(self, log: AuditLog) -> SafeString:
        found = judged(log)
        return format_html(
            '<span class="septet-seal septet-long"><strong class="septet-seal-{}">{}</strong>'
            "{}</span>",
            found.state,
            found.state,
            found.text,
        )

    @display(description="receipt")
    def receipt(self, log: AuditLog) -> SafeString:
        return format_html(
            '<a href="{}">Download</a>: record, proof and signed checkpoint, which'
            ' <a href="/docs/audit">anybody can check</a>',
            reverse("admin:audit_auditlog_receipt", args=[log.pk]),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        urls: list[URLPattern] = super().get_urls()
        return [
            path("<uuid:log_id>/receipt/", view(self.download), name="audit_auditlog_receipt"),
            path("timeline/", view(self.timeline_view), name="audit_auditlog_timeline"),
            *urls,
        ]

    def timeline_view(self, request: HttpRequest) -> HttpResponse:
        """Show what one actor did, or what was done to one target, in the order of time."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return timeline(self, request)

    def download(self, request: HttpRequest, log_id: UUID) -> HttpResponse:
        """Send the receipt of a log, and put on record who was given it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        log = self.get_object(request, str(log_id))
        if log is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(log_id))
        with in_tenant(log.tenant_id):
            receipt = receipt_for(log.pk)
        with transaction.atomic():
            self.log_change(request, log, "Downloaded the receipt.")
        response = HttpResponse(orjson.dumps(receipt), content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="receipt-{log.pk}.json"'
        return response

    @display(description="personal fields")
    def personal(self, log: AuditLog) -> SafeString:
        with in_tenant(log.tenant_id):
            fields = personal_fields([log], shown=False).get(log.pk, [])
        told = [(one.pointer, f"subject {one.key_id}", one.state) for one in fields]
        return table(("field", "key", "state"), told, "Nothing is marked as personal.")

    @display(description="metadata")
    def metadata_text(self, log: AuditLog) -> SafeString:
        text = json.dumps(log.metadata, indent=2, ensure_ascii=False)
        return format_html('<pre class="septet-json">{}</pre>', text)


def archive_of(log: AuditLog) -> Archive | None:
    """Return the archive that a log was read from; None if it is in the database."""
    archive: Archive | None = vars(log).get("archive")
    return archive
