"""Flags across environments as staff see them: what each of a page does where, by one question."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Min, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Length

from apps.config.domain.summaries import enabled, told_of
from apps.config.models import ChangeRequest, Environment, FlagState, RequestState, RolloutPlan
from apps.config.models.rollouts import LIVE
from apps.config.selectors.definitions import stored

#: Environments in a list of all tenants, whose keys may all differ; of one tenant it has all.
MOST_OF_ALL = 6
#: Characters of a definition that is summed up in a list.
MOST_READ = 16_384


class Standing(StrEnum):
    """What a flag is in an environment."""

    ON = "on"
    OFF = "off"
    KILLED = "killed"
    #: Nothing was published, or it was taken out.
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One flag in one environment."""

    environment: str
    standing: Standing
    #: What it does, in a few words.
    told: str
    number: int
    changed_at: datetime | None
    author: str
    evaluated_at: datetime | None
    #: The rollout that goes, if one does, and which share it has reached.
    rollout_id: UUID | None
    percent: float | None
    #: The change request that waits for its time, if one does, and that time.
    request_id: UUID | None
    apply_at: datetime | None


def columns(tenant_id: UUID | None) -> tuple[list[str], int]:
    """Return the keys of environments in the order of a matrix, and how many more there are.

    Of a tenant all, of all tenants the first.
    """
    rows = Environment.across_tenants.all()
    if tenant_id is not None:
        rows = rows.filter(tenant_id=tenant_id)
    keys = rows.values("key").annotate(first=Min("position")).order_by("first", "key")
    found = list(keys.values_list("key", flat=True))
    shown = found if tenant_id is not None else found[:MOST_OF_ALL]
    return shown, len(found) - len(shown)


def cells_of(flag_ids: Sequence[UUID]) -> dict[UUID, dict[str, Cell]]:
    """Return what each of these flags does, by the key of the environment; one query."""
    found: dict[UUID, dict[str, Cell]] = defaultdict(dict)
    for row in _rows(flag_ids):
        found[row["flag_id"]][row["key"]] = _cell(row)
    return found


def _rows(flag_ids: Sequence[UUID]) -> Any:
    here = {"environment": OuterRef("environment"), "state__in": LIVE}
    plan = RolloutPlan.across_tenants.filter(flag=OuterRef("flag"), **here)
    waiting: QuerySet[ChangeRequest] = ChangeRequest.across_tenants.filter(
        environment=OuterRef("environment"),
        state=RequestState.SCHEDULED,
        changes__target_id=OuterRef("flag"),
    ).order_by("apply_at")
    size = Length("version__definition")
    short = When(Q(size__lte=MOST_READ), then=F("version__definition"))
    return (
        # A list of nothing asks the same, so that an empty page costs what a full one does.
        FlagState.across_tenants.filter(flag_id__in=flag_ids or [UUID(int=0)])
        .annotate(
            key=F("environment__key"),
            size=size,
            definition=Case(short, default=Value(""), output_field=TextField()),
            changed_at=F("version__created_at"),
            author=F("version__author_name"),
            author_id=F("version__author_id"),
            rollout_id=Subquery(plan.values("pk")[:1]),
            steps=Subquery(plan.values("steps")[:1]),
            taken=Subquery(plan.values("taken")[:1]),
            request_id=Subquery(waiting.values("pk")[:1]),
            apply_at=Subquery(waiting.values("apply_at")[:1]),
        )
        .values(
            *("flag_id", "key", "number", "size", "definition", "killed_at", "evaluated_at"),
            *("changed_at", "author", "author_id", "rollout_id", "steps", "taken"),
            *("request_id", "apply_at"),
        )
    )


def _cell(row: dict[str, Any]) -> Cell:
    definition = stored(row["definition"]) if row["definition"] else None
    if not row["size"]:
        standing = Standing.ABSENT
    elif row["killed_at"] is not None:
        standing = Standing.KILLED
    elif definition is None or enabled(definition):
        standing = Standing.ON
    else:
        standing = Standing.OFF
    told = "" if definition is None else told_of(definition)
    if row["size"] and definition is None:
        told = "large"
    return Cell(
        environment=row["key"],
        standing=standing,
        told=told,
        number=row["number"],
        changed_at=row["changed_at"],
        author=row["author"] or row["author_id"] or "",
        evaluated_at=row["evaluated_at"],
        rollout_id=row["rollout_id"],
        percent=row["steps"][row["taken"] - 1][0] if row["rollout_id"] and row["taken"] else None,
        request_id=row["request_id"],
        apply_at=row["apply_at"],
    )
