"""Outcomes: how those did who got a variant, told by programs and counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from apps.config.models import FeatureFlag, OutcomeReport
from apps.config.selectors.environments import Reference, found
from kernel import clock
from kernel.errors import InvalidInputError, LimitExceededError
from kernel.rows import check

MOST_REPORTED = 1_000
#: How long reports are kept: no guard looks further back than its step.
KEPT = timedelta(days=90)
FORGOTTEN_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """So many outcomes of those who got a variant, of which so many were errors."""

    flag: str
    variant: str
    outcomes: int
    errors: int


def report(reports: Sequence[Outcomes], environment: Reference = None) -> int:
    """Count these; return how many were of flags that there are.

    Raises InvalidInputError, LimitExceededError, NotFoundError.
    """
    if len(reports) > MOST_REPORTED:
        raise LimitExceededError(f"at most {MOST_REPORTED} reports, found {len(reports)}")
    there = found(environment)
    flags = dict(
        FeatureFlag.objects.filter(key__in={one.flag for one in reports}).values_list("key", "pk")
    )
    rows = [
        OutcomeReport(
            flag_id=flags[one.flag],
            environment=there,
            variant=one.variant,
            outcomes=one.outcomes,
            errors=one.errors,
        )
        for one in reports
        if one.flag in flags
    ]
    for row in rows:
        if not 0 <= row.errors <= row.outcomes:
            raise InvalidInputError(f"{row.errors} errors of {row.outcomes} outcomes")
        check(row, only=("variant", "outcomes", "errors"))
    OutcomeReport.objects.bulk_create(rows)
    return len(rows)


def share_of_errors(
    flag_id: UUID, environment_id: UUID, variant: str, since: datetime
) -> tuple[int, float]:
    """Return how many outcomes a variant has had since, and the share that were errors."""
    sums = OutcomeReport.objects.filter(
        flag_id=flag_id, environment_id=environment_id, variant=variant, reported_at__gte=since
    ).aggregate(outcomes=Sum("outcomes"), errors=Sum("errors"))
    outcomes = sums["outcomes"] or 0
    return outcomes, (sums["errors"] or 0) / outcomes if outcomes else 0.0


def forget_old() -> None:
    """Forget reports of long ago, some thousand at a time."""
    old = OutcomeReport.across_tenants.filter(reported_at__lt=clock.now() - KEPT)
    while some := list(
        old.order_by("reported_at").values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]
    ):
        with transaction.atomic():
            OutcomeReport.across_tenants.filter(pk__in=some).delete()
