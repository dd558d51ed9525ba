"""How flags are used, and which have had their day, for staff."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.config.domain.assignments import Verdict
from apps.config.domain.charts import Chart, chart_of
from apps.config.domain.staleness import Reason
from apps.config.models import FlagLife, FlagState, LifeStage
from apps.config.selectors.usage import Assignment, assignment_of, counts_of, name_of
from apps.config.services.staleness import snooze_flag
from kernel import clock
from kernel.admin import (
    ActionVariant,
    Errand,
    NumberInput,
    ReadOnlyAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    TextInput,
    acting_staff,
    action,
    badge,
    display,
    labelled,
    row_of,
    table,
)
from kernel.tenancy.context import in_tenant

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
#: Units of the chart that a span of time takes, two of which are left free.
_WIDTH = 10


class Span(NamedTuple):
    """How far back a chart looks, and in which steps."""

    title: str
    steps: int
    step: timedelta


SPANS = {
    "day": Span("1 day", 24, _HOUR),
    "week": Span("7 days", 7 * 24, _HOUR),
    "month": Span("30 days", 30, _DAY),
    "quarter": Span("90 days", 90, _DAY),
}
_VERDICTS = {
    Verdict.AS_EXPECTED: ("as expected", "success"),
    Verdict.MISMATCH: ("sample ratio mismatch", "danger"),
    Verdict.TOO_FEW: ("too few", "info"),
    Verdict.NO_SPLIT: ("no split", "info"),
}
_STAGES = {
    LifeStage.FRESH: "success",
    LifeStage.POTENTIALLY_STALE: "warning",
    LifeStage.STALE: "danger",
    LifeStage.CLEANED: "info",
}
_REASONS = {
    Reason.NOT_EVALUATED: "no program asks for it",
    Reason.ONE_VARIANT: "everybody gets the same",
    Reason.FULLY_ROLLED_OUT: "its definition leaves no choice",
    Reason.OVERDUE: "past its expected life",
    Reason.OLD: "old, and nobody said that it is to stay",
}


@admin.register(FlagState)
class FlagStateAdmin(ReadOnlyAdmin):
    """Flags as they are used in each environment; the page of one has its charts."""

    list_display = ("flag", "environment", "evaluated_at", "same_for_all", "exposures", "tenant")
    list_filter = (TenantFilter,)
    list_select_related = ("flag", "environment")
    search_fields = ("flag__key",)
    ordering = ("-id",)
    fields = readonly_fields = (
        "flag",
        "environment",
        "number",
        "evaluated_at",
        "same_for_all",
        "exposures",
        "killed_at",
        "killed_by",
        "tenant",
    )
    change_form_outer_before_template = "config/usage.html"

    class Media:
        css = {"all": ("config/usage.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("flag", "environment", "version")

    @display(description="everybody gets")
    def same_for_all(self, state: FlagState) -> str:
        if state.only_variant is None or state.only_variant_since is None:
            return "-"
        return f"{name_of(state.only_variant)} since {state.only_variant_since:%Y-%m-%d %H:%M}"

    @display(description="exposures told")
    def exposures(self, state: FlagState) -> str:
        return f"{100 * state.exposure_rate:g} %" if state.exposure_rate else "-"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        state = context.get("original")
        if isinstance(state, FlagState):
            with in_tenant(state.tenant_id):
                context["usage"] = usage_of(state, request.GET.get("span", ""), clock.now())
        return super().render_change_form(request, context, *args, **kwargs)


def usage_of(state: FlagState, wanted: str, now: datetime) -> dict[str, Any]:
    """Return what the page of a flag in an environment shows beside its columns."""
    name = wanted if wanted in SPANS else "week"
    chart = _chart(state, SPANS[name], now)
    form = "%Y-%m-%d" if SPANS[name].step == _DAY else "%Y-%m-%d %H:%M"
    drawn = [
        {
            "x": _WIDTH * index + 1,
            "label": f"{column.starts_at:{form}}",
            "total": column.total,
            "counts": column.counts,
            "pieces": column.pieces,
        }
        for index, column in enumerate(chart.columns)
    ]
    every = "day" if SPANS[name].step == _DAY else "hour"
    return {
        "spans": [
            {"name": key, "title": span.title, "current": key == name}
            for key, span in SPANS.items()
        ],
        "title": f"Evaluations of {state.flag.key} in {state.environment.key}, each {every}",
        "chart": chart,
        "width": _WIDTH * len(drawn),
        "drawn": drawn,
        "last": drawn[-1]["label"],
        "legend": [
            {"name": series, "total": f"{total:,}", "share": _share(total, sum(chart.totals))}
            for series, total in zip(chart.series, chart.totals, strict=True)
        ],
        **_assignment(assignment_of(state)),
    }


def _chart(state: FlagState, span: Span, now: datetime) -> Chart:
    hour = now.replace(minute=0, second=0, microsecond=0)
    end = (hour.replace(hour=0) if span.step == _DAY else hour) + span.step
    start = end - span.steps * span.step
    counts: dict[tuple[datetime, str], int] = {}
    for one in counts_of(state.pk, start, end, by_day=span.step == _DAY):
        place = one.starts_at, name_of(one.variant, one.error_code)
        counts[place] = counts.get(place, 0) + one.evaluations
    return chart_of(counts, start, end, span.step)


def _assignment(found: Assignment) -> dict[str, Any]:
    text, kind = _VERDICTS[found.check.verdict]
    expected = found.check.expected or {}
    total = sum(found.seen.values())
    rows = [
        (
            variant,
            f"{found.seen.get(variant, 0):,} seen",
            _share(found.seen.get(variant, 0), total),
            f"{expected[variant]:,.0f} expected" if variant in expected else "-",
        )
        for variant in sorted({*found.seen, *expected})
    ]
    chance = found.check.p_value
    told = f"Version {found.version}; {100 * found.share:.3g} % of those who ask are in the sample"
    since = f", since {found.since:%Y-%m-%d %H:%M} UTC" if found.since else ""
    tested = "" if chance is None else f"; chi-square {found.check.chi_square:.3g}, p {chance:.2g}"
    crossed = f"; {found.crossed:,} have got more than one variant" if found.crossed else ""
    return {
        "verdict": badge(text, kind),
        "words": found.check.words,
        "shares": table(
            ("variant", "have got it", "share", "by its weights"),
            rows,
            "Nobody is known to have got it: its exposures are not told, or it was not asked for.",
        ),
        "sample": f"{told}{since}{tested}{crossed}.",
    }


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


class StageFilter(admin.SimpleListFilter):
    """Where flags stand; those that are suspected if nothing is chosen."""

    title = "stage"
    parameter_name = "stage"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [("any", "Any"), *LifeStage.choices]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value() or ""
        if wanted in LifeStage.values:
            return rows.filter(stage=wanted)
        if wanted == "any":
            return rows
        return rows.filter(stage__in=[LifeStage.POTENTIALLY_STALE, LifeStage.STALE])


class SnoozeForm(forms.Form):
    """For how long, and why."""

    days = forms.IntegerField(min_value=1, max_value=365, initial=90, widget=NumberInput())
    reason = forms.CharField(max_length=1000, widget=TextInput())


@admin.register(FlagLife)
class FlagLifeAdmin(SeenOnlyAdmin, TenantAdmin):
    """Flags that have had their day, those first that are suspected for longest."""

    list_display = ("key", "standing", "since", "why", "in_code", "kept_by", "tenant")
    list_filter = (TenantFilter, StageFilter)
    search_fields = ("key",)
    ordering = ("since", "id")
    fields = readonly_fields = (
        "key",
        "flag_page",
        "standing",
        "since",
        "why",
        "kept_by",
        "in_code",
        "where",
        "scanned_at",
        "permanent",
        "expected_days",
        "snoozed_until",
        "snooze_reason",
        "tenant",
    )
    actions_detail = ("snooze",)

    @display(description="stage", ordering="stage")
    def standing(self, life: FlagLife) -> SafeString:
        stage = LifeStage(life.stage)
        return badge(str(stage.label).lower(), _STAGES[stage])

    @display(description="why")
    def why(self, life: FlagLife) -> str:
        return "; ".join(_REASONS[Reason(one)] for one in life.reasons) or "-"

    @display(description="in code")
    def in_code(self, life: FlagLife) -> str:
        if life.uses is None:
            return "not scanned"
        return f"{life.uses:,} places" if life.uses else "nowhere"

    @display(description="kept by")
    def kept_by(self, life: FlagLife) -> str:
        if life.snoozed_until and life.snoozed_until > clock.now():
            return f"snoozed until {life.snoozed_until:%Y-%m-%d}"
        return ", ".join(life.needed_by) or "-"

    @display(description="first places")
    def where(self, life: FlagLife) -> str:
        return ", ".join(life.places) or "-"

    @display(description="flag")
    def flag_page(self, life: FlagLife) -> SafeString:
        href = reverse("admin:config_featureflag_change", args=[life.flag_id])
        return labelled(href, life.key)

    @action(
        description="Snooze",
        url_path="snooze",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def snooze(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for how long and why, and take the flag for fresh until then."""
        life: Any = row_of(self, request, object_id)

        def act(given: dict[str, Any]) -> str:
            until = clock.now() + timedelta(days=given["days"])
            with acting_staff(request, life.tenant_id):
                snooze_flag(id=str(life.flag_id), until=until, reason=given["reason"])
            return f"{life.key} is taken for fresh until {until:%Y-%m-%d}."

        return Errand(
            title=f"Snooze {life.key}",
            introduction="It is not suspected for that time, whatever there is against it.",
            asks=lambda given: f"Take {life.key} for fresh for {given['days']} days?",
            causes=lambda _given: [
                "It leaves the list of stale flags, and programs get what they got.",
                "It is on record under your name, with the reason.",
            ],
            act=act,
            back=reverse("admin:config_flaglife_change", args=[life.pk]),
            yes="Yes, snooze it",
        ).run(self, request, SnoozeForm(request.POST or None))
