"""Admins of the house: what every list and every page of a row has in common."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold import fields as theme_fields
from unfold.admin import ModelAdmin as ThemedModelAdmin
from unfold.admin import TabularInline as ThemedTabularInline
from unfold.decorators import display
from unfold.views import ChangeList as ThemedChangeList

from kernel.admin.lists import BoundedPaginator, ChangeList
from kernel.admin.saving import SavingAdmin
from kernel.errors import InvalidInputError
from kernel.identity.models import Tenant
from kernel.ids import parse_id
from kernel.staff import tell_changes
from kernel.tenancy.context import PLATFORM


def _json(value: Any, encoder: Any) -> SafeString:
    return format_html(
        '<pre class="septet-json">{}</pre>', json.dumps(value, indent=2, cls=encoder)
    )


# The theme colours JSON by styles written into the page, which our policy does not let through.
theme_fields.prettify_json = _json


class ModelAdmin(SavingAdmin, ThemedModelAdmin):
    """An admin of the house: pages of 50, bounded counts, nothing unfiltered counted twice.

    What narrows its list is kept by name, for whoever wants to. What staff
    change is told as an event in the same transaction, where Django logs it.
    """

    paginator: type[Paginator[Any]] = BoundedPaginator
    list_per_page = 50
    show_full_result_count = False
    # Counts beside filters read all of a table.
    show_facets = admin.ShowFacets.NEVER
    #: The page that finds anything looks through it, by what its list is searched by.
    found_by_name = True
    compressed_fields = True
    warn_unsaved_form = True

    def get_changelist(self, request: HttpRequest, **_kwargs: Any) -> type[ThemedChangeList]:
        return ChangeList

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

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return _without_history(super().render_change_form, request, context, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Django asks the same, without a row, before it offers an action.
        return bool(obj is None and super().has_change_permission(request))

    def has_operate_permission(self, request: HttpRequest, _object_id: str = "") -> bool:
        """Say whether somebody may act on a row: who may change it, in Django's words."""
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _without_history(
    render: Callable[..., HttpResponse],
    request: HttpRequest,
    context: dict[str, Any],
    *args: Any,
    **kwargs: Any,
) -> HttpResponse:
    # What nobody changes has no history of changes.
    return render(request, context | {"show_history": False}, *args, **kwargs)


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
        return _without_history(super().render_change_form, request, context, *args, **kwargs)

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
        if not (value := self.value()):
            return rows
        try:
            return rows.filter(tenant_id=parse_id(value))
        except InvalidInputError as error:
            raise IncorrectLookupParameters(str(error)) from None
