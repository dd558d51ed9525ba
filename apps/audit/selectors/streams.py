"""Streams, and how much waits in each."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest

from apps.audit.models import AuditStream, LogHead


def streams() -> QuerySet[AuditStream]:
    """Return the streams of the current tenant, with how many logs wait in each."""
    found: QuerySet[AuditStream] = with_waiting(AuditStream.objects.order_by("name"))
    return found


def waiting_in(ids: Sequence[str]) -> dict[str, int]:
    """Return how many logs wait in each of these streams of the current tenant."""
    rows: QuerySet[Any] = with_waiting(AuditStream.objects.filter(pk__in=ids))
    return {str(row.pk): row.waiting for row in rows.only("pk")}


def with_waiting(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate streams with how many sealed logs are behind their positions."""
    heads: QuerySet[LogHead] = QuerySet(LogHead)
    size = heads.filter(tenant_id=OuterRef("tenant_id")).values("size")[:1]
    behind = Coalesce(Subquery(size), Value(0)) - F("position")
    annotated: QuerySet[Any] = rows.annotate(waiting=Greatest(behind, Value(0)))
    return annotated
