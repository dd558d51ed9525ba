"""Usage of long ago: hours become days, and days are forgotten."""

from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from django.db import transaction

from apps.config.models import FlagUsage, UsageWriter
from apps.config.services.usage import add
from kernel import clock
from kernel.jobs.upkeep import delete_all
from kernel.tenancy.context import in_tenant

#: How long usage is told by the hour, and how long by the day.
KEPT_HOURS = timedelta(days=14)
KEPT_DAYS = timedelta(days=400)
#: A process that has not written for so long is gone.
KEPT_WRITERS = timedelta(days=7)
#: Rows of hours that one transaction folds.
FOLDED_AT_ONCE = 1_000


def fold_old() -> None:
    """Make days of the hours that are over for long, some at a time, each of them once."""
    today = datetime.combine(clock.now().date(), time(), UTC)
    old = FlagUsage.across_tenants.filter(daily=False, starts_at__lt=today - KEPT_HOURS)
    while some := list(old.order_by("starts_at").values_list("tenant_id", "pk")[:FOLDED_AT_ONCE]):
        for tenant_id, rows in groupby(sorted(some), key=lambda row: row[0]):
            with in_tenant(tenant_id), transaction.atomic():
                _fold([pk for _, pk in rows])


def forget_old() -> None:
    """Forget days of long ago, and processes that are gone."""
    now = clock.now()
    delete_all(FlagUsage.across_tenants.filter(daily=True, starts_at__lt=now - KEPT_DAYS))
    delete_all(UsageWriter.across_tenants.filter(written_at__lt=now - KEPT_WRITERS))


def _fold(ids: list[UUID]) -> None:
    # Another process may be at it: what it has folded is not here any more once it lets go.
    rows = list(FlagUsage.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    days: dict[tuple[object, ...], FlagUsage] = {}
    for row in rows:
        day = row.starts_at.replace(hour=0)
        key = (row.state_id, day, row.way, row.variant, row.reason, row.error_code)
        if key not in days:
            days[key] = FlagUsage(
                state_id=row.state_id,
                daily=True,
                starts_at=day,
                way=row.way,
                variant=row.variant,
                reason=row.reason,
                error_code=row.error_code,
                evaluations=0,
            )
        days[key].evaluations += row.evaluations
    add(days.values())
    FlagUsage.objects.filter(pk__in=[row.pk for row in rows]).delete()
