"""Reads of the audit log, always within the current tenant."""

from collections import Counter
from datetime import UTC, datetime

from django.db.models import Count, Exists, F, OuterRef, QuerySet

from apps.audit.domain.search import asked_tokens
from apps.audit.models import AuditLog, AuditLogTarget
from kernel.errors import InvalidInputError
from kernel.tenancy.context import current_tenant_id

#: The most logs that a chart looks at.
MOST_CHARTED = 10_000


#: By which lookup the parts of a filter narrow, but for those that `narrowed` knows.
LOOKUPS = {
    "actor_id": "actor_id",
    "actor_name": "actor_name",
    "actions": "action__in",
    "occurred_from": "occurred_at__gte",
    "occurred_before": "occurred_at__lt",
}


def narrowed(
    logs: QuerySet[AuditLog],
    *,
    target_type: str | None = None,
    target_id: str | None = None,
    text: str | None = None,
) -> QuerySet[AuditLog]:
    """Return those of the logs that have such a target, and in which the text occurs."""
    if target_type is not None or target_id is not None:
        logs = logs.filter(Exists(_targets(target_type, target_id)))
    if text is not None:
        logs = logs.filter(words__matches=_asked(text))
    return logs


def counts_by_action(logs: QuerySet[AuditLog], *, most: int) -> list[tuple[str, int]]:
    """Return the most frequent actions with their counts, the largest first."""
    counted = logs.values("action").annotate(count=Count("pk"))
    return [(row["action"], row["count"]) for row in counted.order_by("-count", "action")[:most]]


def told_of(typename: str, ids: list[str]) -> QuerySet[AuditLog]:
    """Return the logs of which one of these entities is a target; `parent` says which."""
    of = {"tenant_id": current_tenant_id(), "type": typename, "target_id__in": ids}
    told = {f"indexed_targets__{name}": value for name, value in of.items()}
    return AuditLog.objects.filter(**told).annotate(parent=F("indexed_targets__target_id"))


def searched(logs: QuerySet[AuditLog], text: str) -> QuerySet[AuditLog]:
    """Return those of the logs, of any tenant, in which all words of the text occur."""
    tokens = asked_tokens(text)
    return logs.filter(words__matches=tokens) if tokens else logs


def logs_over_time(logs: QuerySet[AuditLog], *, bars: int = 60) -> list[tuple[str, int]]:
    """Return how many logs fell into each of so many equal spans; looks at 10,000 at most."""
    newest = logs.order_by("-occurred_at").values_list("occurred_at", flat=True)
    times = [moment.timestamp() for moment in newest[:MOST_CHARTED]]
    if not times:
        return []
    first, last = times[-1], times[0]
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


def _asked(text: str) -> list[str]:
    tokens = asked_tokens(text)
    if not tokens:
        raise InvalidInputError("the text to look for has no letter and no digit")
    # Every log's first token is its tenant, so the index itself keeps tenants apart.
    return [current_tenant_id().hex, *tokens]
