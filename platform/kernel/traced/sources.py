"""What knows something of a trace: each table's owner says how it is asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import QuerySet

from kernel.ids import first_id_at

#: What is found of a source at most, and rows that are looked at for it where no index leads there.
MOST_FOUND, MOST_LOOKED_AT = 100, 5_000
#: What a request leads to is looked for from so long before it was first heard of until so long
#: after.
BEFORE, AFTER = timedelta(seconds=10), timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A trace, with the request that was named if one was, and about when it began."""

    trace: UUID
    request: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something that belongs to a trace."""

    at: datetime
    title: str
    state: str = ""
    detail: str = ""
    tenant_id: UUID | None = None
    #: The admin page of it, by its name, and the key of its row.
    page: str = ""
    key: str = ""


Search: TypeAlias = Callable[[Asked], Sequence[Found]]


@dataclass(frozen=True, slots=True)
class Source:
    """What is searched, and the permission of the back office that shows it."""

    title: str
    permission: str
    search: Search


SOURCES: dict[str, Source] = {}


def source(title: str, *, permission: str) -> Callable[[Search], Search]:
    """Let the inspector search by a function, and show what it finds to staff who may see it."""

    def register(search: Search) -> Search:
        SOURCES[title] = Source(title, permission, search)
        return search

    return register


def around(rows: QuerySet[Any], asked: Asked, name: str = "pk") -> QuerySet[Any]:
    """Narrow rows with a UUIDv7 to the first so many from about when a trace began.

    None where that is not known: nothing would bound the search.
    """
    if asked.at is None:
        return rows.none()
    since, until = first_id_at(asked.at - BEFORE), first_id_at(asked.at + AFTER)
    within = rows.filter(**{f"{name}__gte": since, f"{name}__lt": until})
    first = within.order_by(name).values("pk")[:MOST_LOOKED_AT]
    return rows.filter(pk__in=first).order_by(name)
