"""The back office's building blocks: the only module that names the admin theme."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold import fields as theme_fields
from unfold.admin import ModelAdmin as ThemedModelAdmin
from unfold.admin import TabularInline as ThemedTabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.sites import UnfoldAdminSite as AdminSite

from kernel.identity.models import Tenant
from kernel.staff import MOST_NAMED as MOST_NAMED_IN_EVENT
from kernel.staff import tell_action, tell_changes
from kernel.tenancy.context import PLATFORM

__all__ = [
    "AdminPasswordChangeForm",
    "AdminSite",
    "Bar",
    "ChoicesDropdownFilter",
    "ModelAdmin",
    "RangeDateTimeFilter",
    "ReadOnlyAdmin",
    "SeenOnlyAdmin",
    "TabularInline",
    "TenantAdmin",
    "TenantFilter",
    "UserChangeForm",
    "UserCreationForm",
    "action",
    "confirmed",
    "display",
    "table",
]

#: A list says "more than" instead of counting further.
MOST_COUNTED = 10_000
#: A question about many rows names the first of them.
MOST_NAMED = 10

Act = Callable[[Any, HttpRequest, QuerySet[Any]], None]


def _json(value: Any, encoder: Any) -> SafeString:
    return format_html(
        '<pre class="septet-json">{}</pre>', json.dumps(value, indent=2, cls=encoder)
    )


# The theme colours JSON by styles written into the page, which our policy does not let through.
theme_fields.prettify_json = _json


class BoundedPaginator(Paginator[Any]):
    """Pages over a list of any length without counting all of it."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: MOST_COUNTED + 1].count())


class ModelAdmin(ThemedModelAdmin):
    """An admin of the house: pages of 50, bounded counts, nothing unfiltered counted twice.

    What staff change is told as an event in the same transaction, where Django logs it.
    """

    paginator: type[Paginator[Any]] = BoundedPaginator
    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True
    warn_unsaved_form = True

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        tell_changes([obj], "added", message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        tell_changes([obj], "changed", message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        tell_changes(list(queryset), "deleted")
        return super().log_deletions(request, queryset)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        # Django opens a transaction for forms only.
        with transaction.atomic():
            return super().response_action(request, queryset)


class SeenOnlyAdmin(ModelAdmin):
    """Rows that the platform writes: nobody makes, changes or deletes one by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Django asks the same, without a row, before it offers an action.
        return bool(obj is None and super().has_change_permission(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TabularInline(ThemedTabularInline):
    """Rows that belong to the row being shown."""

    extra = 0


class TenantAdmin(ModelAdmin):
    """Rows of every tenant: the back office stands above them, so it says which one each is of."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        ordering = self.get_ordering(request)
        rows: QuerySet[Model] = self.model.across_tenants.order_by(*ordering)
        return rows

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns = super().get_list_display(request)
        return [_tenant_column() if name == "tenant" else name for name in columns]

    @display(description="tenant")
    def tenant(self, row: Any) -> str:
        """Return the tenant's slug on the page of one row."""
        return _slugs([row.tenant_id]).get(row.tenant_id, str(row.tenant_id))


def _tenant_column() -> Callable[[Any], str]:
    """Return a column that looks the tenants up once for the whole page."""
    known: dict[Any, str] = {}

    @display(description="tenant")
    def tenant(row: Any) -> str:
        if not known:
            known.update(_slugs(None))
        return known.get(row.tenant_id, str(row.tenant_id))

    named: Callable[[Any], str] = tenant
    return named


def _slugs(ids: Sequence[Any] | None) -> dict[Any, str]:
    tenants = Tenant.objects.all() if ids is None else Tenant.objects.filter(pk__in=ids)
    return {PLATFORM: "(platform)", **dict(tenants.values_list("pk", "slug")[:1000])}


class ReadOnlyAdmin(TenantAdmin):
    """Rows that nobody changes by hand."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        # What nobody changes has no history of changes.
        response: HttpResponse = super().render_change_form(
            request, context | {"show_history": False}, *args, **kwargs
        )
        return response

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TenantFilter(admin.SimpleListFilter):
    """Only the rows of one tenant."""

    title = "tenant"
    parameter_name = "tenant"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), slug) for pk, slug in Tenant.objects.values_list("pk", "slug")[:100]]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(tenant_id=self.value()) if self.value() else rows


def confirmed(act: Act) -> Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    """Let an action ask first, naming the rows; only a yes to just as many rows does it.

    The docstring of the action is part of the question: what it causes, for who is asked.
    """

    @wraps(act)
    def ask_first(page: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        count = rows.order_by()[: MOST_COUNTED + 1].count()
        if request.POST.get("confirmed") == str(count):
            # Taken before the action: afterwards they may be gone, or chosen no more.
            first = list(rows[: MOST_NAMED_IN_EVENT + 1])
            act(page, request, rows)
            tell_action(page.model, first, act.__name__, count=count)
            return None
        context = page.admin_site.each_context(request) | {
            "title": "Are you sure?",
            "opts": page.opts,
            "media": page.media,
            "action": act.__name__,
            "description": getattr(ask_first, "short_description", act.__name__),
            "causes": act.__doc__,
            "count": count,
            "most": MOST_COUNTED,
            "named": rows[:MOST_NAMED],
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "kernel/admin/confirm.html", context)

    return ask_first


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart."""

    label: str
    value: int
    #: Percent of the largest bar.
    height: int

    @classmethod
    def of(cls, counted: Sequence[tuple[str, int]]) -> "list[Bar]":
        largest = max((value for _, value in counted), default=0) or 1
        return [cls(label, value, round(100 * value / largest)) for label, value in counted]


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> SafeString:
    """Return a small table; every value is escaped."""
    if not rows:
        return format_html("<p>{}</p>", empty)
    return format_html(
        '<table class="septet-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        format_html_join("", '<th scope="col">{}</th>', ((cell,) for cell in head)),
        format_html_join(
            "",
            "<tr>{}</tr>",
            ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows),
        ),
    )
