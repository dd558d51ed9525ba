"""Connections by keyset: every page costs what the first one costs."""

import base64
import binascii
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import Any

import graphene
import orjson
from django.core.exceptions import ValidationError
from django.db.models import Count, F, Field, Model, Q, QuerySet
from django.db.models import Window as Partition
from django.db.models.functions import RowNumber

from kernel.errors import InvalidInputError
from kernel.federation.batches import together
from kernel.federation.directives import shareable
from kernel.federation.entities import Entity

DEFAULT_PAGE = 50
MAX_PAGE = 100
#: The order of a page: field names, `-` for descending; the last one is unique.
Order = tuple[str, ...]


@shareable
class PageInfo(graphene.ObjectType):
    """Where a page stands in its list."""

    has_next_page = graphene.Boolean(required=True)
    has_previous_page = graphene.Boolean(required=True)
    start_cursor = graphene.String()
    end_cursor = graphene.String()


@dataclass(frozen=True, slots=True)
class Edge:
    """A row and its place in the list."""

    node: Any
    cursor: str


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of a page, whether there are more in its direction, and how to name their places."""

    rows: list[Any]
    more: bool
    cursor: Callable[[Any], str]


class Page:
    """Some rows of a queryset in a given order; the total is counted only when somebody asks."""

    def __init__(
        self, queryset: Callable[[], QuerySet[Any]], window: "Window", order: Order
    ) -> None:
        self.order = order
        self._queryset = queryset
        self._window = window

    def slice(self, columns: tuple[str, ...] | None = None) -> Slice:
        """Read the rows: as models, or as tuples of columns, among them those of the order."""
        size = self._window.size
        found = self._read(columns)
        more, found = len(found) > size, found[:size]
        names = [name.lstrip("-") for name in self.order]
        places = [] if columns is None else map(columns.index, names)
        values = attrgetter(*names) if columns is None else itemgetter(*places)
        one = len(names) == 1

        def cursor(row: Any) -> str:
            return _cursor(names, [values(row)] if one else values(row))

        return Slice(found if self._window.forward else found[::-1], more, cursor)

    @cached_property
    def _slice(self) -> Slice:
        found = self.slice()
        together(found.rows)
        return found

    @property
    def edges(self) -> list[Edge]:
        return [Edge(row, self._slice.cursor(row)) for row in self._slice.rows]

    @property
    def nodes(self) -> list[Any]:
        return self._slice.rows

    @property
    def page_info(self) -> "PageInfo":
        return self.info(self._slice)

    @property
    def total_count(self) -> int:
        return self._queryset().count()

    def info(self, found: Slice) -> "PageInfo":
        """Say where these rows stand."""
        rows, before_this = found.rows, bool(self._window.cursor)
        return PageInfo(
            has_next_page=found.more if self._window.forward else before_this,
            has_previous_page=before_this if self._window.forward else found.more,
            start_cursor=found.cursor(rows[0]) if rows else None,
            end_cursor=found.cursor(rows[-1]) if rows else None,
        )

    def _read(self, columns: tuple[str, ...] | None) -> list[Any]:
        """Return the rows in reading direction, and one more if there is one."""
        rows = _ordered(self._queryset(), self._window, self.order)
        found = rows if columns is None else rows.values_list(*columns)
        return list(found[: self._window.size + 1])


class Pages:
    """A page for each of many parents, all of them read by one query, and counted by one.

    The annotation `parent` of the queryset tells whose a row is.
    """

    def __init__(
        self, queryset: QuerySet[Any], parents: Sequence[str], window: "Window", order: Order
    ) -> None:
        self._queryset = queryset
        self._parents = parents
        self._window = window
        self._order = order
        self._rows: dict[tuple[str, ...] | None, dict[str, list[Any]]] = {}

    def by_parent(self) -> dict[str, Page]:
        """Return the page of each parent, also of one without rows."""
        return {
            parent: _PageOfParent(self, parent, self._window, self._order)
            for parent in self._parents
        }

    def rows(self, columns: tuple[str, ...] | None) -> dict[str, list[Any]]:
        """Return the rows of each parent, at most one more than a page has."""
        found = self._rows.get(columns)
        if found is None:
            found = self._rows[columns] = self._read(columns)
        return found

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many rows each parent has on all its pages together."""
        counted = self._queryset.order_by().values("parent").annotate(count=Count("pk"))
        return {str(row["parent"]): row["count"] for row in counted}

    def _read(self, columns: tuple[str, ...] | None) -> dict[str, list[Any]]:
        most = self._window.size + 1
        rows = _ordered(self._queryset, self._window, self._order)
        if len(self._parents) > 1:
            place = Partition(
                RowNumber(),
                partition_by=F("parent"),
                order_by=self._window.direction(self._order),
            )
            rows = rows.annotate(place_in_page=place).filter(place_in_page__lte=most)
        else:
            rows = rows[:most]
        found: dict[str, list[Any]] = defaultdict(list)
        if columns is None:
            for row in rows:
                found[str(row.parent)].append(row)
        else:
            for *values, parent in rows.values_list(*columns, "parent"):
                found[str(parent)].append(values)
        return found


