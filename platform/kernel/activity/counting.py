"""Counting each row once, some minutes after it was made, by an index."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.expressions import ExpressionWrapper
from django.db.models.fields import DurationField

from kernel import clock
from kernel.activity.models import ActivityHour, ActivityMark
from kernel.ids import first_id_at
from kernel.jobs.registry import periodic

EVERY = timedelta(minutes=5)
#: Rows are counted so long after they were made: by then most have come to their end.
LATER = timedelta(minutes=10)
#: What was made before that is not counted by a process that has not counted for long.
FURTHEST_BACK = timedelta(days=7)

#: Gives the rows of a time, from its first moment until before its last, by an index.
Within: TypeAlias = Callable[[datetime, datetime], QuerySet[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of work, as its owner says it is counted."""

    title: str
    permission: str
    #: None where nobody's rows are counted, but what processes tell.
    within: Within | None
    state: str
    #: Outcomes that are failures.
    failed: tuple[str, ...]
    #: Columns between which it took its time; empty where nobody knows.
    took: tuple[str, str] | None


KINDS: dict[str, Kind] = {}


def counts(
    name: str,
    *,
    title: str,
    permission: str,
    within: Within,
    state: str = "state",
    failed: tuple[str, ...] = ("failed",),
    took: tuple[str, str] | None = None,
) -> None:
    """Have a kind of work counted, `<app>.<noun>`, by a periodic job of that app."""
    KINDS[name] = Kind(
        title=title, permission=permission, within=within, state=state, failed=failed, took=took
    )
    app, _, noun = name.partition(".")

    def count(_target: str) -> None:
        count_kind(name)

    count.__doc__ = f"{title}: counted for each hour, for the charts of the back office."
    periodic(f"{app}.count_{noun}", every=EVERY)(count)


def told_by_processes(name: str, *, title: str, permission: str, failed: tuple[str, ...]) -> None:
    """Have a kind of work shown that processes count themselves, and `add` to its hours."""
    KINDS[name] = Kind(
        title=title, permission=permission, within=None, state="", failed=failed, took=None
    )


@transaction.atomic
def add(name: str, hour: datetime, outcome: str, *, count: int, seconds: float, timed: int) -> None:
    """Add what a process has counted to an hour."""
    ActivityHour.objects.get_or_create(kind=name, hour=hour, outcome=outcome)
    ActivityHour.objects.filter(kind=name, hour=hour, outcome=outcome).update(
        count=F("count") + count, seconds=F("seconds") + seconds, timed=F("timed") + timed
    )


def made_within(rows: Callable[[], QuerySet[Any]], column: str = "pk") -> Within:
    """Return what gives rows by when their UUIDv7 was made."""
    return lambda since, until: rows().filter(
        **{f"{column}__gte": first_id_at(since), f"{column}__lt": first_id_at(until)}
    )


def count_kind(name: str) -> None:
    """Count what was made since it was counted last, an hour in one transaction at most."""
    until = clock.now() - LATER
    mark, _ = ActivityMark.objects.get_or_create(
        pk=name, defaults={"counted_until": until - FURTHEST_BACK}
    )
    since = max(mark.counted_until, until - FURTHEST_BACK)
    while since < until:
        hour = since.replace(minute=0, second=0, microsecond=0)
        end = min(hour + timedelta(hours=1), until)
        _count(name, hour, since, end)
        since = end


@transaction.atomic
def _count(name: str, hour: datetime, since: datetime, until: datetime) -> None:
    kind = KINDS[name]
    if kind.within is None:
        raise LookupError(f"{name} is told by processes: there are no rows to count")
    mark = ActivityMark.objects.select_for_update().get(pk=name)
    if mark.counted_until > since:
        # Somebody else has counted it meanwhile.
        return
    told: dict[str, Any] = {"number": Count("*")}
    if kind.took:
        began, ended = kind.took
        span = ExpressionWrapper(F(ended) - F(began), output_field=DurationField())
        told |= {"span": Sum(span), "spans": Count(span)}
    for row in kind.within(since, until).order_by().values(outcome=F(kind.state)).annotate(**told):
        found, _ = ActivityHour.objects.get_or_create(kind=name, hour=hour, outcome=row["outcome"])
        found.count += row["number"]
        if span_seconds := row.get("span"):
            found.seconds += span_seconds.total_seconds()
            found.timed += row["spans"]
        found.save()
    mark.counted_until = until
    mark.save()
