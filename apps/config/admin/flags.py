"""Feature flags for staff: what each does in each environment, and all that is done to it."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from apps.config.admin import editor, history, lifecycle
from apps.config.admin.badges import editor_of, standing
from apps.config.admin.details import FlagDetails
from apps.config.models import (
    ChangeRequest,
    Environment,
    FeatureFlag,
    FlagState,
    RequestState,
    RolloutPlan,
)
from apps.config.models.rollouts import LIVE
from apps.config.selectors.matrix import Cell, cells_of, columns
from kernel.admin import KeysetAdmin, TenantAdmin, TenantFilter, badge, display
from kernel.errors import InvalidInputError
from kernel.identity.models import Tenant
from kernel.ids import parse_id
from kernel.tenancy.context import in_tenant


class StandingFilter(admin.SimpleListFilter):
    """Only flags of which something is to be seen to, or that are done with."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [
            ("killed", "Killed somewhere"),
            ("rollout", "Being rolled out"),
            ("scheduled", "Change scheduled"),
            ("nowhere", "In no environment"),
            ("archived", "Archived"),
        ]

    def queryset(self, _request: HttpRequest, rows: QuerySet[FeatureFlag]) -> QuerySet[FeatureFlag]:
        states = FlagState.across_tenants.filter(flag=OuterRef("pk"))
        scheduled = ChangeRequest.across_tenants.filter(
            state=RequestState.SCHEDULED, changes__target_id=OuterRef("pk")
        )
        match self.value():
            case "killed":
                return rows.filter(Exists(states.exclude(killed_at=None)))
            case "rollout":
                plans = RolloutPlan.across_tenants.filter(flag=OuterRef("pk"), state__in=LIVE)
                return rows.filter(Exists(plans))
            case "scheduled":
                return rows.filter(Exists(scheduled))
            case "nowhere":
                return rows.filter(~Exists(states.exclude(version__definition="")))
            case "archived":
                return rows.exclude(archived_at=None)
        return rows


@admin.register(FeatureFlag)
class FeatureFlagAdmin(FlagDetails, KeysetAdmin, TenantAdmin):
    """Each flag with what it does in each environment, the newest first."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["config/admin.css"]}

    list_display = ("flag", "type")
    list_display_links = None
    list_filter = (TenantFilter, StandingFilter, "type", "client_visible")
    search_fields = ("key", "description", "owner", "tags")
    search_help_text = "Part of a key, a description, an owner or a tag"
    list_fullwidth = True
    list_before_template = "config/more_environments.html"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("environments",)}),
        (
            "The flag",
            {
                "fields": (
                    *("key", "description", "type", "owner", "tagged", "client_visible"),
                    *("archived_at", "created_at", "tenant", "id"),
                )
            },
        ),
    )
    readonly_fields = tuple(name for _, options in fieldsets for name in options["fields"])

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        # The page of an environment is the shortest of these addresses, so it comes last.
        return [*lifecycle.urls_of(self), *history.urls_of(self), *editor.urls_of(self), *urls]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        slug = Tenant.objects.filter(pk=OuterRef("tenant_id")).values("slug")
        return super().get_queryset(request).annotate(tenant_slug=Subquery(slug))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list with a column for each environment, whose cells are read at once."""
        listed = super().get_changelist_instance(request)
        cells = cells_of([flag.pk for flag in listed.result_list])
        keys, listed.more_environments = columns(_tenant_of(request))
        listed.list_display = [
            *listed.list_display,
            *(_column(key, cells) for key in keys),
            *("owned", _changed(cells), "tenant_slug"),
        ]
        return listed

    @display(description="flag")
    def flag(self, flag: FeatureFlag) -> SafeString:
        return format_html(
            '<span class="config-name"><a class="septet-link" href="{}">{}</a>{}'
            "<small>{}</small></span>",
            reverse("admin:config_featureflag_change", args=[flag.pk]),
            flag.key,
            badge("archived", "warning") if flag.archived_at else "",
            flag.description,
        )

    @display(description="owner and tags")
    def owned(self, flag: FeatureFlag) -> SafeString:
        return format_html(
            '<span class="config-cell">{}{}</span>', flag.owner or "-", _tags(flag.tags)
        )

    @display(description="tenant")
    def tenant_slug(self, flag: Any) -> str:
        return flag.tenant_slug or str(flag.tenant_id)

    @display(description="tags")
    def tagged(self, flag: FeatureFlag) -> SafeString | str:
        return _tags(flag.tags) or "-"

    @display(description="in each environment")
    def environments(self, flag: FeatureFlag) -> SafeString:
        with in_tenant(flag.tenant_id):
            there = list(Environment.objects.order_by("position", "id"))
        cells = cells_of([flag.pk])[flag.pk]
        rows = [
            {
                "environment": one,
                "cell": cells.get(one.key),
                "standing": standing(flag.pk, one.key, cells.get(one.key)),
                "editor": editor_of(flag.pk, one.key),
                "history": editor_of(flag.pk, one.key, "history"),
            }
            for one in there
        ]
        return render_to_string("config/matrix.html", {"rows": rows})


def _tenant_of(request: HttpRequest) -> Any:
    try:
        return parse_id(request.GET.get(TenantFilter.parameter_name, ""))
    except InvalidInputError:
        return None


def _tags(tags: list[str]) -> SafeString:
    flags = reverse("admin:config_featureflag_changelist")
    linked = ((flags, urlencode({"q": tag}), tag) for tag in tags)
    return format_html_join("", '<a class="config-tag" href="{}?{}">{}</a>', linked)


def _column(
    environment: str, cells: dict[Any, dict[str, Cell]]
) -> Callable[[FeatureFlag], SafeString]:
    @display(description=environment)
    def shown(flag: FeatureFlag) -> SafeString:
        return standing(flag.pk, environment, cells.get(flag.pk, {}).get(environment))

    # A theme names cells by it.
    shown.__name__ = f"in_{environment}"
    return shown


def _changed(cells: dict[Any, dict[str, Cell]]) -> Callable[[FeatureFlag], SafeString | str]:
    @display(description="last change")
    def changed(flag: FeatureFlag) -> SafeString | str:
        said = [cell for cell in cells.get(flag.pk, {}).values() if cell.changed_at]
        if not said:
            return "-"
        last = max(said, key=lambda cell: str(cell.changed_at))
        return format_html(
            '<span class="config-cell">{}<small>{} in {}</small></span>',
            f"{last.changed_at:%Y-%m-%d %H:%M}",
            last.author,
            last.environment,
        )

    return changed
