"""Alerts on searches: each leaf of the log is looked at once, in the order of the log.

A leaf has its place when it is sealed, whatever order transactions committed in, so that none is
passed over. What was seen, what is remembered of it and the event are one transaction: killed at
any moment, it is done again, or it was done.
"""

import logging
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from apps.audit.domain.alerts import Alert, Watch, watch
from apps.audit.domain.queries import LogQuery, QueryError
from apps.audit.models import AuditLog, AuditSearch, Leaf, LogHead
from apps.audit.selectors.logs import narrowed
from contracts.audit import AuditAlertRaised
from kernel.errors import DomainError
from kernel.events.publishing import publish_all
from kernel.faults import fault_point
from kernel.tenancy.context import in_tenant

logger = logging.getLogger(__name__)

#: Leaves that one transaction looks at.
AT_ONCE = 1_000


def raise_alerts() -> None:
    """Look at all that was sealed since, for every search that has an alert."""
    alerts = AuditSearch.across_tenants.filter(threshold__isnull=False)
    for tenant_id, search_id in alerts.order_by("pk").values_list("tenant_id", "pk"):
        with in_tenant(tenant_id):
            try:
                while _look_on(search_id):
                    pass
            except DomainError:
                # The others are looked at all the same; this one again in the next period.
                logger.exception("the alert %s could not be looked at", search_id)


@transaction.atomic
def _look_on(search_id: UUID) -> bool:
    """Look at the next leaves; say whether there may be more."""
    search = AuditSearch.objects.select_for_update().filter(pk=search_id).first()
    size = LogHead.objects.values_list("size", flat=True).first() or 0
    if search is None or search.rule is None or search.seen >= size:
        return False
    end = min(search.seen + AT_ONCE, size)
    found = _found(search, end)
    before = Watch(tuple(map(_moment, search.recent)), search.raised_at)
    after, raised = watch(before, search.rule, found)
    search.seen, search.raised_at = end, after.raised_at
    search.recent = [moment.isoformat() for moment in after.recent]
    search.save(update_fields=["seen", "recent", "raised_at"])
    fault_point("audit-alert-seen")
    publish_all([_event(search, alert) for alert in raised])
    fault_point("audit-alert-raised")
    return end < size


def _found(search: AuditSearch, end: int) -> list[datetime]:
    """Return when those of the leaves that the search finds were recorded, in their order."""
    leaves = Leaf.objects.filter(position__gte=search.seen, position__lt=end).order_by("position")
    ids = list(leaves.values_list("log_id", flat=True))
    try:
        query = LogQuery.of(search.query)
    except QueryError:
        return []
    logs = narrowed(AuditLog.objects.filter(pk__in=ids), query)
    recorded = dict(logs.values_list("pk", "recorded_at"))
    return [recorded[log_id] for log_id in ids if log_id in recorded]


def _event(search: AuditSearch, alert: Alert) -> AuditAlertRaised:
    return AuditAlertRaised(
        search_id=str(search.pk),
        name=search.name,
        owner_id=search.owner_id,
        count=alert.count,
        first_at=alert.first_at,
        last_at=alert.last_at,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
