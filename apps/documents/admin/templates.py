"""Templates, their versions and what they share, for staff."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.documents.domain.differences import MISSING
from apps.documents.domain.written import Judged
from apps.documents.models import Partial, Template, TemplateVersion, Theme, VersionState
from apps.documents.selectors.templates import between, draft_of, judged, written_of
from apps.documents.services.publishing import publish_template, withdraw_version
from apps.documents.services.templates import archive_template, restore_template
from kernel.admin import (
    Errand,
    ReadOnlyAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    acting_staff,
    action,
    badge,
    display,
    labelled,
    row_of,
    table,
)
from kernel.tenancy.context import in_tenant

#: The last versions of a template; all of them are a list of their own.
SHOWN_VERSIONS = 20
_SHOWN_DIFFERENCES = 50
_SHOWN_CHARACTERS = 20_000
_STATES = {"draft": "info", "published": "success", "withdrawn": "warning"}


class ArchivedFilter(admin.SimpleListFilter):
    """Those that are archived, or the others."""

    title = "archived"
    parameter_name = "archived"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [("yes", "archived"), ("no", "in use")]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return rows
        return rows.filter(archived_at__isnull=self.value() != "yes")


@admin.register(Template)
class TemplateAdmin(SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("name", "title", "shown_state", "current", "drafted", "created_at", "tenant")
    list_filter = (TenantFilter, ArchivedFilter)
    list_select_related = ("theme",)
    search_fields = ("name", "title")
    ordering = ("-id",)
    actions_detail = ("publish", "archive", "restore")
    fields = (
        "name",
        "title",
        "description",
        "shown_state",
        "formats",
        "theme",
        "findings",
        "versions",
        "archived_at",
        "created_at",
        "tenant",
        "id",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read with each the number of the version that counts, and whether there is a draft."""
        versions = TemplateVersion.across_tenants
        return (
            super()
            .get_queryset(request)
            .annotate(
                number=Subquery(versions.filter(pk=OuterRef("published_id")).values("number")[:1]),
                has_draft=Exists(
                    versions.filter(template=OuterRef("pk"), state=VersionState.DRAFT)
                ),
            )
        )

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer what can be done to it as it stands."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, str(object_id))
        without = {"restore"}
        if row is not None and row.archived_at is not None:
            without = {"archive", "publish"}
        elif row is None or not row.has_draft:
            without.add("publish")
        return [one for one in offered if one.path not in without]

    @display(description="state")
    def shown_state(self, row: Any) -> SafeString:
        if row.archived_at is not None:
            return badge("archived", "warning")
        return badge("in use", "success") if row.published_id else badge("not published", "info")

    @display(description="version")
    def current(self, row: Any) -> str:
        return "-" if row.number is None else str(row.number)

    @display(description="draft")
    def drafted(self, row: Any) -> SafeString | str:
        return badge("draft", "info") if row.has_draft else "-"

    @display(description="findings of the draft")
    def findings(self, row: Template) -> SafeString:
        with in_tenant(row.tenant_id):
            draft = draft_of(row)
            if draft is None:
                return format_html("<p>{}</p>", "There is no draft.")
            return _findings(judged(written_of(draft), row.theme))

    @display(description="versions")
    def versions(self, row: Template) -> SafeString:
        rows = TemplateVersion.across_tenants.filter(template=row).order_by("-number")
        told = [
            (
                labelled(_page_of(one), f"version {one.number}"),
                badge(one.state, _STATES[one.state]),
                one.note or "-",
                one.author_name or one.author_id or "the platform",
                f"{one.published_at or one.saved_at:%Y-%m-%d %H:%M}",
            )
            for one in rows.defer("body", "resolved", "sample", "schema")[:SHOWN_VERSIONS]
        ]
        return table(("version", "state", "note", "author", "when"), told, "None.")

    @action(description="Publish the draft", url_path="publish", permissions=["operate"])
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and have documents made of the draft."""
        return _errand(
            self,
            request,
            row_of(self, request, object_id),
            publish_template,
            asks="Publish the draft of {}?",
            causes=[
                "Documents that name no version are made of it from then on.",
                "It never changes again: partials and theme are copied into it as they are.",
            ],
            done="The draft of {} is published.",
        )

    @action(description="Archive", url_path="archive", permissions=["operate"])
    def archive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and have no document made of it any more."""
        return _errand(
            self,
            request,
            row_of(self, request, object_id),
            archive_template,
            asks="Archive {}?",
            causes=["No document is made of it any more.", "It can be restored as it is."],
            done="{} is archived.",
        )

    @action(description="Restore", url_path="restore", permissions=["operate"])
    def restore(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and let documents be made of it again."""
        return _errand(
            self,
            request,
            row_of(self, request, object_id),
            restore_template,
            asks="Restore {}?",
            causes=["Documents are made of it again."],
            done="{} is in use again.",
        )


@admin.register(TemplateVersion)
class TemplateVersionAdmin(SeenOnlyAdmin, TenantAdmin):
    """The newest first, each with what it says and what it changed."""

    list_display = ("template", "number", "shown_state", "note", "author_name", "when", "tenant")
    list_display_links = ("number",)
    list_filter = (TenantFilter, "state")
    list_select_related = ("template", "uploaded")
    search_fields = ("template__name", "note")
    ordering = ("-id",)
    actions_detail = ("withdraw",)
    fields = (
        "template",
        "number",
        "shown_state",
        "note",
        "changed",
        "findings",
        "said",
        "file",
        "data",
        "author_name",
        "author_type",
        "author_id",
        "created_at",
        "saved_at",
        "published_at",
        "tenant",
        "id",
    )
    readonly_fields = fields

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer to withdraw what is published."""
        row = self.get_object(request, str(object_id))
        if row is None or row.state != VersionState.PUBLISHED:
            return []
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return offered

    @display(description="state", ordering="state", label=_STATES)
    def shown_state(self, row: TemplateVersion) -> str:
        return row.state

    @display(description="when", ordering="created_at")
    def when(self, row: TemplateVersion) -> Any:
        return row.published_at or row.saved_at

    @display(description="what it changed")
    def changed(self, row: TemplateVersion) -> SafeString:
        with in_tenant(row.tenant_id):
            rows = TemplateVersion.objects.filter(template=row.template, number__lt=row.number)
            before = rows.order_by("-number").first()
            if before is None:
                return format_html("<p>{}</p>", "It is the first.")
            found = between(before, row, row.template.theme)[:_SHOWN_DIFFERENCES]
        told = [(one.place, _shown(one.before), _shown(one.after)) for one in found]
        return table(
            ("place", f"version {before.number}", f"version {row.number}"), told, "Nothing."
        )

    @display(description="findings")
    def findings(self, row: TemplateVersion) -> SafeString:
        written = written_of(row)
        if row.resolved:
            # As documents are made of it, whatever has become of its partials.
            written = replace(written, body=row.resolved, markdown="")
        with in_tenant(row.tenant_id):
            return _findings(judged(written, row.template.theme))

    @display(description="body")
    def said(self, row: TemplateVersion) -> SafeString:
        return _text(row.markdown or row.body)

    @display(description="file of Word or Excel")
    def file(self, row: TemplateVersion) -> str:
        upload = row.uploaded
        if upload is None:
            return "-"
        size = filesizeformat(upload.size_bytes)
        return f"{upload}: {upload.kind or 'of no kind'}, {upload.get_state_display()}, {size}"

    @display(description="sample")
    def data(self, row: TemplateVersion) -> SafeString:
        return _text(row.sample)

    @action(description="Withdraw", url_path="withdraw", permissions=["operate"])
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and have no document made of it any more."""
        return _errand(
            self,
            request,
            row_of(self, request, object_id),
            withdraw_version,
            asks="Withdraw {}?",
            causes=[
                "No document is made of it any more; those that were stay.",
                "What names no version is made of the newest that is published then.",
                "It cannot be undone: begin a draft with it to use it again.",
            ],
            done="{} is withdrawn.",
        )


@admin.register(Theme)
class ThemeAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("name", "colors", "size", "logo_id", "created_at", "tenant")
    list_filter = (TenantFilter,)
    search_fields = ("name",)
    ordering = ("-id",)
    fields = (
        *("name", "colors", "size", "fonts", "logo_id", "logo_version"),
        *("created_at", "tenant", "id"),
    )
    readonly_fields = fields

    @display(description="text, accent, stripe")
    def colors(self, row: Theme) -> str:
        return f"{row.color}, {row.accent}, {row.stripe}"


@admin.register(Partial)
class PartialAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("name", "description", "updated_at", "tenant")
    list_filter = (TenantFilter,)
    search_fields = ("name", "description")
    ordering = ("-id",)
    fields = ("name", "description", "said", "updated_at", "created_at", "tenant", "id")
    readonly_fields = fields

    @display(description="body")
    def said(self, row: Partial) -> SafeString:
        return _text(row.body)


def _findings(found: Judged) -> SafeString:
    told = [
        (
            badge(one.severity, "danger" if one.severity == "error" else "warning"),
            f"{source}{one.place}",
            one.block or "-",
            one.expression[:80] or "-",
            one.message,
        )
        for source, one in found.findings
    ]
    return table(("severity", "place", "block", "expression", "finding"), told, "Nothing.")


def _errand(
    page: Any,
    request: HttpRequest,
    row: Any,
    service: Callable[..., Any],
    *,
    asks: str,
    causes: list[str],
    done: str,
) -> HttpResponse:
    def act(_given: dict[str, Any]) -> str:
        with acting_staff(request, row.tenant_id):
            service(id=str(row.pk))
        return done.format(row)

    return Errand(
        asks=lambda _: asks.format(row),
        causes=lambda _: causes,
        act=act,
        back=_page_of(row),
        yes="Yes, do it",
    ).run(page, request)


def _page_of(row: Any) -> str:
    return reverse(f"admin:documents_{type(row).__name__.lower()}_change", args=[row.pk])


def _text(text: str) -> SafeString:
    return format_html('<pre class="septet-json">{}</pre>', text[:_SHOWN_CHARACTERS])


def _shown(value: Any) -> str:
    return "-" if value is MISSING else json.dumps(value, ensure_ascii=False)[:200]
