"""What stands above a list of logs: how the log stands, what narrows the list, what logs share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from apps.audit.admin.questions import OTHERS, PARTS, Asked, plain
from apps.audit.domain.histogram import Span
from apps.audit.models import AuditLog
from apps.audit.selectors.facets import MOST_COUNTED, Facet, facets_of, histogram_of
from apps.audit.selectors.logs import MOST_CHARTED, logs_over_time, matching
from apps.audit.selectors.standing import standing
from kernel.admin import Bar
from kernel.identity.selectors import slugs_of
from kernel.tenancy.context import in_tenant

#: From a part of the question and its value to the address of the list with it; None without it.
Address = Callable[[dict[str, str | None]], str]

MOST_BARS = 60
MOST_VALUES = 8
#: Of each facet what it is called, and which part of a question its values are.
FACETS = {
    "ACTION": ("Actions", "actions"),
    "ACTOR": ("Actors", "actor_id"),
    "TARGET_TYPE": ("Types of targets", "target_type"),
}
_STEPS = {
    "MINUTE": "minute",
    "QUARTER_HOUR": "quarter of an hour",
    "HOUR": "hour",
    "DAY": "day",
    "WEEK": "week",
    "MONTH": "month",
    "YEAR": "year",
}
_OF_A_DAY = {"MINUTE", "QUARTER_HOUR", "HOUR"}


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet, and where the list with nothing else is."""

    text: str
    count: int
    href: str
    #: Percent of the most frequent one.
    share: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A facet as it stands beside the list."""

    title: str
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of the question that narrows the list, and the list without it."""

    name: str
    value: str
    href: str


def seal(asked: Asked) -> dict[str, Any]:
    """Return how the log of the tenant stands, or all of them."""
    found = standing(asked.tenant_id)
    named = found.last is not None and asked.tenant_id is None
    slugs = slugs_of([found.last.tenant_id]) if named and found.last else {}
    return {
        "standing": found,
        "last_tenant": slugs.get(found.last.tenant_id, "") if found.last else "",
    }


def chips(asked: Asked, address: Address) -> list[Chip]:
    """Return what narrows the list; the words are in the box above it."""
    told = asked.query.told()
    return [
        Chip(
            name.replace("_", " "),
            plain(name, told[name]),
            address({name: None}),
        )
        for name in (*PARTS, *OTHERS)
        if name in told and name != "text"
    ]


def over_all(rows: QuerySet[AuditLog]) -> dict[str, Any]:
    """Return the chart of logs of all tenants."""
    return _chart(Bar.of(logs_over_time(rows)), f"Logs over time (the newest {MOST_CHARTED:,})")


def of_tenant(asked: Asked, address: Address) -> dict[str, Any]:
    """Return the chart and the facets of what is asked of one tenant, both by its newest logs."""
    if asked.tenant_id is None:
        return {}
    with in_tenant(asked.tenant_id):
        logs = matching(asked.query)
        facets = facets_of(logs, list(FACETS), first=MOST_VALUES)
        histogram = histogram_of(logs, ZoneInfo("UTC"), most=MOST_BARS)
    complete = "" if histogram.complete else f" (the newest {MOST_COUNTED:,})"
    title = f"Logs in each {_STEPS[histogram.step]}{complete}"
    return {
        "facets": [_shown(facet, address) for facet in facets if facet.values],
        "facets_complete": histogram.complete,
        **_chart(_bars(histogram.spans, histogram.step, address), title),
    }


def _shown(facet: Facet, address: Address) -> Shown:
    title, part = FACETS[facet.by]
    most = facet.values[0].count
    return Shown(
        title,
        [
            Value(
                one.label or one.value,
                one.count,
                address({part: one.value}),
                round(100 * one.count / most),
            )
            for one in facet.values
            if one.value
        ],
    )


def _bars(spans: Sequence[Span], step: str, address: Address) -> list[Bar]:
    form = "%Y-%m-%d %H:%M" if step in _OF_A_DAY else "%Y-%m-%d"
    bars = Bar.of([(f"{span.start:{form}}", span.count) for span in spans])
    starts = [f"{span.start:%Y-%m-%dT%H:%M:%S}" for span in spans]
    for bar, (start, end) in zip(bars, pairwise([*starts, None]), strict=True):
        bar.href = address({"occurred_from": start, **({"occurred_before": end} if end else {})})
    return bars


def _chart(bars: list[Bar], title: str) -> dict[str, Any]:
    return {"bars": bars, "bars_last": bars[-1] if bars else None, "bars_title": title}
