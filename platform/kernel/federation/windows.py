"""Places in a list by keyset, and the part of a list that was asked for."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q

from kernel.errors import InvalidInputError

DEFAULT_PAGE = 50
MAX_PAGE = 100
#: The order of a page: field names, `-` for descending; the last one is unique.
Order = tuple[str, ...]


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


def cursor_of(names: Sequence[str], values: Sequence[Any]) -> str:
    """Return the name of the place of a row that has these values under these names."""
    told = orjson.dumps([",".join(names), *values])
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def typed(model: type[Model], names: Sequence[str], values: Sequence[Any]) -> Any:
    """Return what a row has under these names, of whatever form the values are."""
    told = zip(names, values, strict=True)
    return SimpleNamespace(**{name: _column(model, name).to_python(one) for name, one in told})


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


def _reversed(order: Order) -> Order:
    return tuple(field[1:] if field.startswith("-") else f"-{field}" for field in order)
