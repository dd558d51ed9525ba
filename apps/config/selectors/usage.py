"""How flags are used: counts over time, and who has got what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDay

from apps.config.domain.assignments import Check, check
from apps.config.models import Environment, ExposureSample, FlagState, FlagUsage
from apps.config.selectors.definitions import stored
from apps.config.selectors.environments import Reference, named
from kernel.errors import InvalidInputError, NotFoundError
from kernel.ids import parse_id

#: What one answer spans at most, by the hour and by the day.
MOST_HOURS = timedelta(days=14)
MOST_DAYS = timedelta(days=400)
#: Rows of an answer: a flag with more variants than fit is told in part.
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Counted:
    """So many answers of one kind in a span of time."""

    starts_at: datetime
    way: str
    variant: str
    reason: str
    error_code: str
    evaluations: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who has got which variant of a flag, since its current version is there."""

    version: int
    since: datetime | None
    #: The share of all that is looked at; their number is that of the whole times this.
    share: float
    #: How many are known of each variant.
    seen: Mapping[str, int]
    #: How many have got more than one.
    crossed: int
    check: Check


def state_of(flag_id: str, environment: Reference = None) -> FlagState:
    """Return how a flag stands in an environment; raises InvalidInputError, NotFoundError."""
    states = FlagState.objects.filter(flag=parse_id(flag_id), environment__in=_one(environment))
    found = states.select_related("version", "flag", "environment").first()
    if found is None:
        raise NotFoundError(f"flag {flag_id} is not in environment {environment or 'one'}")
    return found


def counts_of(state_id: UUID, start: datetime, end: datetime, *, by_day: bool) -> list[Counted]:
    """Return the counts of a flag in an environment, the oldest first.

    Raises InvalidInputError for a span that is too long, or none.
    """
    most = MOST_DAYS if by_day else MOST_HOURS
    if not start < end <= start + most:
        raise InvalidInputError(f"start is before end, by at most {most.days} days")
    # Of what is longer ago there are only days.
    rows: QuerySet[FlagUsage, Any] = FlagUsage.objects.filter(
        state=state_id, starts_at__gte=start, starts_at__lt=end
    )
    kind = ("way", "variant", "reason", "error_code")
    told = rows.annotate(span=TruncDay("starts_at")) if by_day else rows.filter(daily=False)
    span = "span" if by_day else "starts_at"
    found = told.values_list(span, *kind).annotate(n=Sum("evaluations")).order_by(span, *kind)
    return [Counted(*row) for row in found[:MOST_ROWS]]


def assignment_of(state: FlagState) -> Assignment:
    """Return who has got which variant of the current version, and whether that is as it says."""
    definition = stored(state.version.definition) if state.version else {}
    sample = ExposureSample.objects.filter(state=state, version=state.number).first()
    seen: dict[str, int] = {}
    crossed, share = 0, state.exposure_rate
    if sample is not None:
        rows = sample.exposures.order_by()
        seen = dict(rows.values_list("variant").annotate(n=Count("pk")).order_by("variant"))
        crossed = sum(seen.values()) - rows.values("subject").distinct().count()
        share = sample.rate / 2**sample.level
    since = sample.started_at if sample else None
    return Assignment(state.number, since, share, seen, crossed, check(definition, seen))


def name_of(variant: str, error_code: str = "") -> str:
    """Return what people call a variant, or what there was in its place."""
    return variant or (error_code and "(error)") or "(program's default)"


def _one(environment: Reference) -> QuerySet[Environment]:
    # Sliced querysets cannot be asked for by more than their key.
    return Environment.objects.filter(pk__in=[row.pk for row in named(environment)])
