"""Reads of the audit log, always within the current tenant."""

from collections import Counter
from datetime import UTC, datetime

from django.db.models import Count, Exists, F, OuterRef, QuerySet

from apps.audit.domain.queries import LogQuery
from apps.audit.lookups import Holds
from apps.audit.models import AuditLog, AuditLogTarget
from apps.audit.selectors.words import worded
from kernel.tenancy.context import current_tenant_id

#: The most logs that a chart looks at.
MOST_CHARTED = 10_000


#: By which lookup the parts of a question narrow, but for those that `narrowed` knows.
LOOKUPS = {
    "actor_type": "actor_type",
    "actor_id": "actor_id",
    "actor_name": "actor_name",
    "actions": "action__in",
    "occurred_from": "occurred_at__gte",
    "occurred_before": "occurred_at__lt",
}


def matching(query: LogQuery) -> QuerySet[AuditLog]:
    """Return the live logs of the tenant that are looked for."""
    return narrowed(AuditLog.visible(), query)


def narrowed(logs: QuerySet[AuditLog], query: LogQuery) -> QuerySet[AuditLog]:
    """Return those of the logs that are looked for."""
    for name, lookup in LOOKUPS.items():
        if (value := getattr(query, name)) is not None:
            logs = logs.filter(**{lookup: value})
    if query.target_type is not None or query.target_id is not None:
        logs = logs.filter(Exists(_targets(query.target_type, query.target_id)))
    if query.ip_address is not None:
        logs = logs.filter(context__ip_address=query.ip_address)
    if query.request_id is not None:
        logs = logs.filter(context__request_id=query.request_id)
    if query.metadata is not None:
        logs = logs.filter(Holds("metadata", query.metadata))
    return worded(logs, query, current_tenant_id().hex)


def counts_by_action(logs: QuerySet[AuditLog], *, most: int) -> list[tuple[str, int]]:
    """Return the most frequent actions with their counts, the largest first."""
    counted = logs.values("action").annotate(count=Count("pk"))
    return [(row["action"], row["count"]) for row in counted.order_by("-count", "action")[:most]]


def told_of(typename: str, ids: list[str]) -> QuerySet[AuditLog]:
    """Return the logs of which one of these entities is a target; `parent` says which."""
    of = {"tenant_id": current_tenant_id(), "type": typename, "target_id__in": ids}
    told = {f"indexed_targets__{name}": value for name, value in of.items()}
    return AuditLog.objects.filter(**told).annotate(parent=F("indexed_targets__target_id"))


def logs_over_time(logs: QuerySet[AuditLog], *, bars: int = 60) -> list[tuple[str, int]]:
    """Return how many of the first 10,000 logs at most fell into each of so many equal spans."""
    newest = logs.values_list("occurred_at", flat=True)[:MOST_CHARTED]
    times = [moment.timestamp() for moment in newest]
    if not times:
        return []
    first, last = min(times), max(times)
    span = max((last - first) / bars, 1)
    counted = Counter(min(int((moment - first) / span), bars - 1) for moment in times)
    return [
        (f"{datetime.fromtimestamp(first + index * span, tz=UTC):%Y-%m-%d %H:%M}", counted[index])
        for index in range(bars)
    ]


def _targets(target_type: str | None, target_id: str | None) -> QuerySet[AuditLogTarget]:
    targets = AuditLogTarget.objects.filter(log=OuterRef("pk"), tenant_id=current_tenant_id())
    if target_type is not None:
        targets = targets.filter(type=target_type)
    if target_id is not None:
        targets = targets.filter(target_id=target_id)
    return targets
