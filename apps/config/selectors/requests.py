"""What belongs to change requests."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from django.db.models import OuterRef, Subquery

from apps.config.models import ConfigurationVersion, ProposedChange, ProposedValue, Review

T = TypeVar("T", ProposedChange, ProposedValue, Review)


def changes_of(ids: list[str]) -> dict[str, list[ProposedChange]]:
    """Return the changes of each of these requests."""
    return _grouped(ids, ProposedChange.objects.filter(request_id__in=_keys(ids)).order_by("pk"))


def values_of(ids: list[str]) -> dict[str, list[tuple[ProposedValue, str]]]:
    """Return the values of each of these requests, with what held of each when it was made."""
    versions = ConfigurationVersion.objects.filter(
        environment=OuterRef("request__environment__key"),
        service=OuterRef("service"),
        key=OuterRef("key"),
        number=OuterRef("base"),
    )
    rows = ProposedValue.objects.filter(request_id__in=_keys(ids)).order_by("service", "key")
    before = dict(rows.values_list("pk", Subquery(versions.values("value")[:1])))
    found = _grouped(ids, rows)
    return {one: [(row, before[row.pk] or "") for row in found[one]] for one in ids}


def reviews_of(ids: list[str]) -> dict[str, list[Review]]:
    """Return what was said to each of these requests, the first first."""
    return _grouped(ids, Review.objects.filter(request_id__in=_keys(ids)).order_by("pk"))


def _keys(ids: list[str]) -> list[UUID]:
    return [UUID(one) for one in ids]


def _grouped(ids: list[str], rows: Iterable[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for row in rows:
        found[str(row.request_id)].append(row)
    return {one: found[one] for one in ids}
