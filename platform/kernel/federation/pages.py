"""Connections by keyset: every page costs what the first one costs."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import graphene
import orjson
from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q, QuerySet

from kernel.errors import InvalidInputError
from kernel.federation.entities import Entity

DEFAULT_PAGE = 50
MAX_PAGE = 100
#: The order of a page: field names, `-` for descending; the last one is unique.
Order = tuple[str, ...]


class PageInfo(graphene.ObjectType):
    """Where a page stands in its list."""

    has_next_page = graphene.Boolean(required=True)
    has_previous_page = graphene.Boolean(required=True)
    start_cursor = graphene.String()
    end_cursor = graphene.String()


@dataclass(frozen=True, slots=True)
class Edge:
    """A row and its place in the list."""

    node: Model
    cursor: str


class Page:
    """Some rows of a queryset in a given order; the total is counted only when somebody asks."""

    def __init__(self, queryset: QuerySet[Any], window: "Window", order: Order) -> None:
        self._queryset = queryset
        self._window = window
        self._order = order

    @cached_property
    def _rows(self) -> tuple[list[Model], bool]:
        order = self._order if self._window.forward else _reversed(self._order)
        rows = self._queryset.order_by(*order)
        if self._window.cursor:
            rows = rows.filter(_beyond(self._queryset.model, order, self._window.cursor))
        found = list(rows[: self._window.size + 1])
        more = len(found) > self._window.size
        found = found[: self._window.size]
        return (found if self._window.forward else found[::-1]), more

    @property
    def edges(self) -> list[Edge]:
        return [Edge(row, _cursor(row, self._order)) for row in self._rows[0]]

    @property
    def nodes(self) -> list[Model]:
        return self._rows[0]

    @property
    def page_info(self) -> PageInfo:
        rows, more = self._rows
        before_this = bool(self._window.cursor)
        return PageInfo(
            has_next_page=more if self._window.forward else before_this,
            has_previous_page=before_this if self._window.forward else more,
            start_cursor=_cursor(rows[0], self._order) if rows else None,
            end_cursor=_cursor(rows[-1], self._order) if rows else None,
        )

    @property
    def total_count(self) -> int:
        return self._queryset.count()


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


def connection(node: type[Entity]) -> type[graphene.ObjectType]:
    """Make the connection type of an entity; its resolver returns a `Page`."""
    name = node._meta.name
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


def _cursor(row: Model, order: Order) -> str:
    values = [_attribute(row, field) for field in order]
    return base64.urlsafe_b64encode(orjson.dumps([_name(order), *values])).decode().rstrip("=")


def _attribute(row: Model, field: str) -> Any:
    return getattr(row, field.lstrip("-"))


def _name(order: Order) -> str:
    return ",".join(field.lstrip("-") for field in order)


def _beyond(model: type[Model], order: Order, cursor: str) -> Q:
    """Say which rows follow the cursor in this order.

    For (a, b): `a <= x and (a < x or b < y)`, whose first half is what an index can seek to.
    """
    values = _values(model, order, cursor)
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
