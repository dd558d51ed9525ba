"""Connections by keyset: every page costs what the first one costs."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import Any

import graphene
from django.db.models import Count, F, QuerySet
from django.db.models import Window as Partition
from django.db.models.functions import RowNumber

from kernel.federation.batches import together
from kernel.federation.directives import shareable, shared_as
from kernel.federation.elsewhere import Elsewhere, ElsewhereError
from kernel.federation.entities import Entity
from kernel.federation.windows import (
    DEFAULT_PAGE,
    MAX_PAGE,
    Order,
    Window,
    beyond,
    cursor_of,
    typed,
)


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
        self,
        queryset: Callable[[], QuerySet[Any]],
        window: Window,
        order: Order,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.order = order
        self._queryset = queryset
        self._window = window
        self._elsewhere = elsewhere

    def slice(self, columns: tuple[str, ...] | None = None) -> Slice:
        """Read the rows: as models, or as tuples of columns, among them those of the order."""
        size = self._window.size
        found = self._read(columns)
        if self._elsewhere is not None:
            found = self._with_those(found, self._elsewhere, columns)
        more, found = len(found) > size, found[:size]
        names = [name.lstrip("-") for name in self.order]
        places = [] if columns is None else map(columns.index, names)
        values = attrgetter(*names) if columns is None else itemgetter(*places)
        one = len(names) == 1

        def cursor(row: Any) -> str:
            return cursor_of(names, [values(row)] if one else values(row))

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
        elsewhere = self._elsewhere.count() if self._elsewhere is not None else 0
        return self.rows().count() + elsewhere

    @property
    def alone(self) -> bool:
        """Whether no other row of the answer has a page of the same list."""
        return True

    def rows(self) -> QuerySet[Any]:
        """Return the rows of all pages of this list, but for those that are in no table."""
        return self._queryset()

    def info(self, found: Slice) -> "PageInfo":
        """Say where these rows stand."""
        rows, before_this = found.rows, bool(self._window.cursor)
        return PageInfo(
            has_next_page=found.more if self._window.forward else before_this,
            has_previous_page=before_this if self._window.forward else found.more,
            start_cursor=found.cursor(rows[0]) if rows else None,
            end_cursor=found.cursor(rows[-1]) if rows else None,
        )

    def _with_those(
        self, found: list[Any], elsewhere: Elsewhere, columns: tuple[str, ...] | None
    ) -> list[Any]:
        """Return the rows of this page with those that are in no table, still one more.

        Raises ElsewhereError where they cannot be told as columns.
        """
        most = self._window.size + 1
        direction = self._window.direction(self.order)
        model = elsewhere.model
        place = self._window.place(model, direction) if self._window.cursor else ()
        names = [name.lstrip("-") for name in direction]
        last = None
        if len(found) == most:
            last = found[-1]
            if columns is not None:
                last = typed(model, names, [last[columns.index(name)] for name in names])
        others = elsewhere.rows(direction, place, most, last)
        if not others:
            return found
        if columns is not None:
            raise ElsewhereError
        merged = list({row.pk: row for row in [*others, *found]}.values())
        for name in reversed(direction):
            merged.sort(key=attrgetter(name.lstrip("-")), reverse=name.startswith("-"))
        return merged[:most]

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
        self, queryset: QuerySet[Any], parents: Sequence[str], window: Window, order: Order
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

    def rows_of(self, parent: str) -> QuerySet[Any]:
        """Return all rows of a parent."""
        return self._queryset.filter(parent=parent)

    @property
    def of_one(self) -> bool:
        """Whether there is one parent."""
        return len(self._parents) == 1

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

    def __init__(self, pages: Pages, parent: str, window: Window, order: Order) -> None:
        self.order = order
        self._pages = pages
        self._parent = parent
        self._window = window
        self._elsewhere = None

    @property
    def total_count(self) -> int:
        return self._pages.counts.get(self._parent, 0)

    @property
    def alone(self) -> bool:
        return self._pages.of_one

    def rows(self) -> QuerySet[Any]:
        return self._pages.rows_of(self._parent)

    def _read(self, columns: tuple[str, ...] | None) -> list[Any]:
        return self._pages.rows(columns).get(self._parent, [])


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
    shared_as(node, edge)
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
    fields |= node.connection_fields()
    return shared_as(node, type(f"{name}Connection", (graphene.ObjectType,), fields))


def page_arguments() -> dict[str, graphene.Argument]:
    """Return the arguments that every connection takes."""
    return {
        "first": graphene.Int(description=f"Rows, at most {MAX_PAGE}; {DEFAULT_PAGE} if not said."),
        "after": graphene.String(description="An `endCursor`: the page that follows it."),
        "last": graphene.Int(description="Rows, counted from the end."),
        "before": graphene.String(description="A `startCursor`: the page that precedes it."),
    }


def _ordered(queryset: QuerySet[Any], window: Window, order: Order) -> QuerySet[Any]:
    """Return the rows in reading direction, from the cursor on."""
    direction = window.direction(order)
    rows = queryset.order_by(*direction)
    if window.cursor:
        rows = rows.filter(beyond(direction, window.place(queryset.model, direction)))
    return rows
