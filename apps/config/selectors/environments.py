"""Environments as they are named: by id, by key, or not at all, which is the first."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet

from apps.config.models import Environment, FlagState, SegmentState
from kernel.errors import InvalidInputError, NotFoundError
from kernel.ids import parse_id
from kernel.tenancy.models import TenantModel

T = TypeVar("T", bound=TenantModel)
#: What names an environment; None is the default one.
Reference = UUID | str | None


def named(environment: Reference) -> QuerySet[Environment]:
    """Return the environment of this id or key, or the first, as a query of one row at most."""
    rows = Environment.objects.order_by("position", "id")
    if environment is None:
        return rows[:1]
    if isinstance(environment, UUID):
        return rows.filter(pk=environment)
    return rows.filter(key=environment)


def found(environment: Reference) -> Environment:
    """Return the environment of this id or key, or the first; raises NotFoundError."""
    row = named(environment).first()
    if row is None:
        raise NotFoundError(f"no environment {environment or 'yet'}")
    return row


def target_of(model: type[T], row_id: str) -> T:
    """Return the row of this id, not locked; raises InvalidInputError, NotFoundError."""
    row = model.visible().filter(pk=parse_id(row_id)).first()
    if row is None:
        raise NotFoundError(f"no {model.__name__} {row_id}")
    return row


def environments_of_flags(flag_ids: Sequence[str]) -> list[UUID]:
    """Return the environments in which something is said of any of these flags."""
    states = FlagState.objects.filter(flag_id__in=_ids(flag_ids)).exclude(version__definition="")
    return list(states.values_list("environment_id", flat=True).distinct())


def environments_of_segments(segment_ids: Sequence[str]) -> list[UUID]:
    """Return the environments in which something is said of any of these segments."""
    states = SegmentState.objects.filter(segment_id__in=_ids(segment_ids))
    live = states.exclude(version__definition="")
    return list(live.values_list("environment_id", flat=True).distinct())


def _ids(texts: Sequence[str]) -> list[UUID]:
    """Return those that are ids; what the others are is said where the rows are looked for."""
    ids = []
    for text in texts:
        with suppress(InvalidInputError):
            ids.append(parse_id(text))
    return ids