class _PageOfParent(Page):
    """A page whose rows are read together with those of other parents."""

    def __init__(self, pages: Pages, parent: str, window: "Window", order: Order) -> None:
        self.order = order
        self._pages = pages
        self._parent = parent
        self._window = window

    @property
    def total_count(self) -> int:
        return self._pages.counts.get(self._parent, 0)

    def _read(self, columns: tuple[str, ...] | None) -> list[Any]:
        return self._pages.rows(columns).get(self._parent, [])


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that was asked for, as the Relay cursor specification puts it."""

    size: int
    forward: bool
    cursor: str | None

    @classmethod
    def of(
        cls,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> "Window":
        """Read paging arguments; raises InvalidInputError when they contradict each other."""
        forward = last is None and before is None
        if not forward and (first is not None or after is not None):
            raise InvalidInputError("page with `first` and `after`, or with `last` and `before`")
        size = first if forward else last
        if size is None:
            size = DEFAULT_PAGE
        if not 1 <= size <= MAX_PAGE:
            raise InvalidInputError(f"a page has 1 to {MAX_PAGE} rows, found {size}")
        return cls(size=size, forward=forward, cursor=after if forward else before)

    def direction(self, order: Order) -> Order:
        """Return the order in which rows are read for this window."""
        return order if self.forward else _reversed(order)

    def place(self, model: type[Model], order: Order) -> Sequence[Any]:
        """Return the values that the cursor names; raises InvalidInputError."""
        return _values(model, order, self.cursor or "")


#: One for each entity: graphene takes two classes of one name for two types.
_connections: dict[str, type[graphene.ObjectType]] = {}


def connection(node: type[Entity]) -> type[graphene.ObjectType]:
    """Return the connection type of an entity; a resolver answers it with a `Page`."""
    name = node._meta.name
    if name not in _connections:
        _connections[name] = _connection(node, name)
    return _connections[name]


def _connection(node: type[Entity], name: str) -> type[graphene.ObjectType]:
    edge = type(
        f"{name}Edge",
        (graphene.ObjectType,),
        {
            "__doc__": f"One {name} and its place in the list.",
            "node": graphene.Field(node, required=True),
            "cursor": graphene.String(required=True),
        },
    )
    fields = {
        "__doc__": f"A page of {name}.",
        "edges": graphene.List(graphene.NonNull(edge), required=True),
        "nodes": graphene.List(
            graphene.NonNull(node), required=True, description="The rows without their cursors."
        ),
        "page_info": graphene.Field(PageInfo, required=True),
        "total_count": graphene.Int(
            required=True, description="Rows on all pages together. Counted only when selected."
        ),
    }
    return type(f"{name}Connection", (graphene.ObjectType,), fields)


def page_arguments() -> dict[str, graphene.Argument]:
    """Return the arguments that every connection takes."""
    return {
        "first": graphene.Int(description=f"Rows, at most {MAX_PAGE}; {DEFAULT_PAGE} if not said."),
        "after": graphene.String(description="An `endCursor`: the page that follows it."),
        "last": graphene.Int(description="Rows, counted from the end."),
        "before": graphene.String(description="A `startCursor`: the page that precedes it."),
    }


def _reversed(order: Order) -> Order:
    return tuple(field[1:] if field.startswith("-") else f"-{field}" for field in order)


def _ordered(queryset: QuerySet[Any], window: "Window", order: Order) -> QuerySet[Any]:
    """Return the rows in reading direction, from the cursor on."""
    direction = window.direction(order)
    rows = queryset.order_by(*direction)
    if window.cursor:
        rows = rows.filter(beyond(direction, window.place(queryset.model, direction)))
    return rows


def _cursor(names: Sequence[str], values: Sequence[Any]) -> str:
    told = orjson.dumps([",".join(names), *values])
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def _name(order: Order) -> str:
    return ",".join(field.lstrip("-") for field in order)


def beyond(order: Order, values: Sequence[Any]) -> Q:
    """Say which rows follow the place with these values in this order.

    For (a, b): `a <= x and (a < x or b < y)`, whose first half is what an index can seek to.
    """
    strictly = Q()
    equal = Q()
    for field, value in zip(order, values, strict=True):
        name, step = field.lstrip("-"), "lt" if field.startswith("-") else "gt"
        strictly |= equal & Q(**{f"{name}__{step}": value})
        equal &= Q(**{name: value})
    first, step = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{first}__{step}": values[0]}) & strictly


def _values(model: type[Model], order: Order, cursor: str) -> Sequence[Any]:
    try:
        name, *raw = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if name != _name(order) or len(raw) != len(order):
            raise ValueError
        values = [
            _column(model, field).to_python(value) for field, value in zip(order, raw, strict=True)
        ]
        if any(map(_unusable, values)):
            raise ValueError
        return values
    except (ValueError, TypeError, binascii.Error, ValidationError):
        raise InvalidInputError("the cursor is not one of this list in this order") from None


def _column(model: type[Model], field: str) -> Field[Any, Any]:
    column = model._meta.get_field(field.lstrip("-"))
    if not isinstance(column, Field):
        raise TypeError(f"{field} is no column")
    return column


def _unusable(value: Any) -> bool:
    return value is None or (isinstance(value, datetime) and value.tzinfo is None)
